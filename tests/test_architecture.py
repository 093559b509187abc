"""What keeps the tree readable: sizes, names, promises, errors that survive a process boundary."""

from __future__ import annotations

import ast
import importlib
import io
import pickle
import pkgutil
import re
import statistics
import subprocess
import tokenize
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = (
    "domain",
    "runtime",
    "actors",
    "channels",
    "integrations",
    "storage",
    "gateway",
    "simulation",
    "cli",
    "watchdog",
    "ui",
)
LONGEST = 450
MEDIAN = 120
WATCHDOG = 500
"""Lines of code, all of it together: whoever wonders whether to believe its alarm reads it in one sitting."""


def modules() -> list[Path]:
    return [
        p for package in PACKAGES for p in (ROOT / package).rglob("*.py") if "versions" not in p.relative_to(ROOT).parts
    ]


def tracked() -> list[Path]:
    out = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / line for line in out.splitlines() if (ROOT / line).is_file()]


def test_modules_are_small() -> None:
    sizes = {p: len(p.read_text().splitlines()) for p in modules()}
    too_long = {str(p.relative_to(ROOT)): n for p, n in sizes.items() if n > LONGEST}
    assert not too_long
    assert statistics.median(sizes.values()) <= MEDIAN


def test_the_watchdog_stays_small() -> None:
    assert sum(lines_of_code(p) for p in (ROOT / "watchdog").glob("*.py")) < WATCHDOG


def lines_of_code(path: Path) -> int:
    """Without blank lines, comments and docstrings."""
    text = path.read_text()
    layout = (tokenize.NL, tokenize.NEWLINE, tokenize.COMMENT, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    code = {line for t in tokens if t.type not in layout for line in range(t.start[0], t.end[0] + 1)}
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            code -= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return len(code)


def test_every_module_opens_with_what_it_promises() -> None:
    silent = [str(p.relative_to(ROOT)) for p in modules() if not p.read_text().lstrip().startswith('"""')]
    assert not silent


def test_no_module_is_called_after_nothing() -> None:
    vague = {"utils", "util", "helpers", "helper", "manager", "common", "misc"}
    assert [p.name for p in modules() if p.stem in vague] == []


def test_nothing_is_left_undone_and_no_path_of_a_workplace_is_named() -> None:
    undone = re.compile("TO" + r"DO|FIX" + r"ME|NotImplemented" + "Error")
    places = re.compile(r"(^|[^\w.])/(wo" + r"rk|fa" + r"rm)/|\.\./sha" + "red")
    found = []
    for path in tracked():
        if path.suffix in (".py", ".md", ".sh", ".toml", ".sql") or path.name == "Makefile":
            text = path.read_text(errors="replace")
            if undone.search(text) or places.search(text):
                found.append(str(path.relative_to(ROOT)))
    assert not found


def all_errors() -> list[type[Exception]]:
    found = []
    for package in PACKAGES:
        for info in pkgutil.walk_packages([str(ROOT / package)], f"{package}."):
            if "migrations" in info.name or info.name.endswith("__main__") or info.name == "runtime.hosts":
                continue
            if package == "ui" and info.name != "ui.gateway":  # Reflex writes files where it is imported from
                continue
            module = importlib.import_module(info.name)
            for value in vars(module).values():
                if isinstance(value, type) and issubclass(value, Exception) and value.__module__ == info.name:
                    found.append(value)
    return found


SAMPLES = (
    ("field", "message"),
    (3, "why"),
    (503, "detail"),
    (413, "detail", "pointer"),
    ("kind", "by", None, "tag"),
    ("text",),
    (),
)


@pytest.mark.parametrize("error", all_errors(), ids=lambda e: e.__name__)
def test_an_error_survives_the_way_between_processes(error: type[Exception]) -> None:
    for arguments in SAMPLES:
        try:
            made = error(*arguments)
        except TypeError:
            continue
        again = pickle.loads(pickle.dumps(made))
        assert (type(again), str(again)) == (error, str(made))
        return
    raise AssertionError(f"no sample arguments fit {error.__name__}")


def test_every_direct_dependency_is_justified() -> None:
    told = (ROOT / "docs" / "dependencies.md").read_text()
    names = set()
    for file in ("run.in", "ui.in", "dev.in"):
        for line in (ROOT / "requirements" / file).read_text().splitlines():
            if line and not line.startswith(("#", "-")):
                names.add(re.split(r"[\[<>=!;]", line)[0].strip())
    assert [n for n in sorted(names) if f"`{n}`" not in told] == []
