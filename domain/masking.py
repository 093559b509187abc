"""What may be shown of what is secret: addresses so that their owner knows them, what senders sent without its keys."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

IN_CLEAR = frozenset({"email", "outbox"})
"""Channels whose addresses are no secret to those who may read the configuration."""


NOT_KEPT = "not kept: "


def lost(value: str) -> bool:
    """True for what stands in the place of a secret of the past that is not known any more (storage/sealed.py)."""
    return value.startswith(NOT_KEPT)


def readable(channel: str, address: str) -> str:
    """What of an address may be read in the configuration: all of an e-mail address, of others the end."""
    if channel in IN_CLEAR:
        return address
    return f"…{address[-4:]}" if address else ""


def hint(channel: str, address: str) -> str:
    """An address without what makes it usable: a***@example.org, https://hooks.example.org/…, …4567; "" if lost."""
    if lost(address):
        return ""
    if channel == "email" and "@" in address:
        local, _, domain = address.rpartition("@")
        return f"{local[:1]}***@{domain}"
    if channel in ("webhook", "slack"):
        return f"{urlsplit(address).scheme}://{urlsplit(address).hostname}/…" if "://" in address else "…"
    return f"…{address[-4:]}" if len(address) > 8 else ""


MARK = "***"
_KINDS = ("api", "access", "private", "integration", "signing")
_WORDS = (
    *("password", "passwd", "passphrase", "secret", "token", "credential", "authori", "cookie"),
    *(kind + sign + "key" for kind in _KINDS for sign in ("", "_", "-")),
)
_NAME = (
    r"(?:pass(?:word|wd|phrase)|secret|token|credential|authori[sz]ation|cookie"
    rf"|(?:{'|'.join(_KINDS)})[-_]?key)"
)


def _secrets() -> Iterator[tuple[tuple[str, ...], re.Pattern[str]]]:
    """What must be in a text, in lower case, for a pattern to be worth its time; and the pattern."""
    ignore = re.IGNORECASE
    # "password": "…" and password=…, also where the text was cut in the middle of the value
    value = r'(?:(?<=")(?:[^"\\]|\\.)*|(?<!")[^\s"\[{,}\]][^,}\]\s]*)'
    yield _WORDS, re.compile(rf'({_NAME}[^":=]{{0,60}}"\s*:\s*"?){value}', ignore)
    yield _WORDS, re.compile(rf"({_NAME}[\w.-]{{0,60}}\s?=\s?)[^\s&\"',;<>]+", ignore)
    yield ("=",), re.compile(r"([?&](?:key|sig|signature|sas|auth|code)=)[^\s&\"',;<>#]+", ignore)
    yield ("@",), re.compile(r"(://)[^\s/@\"']+(?=@)")
    yield ("bearer", "basic"), re.compile(r"(\b(?:bearer|basic)\s+)[A-Za-z0-9+/._~=-]{6,}", ignore)
    yield ("snt_",), re.compile(r"(snt_[a-z]{2,8}_)[A-Za-z0-9_-]+")
    yield ("hooks.slack",), re.compile(r"(hooks\.slack\.com/\w+/)[^\s\"'<>]+")
    yield ("eyj",), re.compile(r"()\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]*)?")
    yield ("akia", "asia"), re.compile(r"()\b(?:AKIA|ASIA)[A-Z0-9]{12,}\b")
    yield ("private key",), re.compile(r"()-----BEGIN [A-Z ]*PRIVATE KEY-----(?:(?!-----END).)*", re.DOTALL)


_SECRETS = tuple(_secrets())


def without_secrets(text: str) -> str:
    """What somebody sent, with what looks like a password, key or token replaced by MARK. A look, not a proof.

    Known are JSON fields and name=value whose name says so, tokens in addresses, and credentials by their form.
    """
    low = text.lower()
    for needles, pattern in _SECRETS:
        if any(needle in low for needle in needles):
            text = pattern.sub(rf"\g<1>{MARK}", text)
    return text


_SECRET_HEADER = re.compile(rf"{_NAME}|(?:^|[-_])(?:key|auth|sig(?:nature)?)(?:$|[-_])", re.IGNORECASE)


def header(name: str, value: str) -> str:
    """The value of a request's header as it may be shown; of credentials only their scheme."""
    if not _SECRET_HEADER.search(name):
        return without_secrets(value)
    scheme, _, rest = value.partition(" ")
    return f"{scheme} {MARK}" if rest and scheme.lower() in ("bearer", "basic", "digest") else MARK
