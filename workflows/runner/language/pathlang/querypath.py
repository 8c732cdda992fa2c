"""The JSONPath that the expression function `jsonpath` takes: `$.a[0].b`, `$..c`."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from workflows.runner.language.errors import PathError
from workflows.runner.language.pathlang import queryscript

_SLICE = re.compile(r"(-?\d*|\(.*\)):(-?\d*|\(.*\))(?::(-?\d*))?", re.ASCII)
_INDEX = re.compile(r"[+-]?\d+", re.ASCII)
_KINDS = {bool: "bool", int: "float64", float: "float64", str: "string", type(None): "nil"}


class Step(NamedTuple):
    """One step: key, index, slice, union, wildcard, recursive, filter or script."""

    kind: str
    value: Any = None


def query(path: str, obj: Any) -> Any:
    """Give what a path finds; paths that can find several things give a list.

    Raises:
        PathError: the path is malformed, or a key or index is not there.
    """
    return walk(parse(path), obj, obj)


def parse(path: str) -> list[Step]:
    """Split a path into steps.

    Raises:
        PathError: it is malformed.
    """
    if path[:1] not in ("$", "@"):
        raise PathError(
            f"invalid JSONPath selector '{path}' unexpected token '{path[:1]}' at index 0"
        )
    steps: list[Step] = []
    position = 1
    while position < len(path):
        step, position = _step(path, position)
        steps.append(step)
    return steps


def _step(path: str, position: int) -> tuple[Step, int]:
    if path.startswith("..", position):
        following = path[position + 2 : position + 3]
        return Step("recursive"), position + (2 if following == "[" else 1)
    if path[position] == ".":
        match = re.compile(r"[^.\[]*").match(path, position + 1)
        name = match.group().strip() if match else ""
        if not name:
            raise PathError(
                f"invalid JSONPath selector '{path}' invalid token. token string is empty"
            )
        kind = "wildcard" if name == "*" else "length" if name == "length" else "key"
        return Step(kind, name), position + 1 + len(match.group() if match else "")
    if path[position] == "[":
        end = _closing(path, position)
        return _brackets(path[position + 1 : end].strip(), path), end + 1
    raise PathError(
        f"invalid JSONPath selector '{path}' unexpected token "
        f"'{path[position]}' at index {position}"
    )


def _closing(path: str, position: int) -> int:
    depth, quote = 0, ""
    for place in range(position, len(path)):
        here = path[place]
        if quote:
            quote = "" if here == quote and path[place - 1] != "\\" else quote
        elif here in "'\"":
            quote = here
        else:
            depth += (here in "[(") - (here in "])")
            if depth == 0:
                return place
    raise PathError(
        f"invalid JSONPath selector '{path}' invalid token. "
        f"'{path[position:]}' does not match any token format"
    )


def _brackets(inside: str, path: str) -> Step:
    if inside == "*":
        return Step("wildcard")
    if inside.startswith("?(") and inside.endswith(")"):
        return Step("filter", inside[2:-1])
    parts = queryscript.split(inside, ",")
    if len(parts) > 1:
        return Step("union", [_brackets(part.strip(), path) for part in parts])
    if inside.startswith("(") and inside.endswith(")"):
        return Step("script", inside[1:-1])
    if len(inside) > 1 and inside[0] == inside[-1] and inside[0] in "'\"":
        return Step("key", inside[1:-1].replace(f"\\{inside[0]}", inside[0]))
    if _INDEX.fullmatch(inside):
        return Step("index", int(inside))
    match = _SLICE.fullmatch(inside)
    if match is None:
        raise PathError(
            f"invalid JSONPath selector '{path}' invalid token. "
            f"'[{inside}]' does not match any token format"
        )
    return Step("slice", match.groups())


def walk(steps: list[Step], value: Any, root: Any) -> Any:
    """Follow steps; after one that gives a list, the rest are for its elements."""
    for index, step in enumerate(steps):
        if step.kind in ("key", "index", "script", "length"):
            value = _single(value, step, root)
            continue
        rest = steps[index + 1 :]
        found = list(_several(value, step, root))
        return list(_each(found, rest, root)) if rest else found
    return value


def _each(values: list[Any], rest: list[Step], root: Any) -> Iterator[Any]:
    many = any(s.kind not in ("key", "index", "script", "length") for s in rest)
    for value in values:
        try:
            found = walk(rest, value, root)
        except PathError:
            continue
        if many:
            yield from found
        else:
            yield found


def _single(value: Any, step: Step, root: Any) -> Any:
    if step.kind == "length" and not (isinstance(value, Mapping) and "length" in value):
        if not isinstance(value, (Mapping, list, str)):
            raise _wrong("length", "array map slice string", value)
        return len(value)
    if step.kind == "script":
        found = queryscript.evaluate(step.value, value, root)
        number = isinstance(found, (int, float)) and not isinstance(found, bool)
        return _single(value, Step("index", int(found)) if number else Step("key", found), root)
    if step.kind == "index":
        if not isinstance(value, list):
            raise _wrong("index", "array slice", value)
        if not -len(value) <= step.value < len(value):
            raise PathError("index: invalid token out of range")
        return value[step.value]
    if not isinstance(value, Mapping):
        raise _wrong("key", "map", value)
    if step.value not in value:
        raise PathError(f"key: invalid token key '{step.value}' not found")
    return value[step.value]


def _wrong(kind: str, wanted: str, value: Any) -> PathError:
    shown = "slice" if isinstance(value, list) else "map"
    shown = _KINDS.get(type(value), shown)
    return PathError(f"{kind}: invalid token target. expected [{wanted}] got [{shown}]")


def _children(value: Any, kind: str) -> list[Any]:
    if isinstance(value, Mapping):
        return [value[key] for key in sorted(value)]
    if isinstance(value, list):
        return value
    raise _wrong(kind, "array map slice", value)


def _several(value: Any, step: Step, root: Any) -> Iterator[Any]:
    if step.kind == "wildcard":
        yield from _children(value, "wildcard")
    elif step.kind == "recursive":
        yield from _descendants(value)
    elif step.kind == "filter":
        for child in _children(value, "filter"):
            if queryscript.holds(step.value, child, root):
                yield child
    elif step.kind == "union":
        for one in step.value:
            try:
                yield _single(value, one, root)
            except PathError:
                if not isinstance(value, (Mapping, list)):
                    raise
    elif isinstance(value, list):
        yield from _sliced(value, step.value, root)
    else:
        raise _wrong("range", "array slice", value)


def _descendants(value: Any) -> Iterator[Any]:
    yield value
    if isinstance(value, (Mapping, list)):
        for child in _children(value, "recursive"):
            yield from _descendants(child)


def _sliced(value: list[Any], bounds: tuple[str | None, ...], root: Any) -> list[Any]:
    numbers: list[int | None] = []
    for text in bounds:
        if text and text.startswith("("):
            numbers.append(int(queryscript.evaluate(text[1:-1], value, root)))
        else:
            numbers.append(int(text) if text and text != "-" else None)
    low, high, step = numbers
    if step == 0:
        raise PathError("range: invalid token out of range")
    picked = value[low:high]
    return picked[:: step or 1]
