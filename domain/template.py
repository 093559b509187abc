"""Templates of integrations: Jinja2 in a sandbox of ours, so that the worst one costs some tens of milliseconds. Pure.

    {{ alert.labels.service | default("?") }}: {{ payload.values.B | round(1) }} %

They see `alert` and `payload` (domain/payload.py). A field that is not there makes the template fail, unless `default`
catches it. What could run away is not there (macros, includes, powers, repeated text, most methods) or is paid for from
FUEL, by the size of what is worked on. No clock is asked: the same alert always gives the same text.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from jinja2 import ChainableUndefined, StrictUndefined, Template, TemplateError, TemplateSyntaxError, meta, nodes
from jinja2.filters import FILTERS as DEFAULT_FILTERS
from jinja2.runtime import Context, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.tests import TESTS as DEFAULT_TESTS
from jinja2.utils import pass_context

from domain.errors import Invalid
from domain.words import clean

MAX_LENGTH = 4_096
FUEL = 10_000
"""Steps: a loop turn, filter, method or joining costs one, and one more for every 100 characters or 10 items in it."""
MAX_TEXT = 65_536
MAX_NUMBER = 10**18
VARIABLES = frozenset({"alert", "payload"})
FILTERS = (
    "abs capitalize count d default dictsort first float int items last length list lower map max min reject "
    "rejectattr reverse round select selectattr sort string sum title trim truncate unique upper urlencode wordcount"
)
TESTS = "defined undefined none string number mapping sequence boolean in eq ne lt le gt ge equalto odd even"
METHODS: Mapping[type, str] = {
    str: "count endswith find isdigit lower lstrip removeprefix removesuffix rstrip split startswith strip title upper",
    dict: "get items keys values",
}
_ALLOWED: tuple[type[nodes.Node], ...] = (
    *(nodes.Template, nodes.Output, nodes.TemplateData, nodes.If, nodes.For, nodes.Assign, nodes.Name, nodes.Const),
    *(nodes.Filter, nodes.Test, nodes.Getattr, nodes.Getitem, nodes.Slice, nodes.Compare, nodes.Operand, nodes.And),
    *(nodes.Or, nodes.Not, nodes.CondExpr, nodes.Concat, nodes.Add, nodes.Sub, nodes.Mul, nodes.Div, nodes.FloorDiv),
    *(nodes.Mod, nodes.Neg, nodes.Pos, nodes.List, nodes.Tuple, nodes.Dict, nodes.Pair, nodes.Call, nodes.Keyword),
)


class Failed(Exception):
    """The template gave no text for this alert; the words say why."""


class _Missing(ChainableUndefined, StrictUndefined):
    """A field that is not there, at any depth; only `default` and `is defined` may look at it."""

    __slots__ = ()


class _Fuel:
    def __init__(self) -> None:
        self._left = FUEL

    def burn(self, *values: Any) -> None:
        """Raises Failed when there is none left."""
        self._left -= 1
        for value in values:
            if isinstance(value, str):
                self._left -= len(value) // 100
            elif isinstance(value, list | dict | tuple):
                self._left -= len(value) // 10
        if self._left < 0:
            raise Failed("it takes too long for this alert; loop over less")


class _Sandbox(ImmutableSandboxedEnvironment):
    """Only what is listed above, each step paid for."""

    intercepted_binops = frozenset({"+", "-", "*", "/", "//", "%"})

    def getattr(self, obj: Any, attribute: str) -> Any:
        """A field before a method: Grafana's alerts have a field called `values`."""
        if isinstance(obj, dict) and attribute in obj:
            return obj[attribute]
        return super().getattr(obj, attribute)

    def is_safe_callable(self, obj: Any) -> bool:
        owner, name = type(getattr(obj, "__self__", None)), getattr(obj, "__name__", "")
        return name in METHODS.get(owner, "").split()

    def call(self, context: Context, obj: Any, /, *args: Any, **kwargs: Any) -> Any:
        _fuel(context).burn(getattr(obj, "__self__", None), *args)
        if not isinstance(obj, Undefined) and not self.is_safe_callable(obj):
            raise Failed(f"{clean(str(getattr(obj, '__name__', obj)), 40)}() cannot be called here")
        return super().call(context, obj, *args, **kwargs)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        numbers = isinstance(left, int | float) and isinstance(right, int | float)
        if not numbers and not (operator == "+" and isinstance(left, str) and isinstance(right, str)):
            if isinstance(left, Undefined) or isinstance(right, Undefined):
                str(left), str(right)  # names the field that is not there
            raise Failed(f"{operator!r} takes numbers here")
        if not numbers:
            return _joined(_fuel(context), [left, right])
        found = super().call_binop(context, operator, left, right)
        if not -MAX_NUMBER < found < MAX_NUMBER:
            raise Failed("a number in it grows too large")
        return found


def _fuel(context: Context) -> _Fuel:
    found: _Fuel = context.parent["_fuel"]
    return found


def _joined(fuel: _Fuel, parts: Iterable[Any], between: str = "") -> str:
    texts = [str(part) for part in parts]
    if sum(map(len, texts)) + len(between) * len(texts) > MAX_TEXT:
        raise Failed(f"a text in it grows beyond {MAX_TEXT} characters")
    found = between.join(texts)
    fuel.burn(found, texts)
    return found


@pass_context
def _concat(context: Context, *parts: Any) -> str:
    return _joined(_fuel(context), parts)


@pass_context
def _join(context: Context, value: Iterable[Any], d: str = "") -> str:
    return _joined(_fuel(context), value, str(d))


