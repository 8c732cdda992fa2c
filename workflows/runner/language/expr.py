"""Expressions of `{{=...}}`, as the expr-lang library with Argo's functions has them."""

import functools
from collections.abc import Iterator, Mapping
from typing import Any

from workflows.runner.language.errors import ExpressionError, PathError
from workflows.runner.language.exprlang import nodes, numbers
from workflows.runner.language.exprlang.checker import check
from workflows.runner.language.exprlang.faults import FaultError, placed
from workflows.runner.language.exprlang.parser import parse
from workflows.runner.language.exprlang.running import Machine
from workflows.runner.language.exprlang.values import Function
from workflows.runner.language.go import gojson, gotext


def evaluate(source: str, env: Mapping[str, Any]) -> Any:
    """Compile and run an expression.

    Raises:
        ExpressionError: it does not compile in this environment, or fails.
    """
    tree = parse(source)
    machine = Machine(env)
    try:
        check(tree, source, env)
        return machine.value(tree)
    except FaultError as error:
        raise placed(str(error), source, machine.at) from error
    except (RecursionError, MemoryError) as error:
        raise placed("memory budget exceeded", source, machine.at) from error
    except (ValueError, TypeError, OverflowError, AttributeError) as error:
        if isinstance(error, ExpressionError):
            raise
        raise placed(str(error), source, machine.at) from error


def environment(flat: Mapping[str, Any]) -> dict[str, Any]:
    """Turn flat names into the nested maps that expressions see, with the functions."""
    nested = expand(flat)
    nested.update(_ARGO)
    nested["sprig"] = _Sprig()
    return nested


def expand(flat: Mapping[str, Any]) -> dict[str, Any]:
    """Turn names with dots into nested maps; a parent with children is the map."""
    names = sorted(flat)
    nested: dict[str, Any] = {}
    for name, following in zip(names, [*names[1:], ""], strict=False):
        if following.startswith(f"{name}."):
            continue
        *parents, last = name.split(".")
        place: dict[str, Any] = nested
        for parent in parents:
            inner = place.get(parent)
            if not isinstance(inner, dict):
                inner = place[parent] = {}
            place = inner
        if not isinstance(place.get(last), dict):
            place[last] = flat[name]
    return nested


def identifiers(source: str) -> list[str]:
    """List the names and dotted paths that an expression needs, as Argo collects them.

    Members that `??` or `?.` guard are left out.

    Raises:
        ExpressionError: it cannot be parsed.
    """
    return list(_needed(source))


@functools.lru_cache(maxsize=1024)
def _needed(source: str) -> tuple[str, ...]:
    tree = parse(source)
    guarded = _guarded(tree)
    found: dict[str, None] = {}
    for node in _walk(tree):
        if id(node) in guarded:
            continue
        if isinstance(node, nodes.Name):
            found[node.name] = None
        elif isinstance(node, nodes.Member):
            path = _path(node)
            if path:
                found[path] = None
    return tuple(found)


def has(env: Mapping[str, Any], name: str) -> bool:
    """Tell whether a dotted name exists in an environment; nil counts as existing."""
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        prefix = ".".join(parts[:length])
        if prefix in env:
            return _reaches(env[prefix], parts[length:])
    return False


def _reaches(value: Any, parts: list[str]) -> bool:
    for part in parts:
        if not isinstance(value, Mapping) or part not in value:
            return False
        value = value[part]
    return True


def _walk(node: nodes.Node) -> Iterator[nodes.Node]:
    for child in nodes.children(node):
        yield from _walk(child)
    yield node


def _guarded(tree: nodes.Node) -> set[int]:
    guarded: set[int] = set()
    for node in _walk(tree):
        if isinstance(node, nodes.Binary) and node.operator == "??":
            members = (n for n in _walk(node.left) if isinstance(n, nodes.Member))
            guarded.update(map(id, members))
        elif isinstance(node, nodes.Member) and node.optional:
            guarded.add(id(node.base) if isinstance(node.base, nodes.Member) else 0)
    return guarded


def _path(node: nodes.Member) -> str | None:
    parts: list[str] = []
    current: nodes.Node = node
    while isinstance(current, nodes.Member):
        key = current.key.value if isinstance(current.key, nodes.Constant) else None
        if current.optional or not isinstance(key, str):
            return None
        parts.append(key)
        current = current.base
    if not isinstance(current, nodes.Name):
        return None
    return ".".join([current.name, *reversed(parts)])


def _as_int(value: Any) -> Any:
    return numbers.to_whole(value)


def _as_float(value: Any) -> Any:
    return numbers.to_floating(value)


def _to_json(value: Any) -> str:
    return gotext.format_json(value)


def _jsonpath(text: str, path: str) -> Any:
    from workflows.runner.language.pathlang import querypath

    try:
        value = gotext.parse_json(text)
    except (ValueError, RecursionError) as error:
        raise FaultError(gojson.problem(text)) from error
    try:
        return querypath.query(path, value)
    except PathError as error:
        raise FaultError(str(error)) from error


_ARGO = {
    "asInt": Function("asInt", _as_int),
    "asFloat": Function("asFloat", _as_float),
    "toJson": Function("toJson", _to_json),
    "jsonpath": Function("jsonpath", _jsonpath),
}


class _Sprig(Mapping[str, Any]):
    """The sprig functions, loaded when an expression first asks for one."""

    def _table(self) -> Mapping[str, Any]:
        from workflows.runner.language.sprig.library import FUNCTIONS

        return FUNCTIONS

    def __getitem__(self, name: str) -> Any:
        return self._table()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._table())

    def __len__(self) -> int:
        return len(self._table())
