"""The configuration as one tree of text (docs/configuration-as-code.md): read, written, compared and applied.

A section is one class (gateway/tree/section.py) and a line in gateway/tree/sections.py. Things are named, not numbered;
secrets are never written.
"""
