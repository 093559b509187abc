"""Notes as people write them: Markdown, with no HTML of their own and no links but to the web and to mail."""

from __future__ import annotations

from markdown_it import MarkdownIt

_read = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable(["table", "strikethrough"]).disable("image")


def as_html(text: str) -> str:
    """Safe to show: whatever looks like HTML is shown as text, and `javascript:` is no link (markdown-it's rules)."""
    return str(_read.render(text))
