"""Sprig's functions on lists."""

from collections.abc import Callable
from typing import Any

from workflows.runner.language.exprlang.faults import FaultError
from workflows.runner.language.exprlang.operators import same
from workflows.runner.language.exprlang.values import NilList, kind_name
from workflows.runner.language.sprig.casts import is_empty, items, whole


def _list(*v: Any) -> list[Any]:
    return list(v)


def _push(list: Any, v: Any) -> Any:
    return [*items(list, "Cannot push on type"), v]


def _prepend(list: Any, v: Any) -> Any:
    return [v, *items(list, "Cannot prepend on type")]


def _concat(*lists: Any) -> Any:
    joined: Any = []
    for one in lists:
        if not isinstance(one, list):
            raise FaultError(f"Cannot concat type {kind_name(one)} as list")
        joined = [*joined, *one]
    return joined or NilList()


def _chunk(size: int, list: Any) -> Any:
    values = items(list, "Cannot chunk type")
    if size <= 0:
        raise FaultError("runtime error: makeslice: len out of range")
    return [values[start : start + size] for start in range(0, len(values), size)]


def _first(list: Any) -> Any:
    values = items(list, "Cannot find first on type")
    return values[0] if values else None


def _last(list: Any) -> Any:
    values = items(list, "Cannot find last on type")
    return values[-1] if values else None


def _rest(list: Any) -> Any:
    values = items(list, "Cannot find rest on type")
    return values[1:] if values else NilList()


def _initial(list: Any) -> Any:
    values = items(list, "Cannot find initial on type")
    return values[:-1] if values else NilList()


def _reverse(v: Any) -> Any:
    return items(v, "Cannot find reverse on type")[::-1]


def _compact(list: Any) -> Any:
    return [v for v in items(list, "Cannot compact on type") if not is_empty(v)]


def _uniq(list: Any) -> Any:
    kept: Any = []
    for value in items(list, "Cannot find uniq on type"):
        if not any(same(value, other) for other in kept):
            kept.append(value)
    return kept


def _without(list: Any, *omit: Any) -> Any:
    values = items(list, "Cannot find without on type")
    return [value for value in values if not any(same(value, one) for one in omit)]


def _has(needle: Any, haystack: Any) -> bool:
    if haystack is None:
        return False
    return any(same(needle, v) for v in items(haystack, "Cannot find has on type"))


def _slice(list: Any, *indices: Any) -> Any:
    values = items(list, "list should be type of slice or array but")
    if not values:
        return None
    start = whole(indices[0]) if indices else 0
    end = whole(indices[1]) if len(indices) > 1 else len(values)
    if not 0 <= start <= end <= len(values):
        raise FaultError("reflect.Value.Slice: slice index out of bounds")
    return values[start:end]


_MAY_FAIL: dict[str, Callable[..., Any]] = {
    "append": _push, "push": _push, "prepend": _prepend, "first": _first, "rest": _rest,
    "last": _last, "initial": _initial, "reverse": _reverse, "uniq": _uniq,
    "without": _without, "has": _has, "slice": _slice, "chunk": _chunk,
    "compact": _compact,
}  # fmt: skip

FUNCTIONS: dict[str, Callable[..., Any]] = {
    "list": _list,
    "tuple": _list,
    "concat": _concat,
    **_MAY_FAIL,
    **{f"must{name[0].upper()}{name[1:]}": body for name, body in _MAY_FAIL.items()},
}
