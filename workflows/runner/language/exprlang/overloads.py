"""The rules for functions of the language whose arguments may be of several types."""

from collections.abc import Callable

from workflows.runner.language.exprlang import types
from workflows.runner.language.exprlang.types import Type

_COUNTED = ("array", "map", "string", "bytes", "unknown")
_LISTS = ("array", "bytes", "unknown")
_DOING = {
    "first": "cannot get first element from {}",
    "last": "cannot get last element from {}",
    "keys": "cannot get keys from {}",
    "values": "cannot get values from {}",
    "toPairs": "cannot transform {} to pairs",
    "fromPairs": "cannot transform {} from pairs",
    "reverse": "cannot reverse {}",
    "uniq": "cannot uniq {}",
    "flatten": "cannot flatten {}",
    "concat": "cannot concat {}",
}


def _shown(kind: Type) -> str:
    return "%!s(<nil>)" if kind.kind == "nil" else kind.name


def _count(kinds: list[Type], wanted: int) -> None:
    if len(kinds) != wanted:
        raise ValueError(f"invalid number of arguments (expected {wanted}, got {len(kinds)})")


def _length(name: str, kinds: list[Type]) -> Type:
    _count(kinds, 1)
    if kinds[0].kind not in _COUNTED:
        raise ValueError(f"invalid argument for {name} (type {_shown(kinds[0])})")
    return types.INT


def _number(name: str, kinds: list[Type]) -> Type:
    _count(kinds, 1)
    allowed = ["int", "float", "unknown", "duration"]
    if name in ("int", "float"):
        allowed.append("string")
    if kinds[0].kind not in allowed:
        raise ValueError(f"invalid argument for {name} (type {_shown(kinds[0])})")
    if name == "abs":
        return types.ANY if kinds[0].is_unknown else kinds[0]
    return types.INT if name == "int" else types.FLOAT


def _aggregate(name: str, kinds: list[Type]) -> Type:
    if not kinds:
        raise ValueError(f"not enough arguments to call {name}")
    for kind in kinds:
        if kind.kind in _LISTS:
            return types.ANY
        if not kind.is_number and kind.kind != "duration":
            raise ValueError(f"invalid argument for {name} (type {_shown(kind)})")
    return kinds[0]


def _element(name: str, kinds: list[Type]) -> Type:
    _count(kinds, 1)
    if kinds[0].kind not in _LISTS:
        raise ValueError(_DOING[name].format(_shown(kinds[0])))
    return types.ANY


def _of_list(name: str, kinds: list[Type]) -> Type:
    _count(kinds, 1)
    if kinds[0].kind not in _LISTS:
        raise ValueError(_DOING[name].format(_shown(kinds[0])))
    return types.ANY_MAP if name == "fromPairs" else types.ARRAY


def _of_map(name: str, kinds: list[Type]) -> Type:
    _count(kinds, 1)
    if kinds[0].kind not in ("map", "unknown"):
        raise ValueError(_DOING[name].format(_shown(kinds[0])))
    return types.ARRAY


def _concat(name: str, kinds: list[Type]) -> Type:
    if not kinds:
        raise ValueError("invalid number of arguments (expected at least 1, got 0)")
    for kind in kinds:
        if kind.kind not in _LISTS:
            raise ValueError(_DOING[name].format(_shown(kind)))
    return types.ARRAY


def _take(_name: str, kinds: list[Type]) -> Type:
    _count(kinds, 2)
    if kinds[0].kind not in _LISTS:
        raise ValueError(f"cannot take from {_shown(kinds[0])}")
    if kinds[1].kind not in ("int", "unknown"):
        raise ValueError(f"cannot take {_shown(kinds[1])} elements")
    return types.ANY if kinds[0].is_unknown else Type(kinds[0].kind, kinds[0].name)


def _get(_name: str, kinds: list[Type]) -> Type:
    _count(kinds, 2)
    base, key = kinds
    if base.is_unknown:
        return types.UNKNOWN
    if base.kind in ("array", "bytes"):
        if key.kind not in ("int", "unknown"):
            raise IndexError(1, f"non-integer slice index {key.name}")
        return base.elements()
    if base.kind == "map":
        if base is types.MAP and key.kind not in ("string", "unknown"):
            raise IndexError(1, f"cannot use {key.name} to get an element from {base.name}")
        return types.ANY
    raise IndexError(0, f"type {base.name} does not support indexing")


def _now(_name: str, kinds: list[Type]) -> Type:
    if kinds and not (len(kinds) == 1 and kinds[0].kind == "zone"):
        raise ValueError(f"invalid number of arguments (expected 0, got {len(kinds)})")
    return types.TIME


def _date(_name: str, kinds: list[Type]) -> Type:
    if not kinds:
        raise ValueError("invalid number of arguments (expected at least 1, got 0)")
    rest = kinds[1:] if kinds[0].kind == "zone" else kinds
    if len(rest) > 3:
        raise ValueError(f"invalid number of arguments (expected at most 3, got {len(rest)})")
    return types.TIME


RULES: dict[str, Callable[[str, list[Type]], Type]] = {
    "len": _length,
    **dict.fromkeys(("abs", "ceil", "floor", "round", "int", "float"), _number),
    **dict.fromkeys(("max", "min", "mean", "median"), _aggregate),
    **dict.fromkeys(("first", "last"), _element),
    **dict.fromkeys(("reverse", "uniq", "flatten", "fromPairs"), _of_list),
    **dict.fromkeys(("keys", "values", "toPairs"), _of_map),
    "concat": _concat,
    "take": _take,
    "get": _get,
    "now": _now,
    "date": _date,
}
