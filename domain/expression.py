"""Expressions of routes: CEL, the Common Expression Language, over `alert` and `payload` (domain/payload.py). Pure.

    payload.values.B > 90.0 && alert.labels.env == "prod"

Compiled once. Bounded before it is saved, not by a clock: no nested comprehensions, no computed patterns, and what it
reads is cut to a size; so the longest takes about a millisecond. What fails at run time is a `Failed`, never a crash.
The library is the Rust implementation: measured against the Python one in docs/adr/0018.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import cel

from domain.errors import Invalid
from domain.pattern import BadPattern, compiled
from domain.words import clean

MAX_LENGTH = 2_000
MAX_NESTING = 20
VARIABLES = frozenset({"alert", "payload"})
FUNCTIONS = frozenset(
    {"size", "contains", "startsWith", "endsWith", "matches", "string", "int", "double", "uint", "bytes", "type", "dyn"}
    | {"timestamp", "duration"}
)
PARTS = frozenset(
    f"get{part}"
    for part in ("FullYear", "Month", "Date", "DayOfMonth", "DayOfWeek", "DayOfYear", "Hours", "Minutes", "Seconds")
)
MACROS = frozenset({"all", "exists", "exists_one", "map", "filter"})
_TOKEN = re.compile(
    r"""(?P<note>//[^\n]*)
    |(?P<text>[rRbB]{0,2}(?:\"{3}(?:\\.|[^\\])*?\"{3}|'{3}(?:\\.|[^\\])*?'{3}|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'))
    |(?P<name>[A-Za-z_]\w*)|(?P<mark>[^\s\w])""",
    re.VERBOSE | re.DOTALL,
)
_PLACE = re.compile(r"<input>:(\d+):(\d+): (?:Syntax error: )?([^\n]*)")


class Failed(Exception):
    """The expression gave no answer for this alert; the text says why."""


class Expression:
    """A compiled one. `reads_payload`: it needs what the sender sent, not only the alert."""

    def __init__(self, text: str) -> None:
        """Raises Invalid with the place of the mistake; its field is empty."""
        if len(text) > MAX_LENGTH:
            raise Invalid("", f"The expression is {len(text)} characters long; at most {MAX_LENGTH} are taken.")
        bound = _check_shape(text)
        try:
            self._program = cel.compile(text)
        except Exception as error:
            raise Invalid("", _mistake(str(error), text)) from error
        names = set(self._program.variables())
        for name in sorted(names - VARIABLES - bound):
            raise Invalid("", f"There is no {name!r} here; an expression sees alert and payload. Put words in quotes.")
        for name in self._program.functions():
            if name[0].isalpha() and name not in FUNCTIONS and name not in PARTS:
                raise Invalid("", f"There is no function {name!r}; there are {', '.join(sorted(FUNCTIONS))}.")
        self.reads_payload = "payload" in names

    def holds(self, view: View) -> bool:
        """The answer for an alert. Raises Failed."""
        try:
            answer = self._program.execute(view.context(self.reads_payload))
        except BaseException as error:
            # A panic of the library is no Exception; whatever it is, this alert goes on.
            if isinstance(error, KeyboardInterrupt | SystemExit | MemoryError):
                raise
            raise Failed(_failure(error)) from error
        if not isinstance(answer, bool):
            raise Failed(f"it gives {clean(str(answer), 60)!r}, neither true nor false")
        return answer


class View:
    """One alert as expressions see it; translated for the library once, whatever the number of expressions."""

    def __init__(self, alert: Mapping[str, Any], payload: Any) -> None:
        self._variables: Mapping[str, Any] = alert
        self._payload = payload
        self._small: cel.Context | None = None
        self._whole: cel.Context | None = None

    def context(self, whole: bool) -> cel.Context:
        """With the payload, or without where it is not read."""
        if whole:
            if self._whole is None:
                self._whole = cel.Context(variables={"alert": self._variables, "payload": self._payload})
            return self._whole
        if self._small is None:
            self._small = cel.Context(variables={"alert": self._variables})
        return self._small


@lru_cache(maxsize=20_000)
def expression(text: str) -> Expression:
    """Compiled once for all routes and versions that have it. Raises Invalid."""
    return Expression(text)


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    for found in _TOKEN.finditer(text):
        if found.lastgroup != "note":
            yield str(found.lastgroup), found.group()


def _check_shape(text: str) -> set[str]:
    """Refuse what could take long; answers the names that comprehensions bind."""
    tokens = list(_tokens(text))
    words = [word for _, word in tokens]
    open_: list[bool] = []
    bound: set[str] = set()
    for n, (kind, word) in enumerate(tokens):
        if word in "([{":
            macro = n > 1 and words[n - 1] in MACROS and words[n - 2] == "." and word == "("
            if macro and any(open_):
                raise Invalid("", f"{words[n - 1]}() stands within another one; that could take too long.")
            if macro and n + 1 < len(words):
                bound.add(words[n + 1])
            open_.append(macro)
            if len(open_) > MAX_NESTING:
                raise Invalid("", f"Parentheses are nested deeper than {MAX_NESTING} levels.")
        elif word in ")]}" and open_:
            open_.pop()
        elif kind == "name" and word == "matches" and words[n + 1 : n + 2] == ["("]:
            _check_matches(tokens[n + 2 : n + 4], any(open_))
    return bound


def _check_matches(argument: list[tuple[str, str]], within_macro: bool) -> None:
    kinds = [kind for kind, _ in argument]
    if kinds != ["text", "mark"] or argument[1][1] != ")":
        raise Invalid("", "matches() takes a pattern in quotes, not a computed one.")
    if within_macro:
        raise Invalid("", "matches() cannot stand within exists() and its like; that could take too long.")
    pattern = cel.evaluate(argument[0][1])
    try:
        compiled(str(pattern))
    except BadPattern as error:
        raise Invalid("", f"The pattern {str(pattern)[:60]!r} cannot be used: {error}") from error


def _mistake(message: str, text: str) -> str:
    """'Line 1, character 5: …' of what the library says."""
    found = _PLACE.search(message)
    if found is None:
        return f"The expression cannot be read: {message[:200]}"
    line, column, why = found.groups()
    why = why.partition(" expecting {")[0]
    shown = text.splitlines()[int(line) - 1 : int(line)]
    return f"Line {line}, character {column} of {''.join(shown)[:120]!r}: {why[:200]}"


def _failure(error: BaseException) -> str:
    if isinstance(error, KeyError):
        return f"there is no field {clean(str(error.args[0]), 60)!r} in this alert; ask for it with has() first"
    return clean(" ".join(str(error).split()), 200) or type(error).__name__
