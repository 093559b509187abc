"""The console: pages for people. A client of the gateway like any other; nothing here decides anything (ADR 20)."""
