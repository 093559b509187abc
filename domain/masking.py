"""Addresses as answers and the page ledger show them: enough for their owner to know them, too little to use them."""

from __future__ import annotations

from urllib.parse import urlsplit


def hint(channel: str, address: str) -> str:
    """An address without what makes it usable: a***@example.org, https://hooks.example.org/…, …4567."""
    if channel == "email" and "@" in address:
        local, _, domain = address.rpartition("@")
        return f"{local[:1]}***@{domain}"
    if channel in ("webhook", "slack"):
        return f"{urlsplit(address).scheme}://{urlsplit(address).hostname}/…" if "://" in address else "…"
    return f"…{address[-4:]}" if len(address) > 8 else ""