@pass_context
def _replace(context: Context, value: Any, old: str, new: str) -> str:
    text, grown = str(value), max(0, len(str(new)) - len(str(old)))
    if not old:
        raise Failed("replace needs something to replace")
    if len(text) + text.count(old) * grown > MAX_TEXT:
        raise Failed(f"a text in it grows beyond {MAX_TEXT} characters")
    _fuel(context).burn(text)
    return text.replace(str(old), str(new))


@pass_context
def _tojson(context: Context, value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    _fuel(context).burn(text)
    return text


@pass_context
def _counted(context: Context, items: Iterable[Any]) -> Iterator[Any]:
    fuel = _fuel(context)
    for item in items:
        fuel.burn()
        yield item


def _paid(inner: Callable[..., Any]) -> Callable[..., Any]:
    """The filter, paid for; it may want the context or the environment first."""
    wants = str(getattr(inner, "jinja_pass_arg", ""))

    @pass_context
    def filtered(context: Context, value: Any, *args: Any, **kwargs: Any) -> Any:
        _fuel(context).burn(value)
        first: Any = context if "context" in wants.lower() and "eval" not in wants.lower() else None
        if "environment" in wants.lower():
            first = context.environment
        elif "eval" in wants.lower():
            first = context.eval_ctx
        return inner(value, *args, **kwargs) if first is None else inner(first, value, *args, **kwargs)

    return filtered


def _environment() -> _Sandbox:
    made = _Sandbox(undefined=_Missing, autoescape=False, trim_blocks=True, lstrip_blocks=True)
    made.filters = {name: _paid(DEFAULT_FILTERS[name]) for name in FILTERS.split()}
    made.filters |= {"_concat": _concat, "_counted": _counted, "join": _join, "replace": _replace, "tojson": _tojson}
    made.tests = {name: DEFAULT_TESTS[name] for name in TESTS.split()} | {"==": DEFAULT_TESTS["=="]}
    made.globals = {}
    return made


_SANDBOX = _environment()


@lru_cache(maxsize=5_000)
def template(text: str) -> Template:
    """Compiled once. Raises Invalid with the line of the mistake; its field is empty."""
    if len(text) > MAX_LENGTH:
        raise Invalid("", f"The template is {len(text)} characters long; at most {MAX_LENGTH} are taken.")
    try:
        tree = _SANDBOX.parse(text)
        for node in tree.find_all(nodes.Node):
            _check(node)
        for name in sorted(meta.find_undeclared_variables(tree) - VARIABLES):
            raise Invalid("", f"There is no {name!r} here; a template sees alert and payload.")
        return Template.from_code(_SANDBOX, _SANDBOX.compile(_bounded(tree)), {})
    except TemplateSyntaxError as error:
        raise Invalid("", f"Line {error.lineno}: {clean(error.message or 'it cannot be read', 200)}") from error
    except (SyntaxError, TemplateError, ValueError, TypeError, ArithmeticError, RecursionError, MemoryError) as error:
        raise Invalid("", f"The template cannot be compiled: {clean(str(error), 200)}") from error


def _check(node: nodes.Node) -> None:
    line = f"Line {node.lineno}: "
    if isinstance(node, nodes.Filter) and (node.name.startswith("_") or node.name not in _SANDBOX.filters):
        names = ", ".join(sorted(name for name in _SANDBOX.filters if name[0] != "_"))
        raise Invalid("", f"{line}there is no filter {node.name!r}; there are {names}.")
    if isinstance(node, nodes.Test) and node.name not in _SANDBOX.tests:
        raise Invalid("", f"{line}there is no test {node.name!r}; there are {', '.join(sorted(_SANDBOX.tests))}.")
    if isinstance(node, nodes.Name) and (node.name.startswith("_") or node.name == "self"):
        raise Invalid("", f"{line}the name {node.name!r} cannot be used here.")
    if not isinstance(node, _ALLOWED) or (isinstance(node, nodes.For) and node.recursive):
        raise Invalid("", f"{line}{type(node).__name__.lower()} cannot be used in a template here.")


def _bounded(tree: nodes.Template) -> nodes.Template:
    """Loops count their turns, and `~` looks at the length of what it makes."""
    for loop in list(tree.find_all(nodes.For)):
        loop.iter = nodes.Filter(loop.iter, "_counted", [], [], None, None, lineno=loop.lineno)
    _without_concat(tree)
    tree.set_environment(_SANDBOX)
    return tree


def _without_concat(node: nodes.Node) -> None:
    for name, value in list(node.iter_fields()):
        if isinstance(value, nodes.Node):
            setattr(node, name, _replaced(value))
        elif isinstance(value, list):
            setattr(node, name, [_replaced(v) if isinstance(v, nodes.Node) else v for v in value])


def _replaced(node: nodes.Node) -> nodes.Node:
    _without_concat(node)
    if isinstance(node, nodes.Concat):
        return nodes.Filter(node.nodes[0], "_concat", node.nodes[1:], [], None, None, lineno=node.lineno)
    return node


def render(text: str, view: Mapping[str, Any], limit: int) -> str:
    """The words for an alert, cut to `limit` characters with a mark. Raises Failed."""
    try:
        made = template(text)
        context = made.new_context({**view, "_fuel": _Fuel()})
        parts, length = [], 0
        for part in made.root_render_func(context):
            parts.append(part)
            length += len(part)
            if length > MAX_TEXT:
                break
    except Invalid as error:
        raise Failed(error.message) from error
    except Failed:
        raise
    except Exception as error:  # whatever a template does, the alert goes on
        raise Failed(clean(str(error), 200) or type(error).__name__) from error
    return clean("".join(parts).strip(), limit)
