"""The language's own functions, by name."""

import base64
import binascii
import math
from collections.abc import Callable, Mapping
from typing import Any

from workflows.runner.language.duration import nanoseconds
from workflows.runner.language.errors import DurationError
from workflows.runner.language.exprlang import numbers, operators, texts
from workflows.runner.language.exprlang.access import fetch
from workflows.runner.language.exprlang.faults import FaultError
from workflows.runner.language.exprlang.predicates import sort_key
from workflows.runner.language.exprlang.values import (
    AnyMap,
    NilList,
    expected,
    kind_name,
    to_int,
    type_name,
)
from workflows.runner.language.go import gofmt, gojson, golayout, goparse, gotext, gotime

_TYPES = {
    "<nil>": "nil", "int64": "int", "uint8": "uint", "float64": "float",
    "*time.Location": "unknown",
}  # fmt: skip
_LAYOUTS = (
    "2006-01-02", "15:04:05", "2006-01-02 15:04:05", golayout.RFC3339, golayout.RFC822,
    golayout.RFC850, golayout.RFC1123,
)  # fmt: skip


def _length(value: Any) -> int:
    if isinstance(value, (str, list, bytes, Mapping)):
        return len(value)
    raise FaultError(f"invalid argument for len (type {type_name(value)})")


def _type(value: Any) -> str:
    name = type_name(value)
    if name.startswith("[]"):
        return "array"
    if name.startswith("map["):
        return "map"
    return "func" if name.startswith("func(") else _TYPES.get(name, name)


def _list(value: Any, doing: str) -> list[Any]:
    if isinstance(value, bytes):
        return list(value)
    if not isinstance(value, list):
        raise FaultError(f"cannot {doing} {kind_name(value)}")
    return value


def _map(value: Any, doing: str) -> list[tuple[Any, Any]]:
    if not isinstance(value, Mapping):
        raise FaultError(doing.format(kind_name(value)))
    return sorted(value.items(), key=lambda pair: gofmt.sprint(pair[0]))


def _join(parts: Any, glue: Any = "") -> str:
    if not isinstance(parts, list):
        raise FaultError(f"invalid argument for join (type {type_name(parts)})")
    return str(expected(glue, str)).join(expected(part, str) for part in parts)


def _repeat(text: Any, count: Any) -> str:
    expected(text, str)
    times = to_int(count)
    if times < 0:
        raise FaultError(f"invalid argument for repeat (expected positive integer, got {times})")
    if times > 1_000_000 or len(text) * times >= 1_000_000:
        raise FaultError("memory budget exceeded")
    return str(text * times)


def _text(compute: Callable[..., Any]) -> Callable[..., Any]:
    """Make a function of texts; an argument that is none (but a last count) is refused."""

    def function(*arguments: Any) -> Any:
        return compute(
            *(
                to_int(value) if index >= 2 and not isinstance(value, str) else expected(value, str)
                for index, value in enumerate(arguments)
            )
        )

    return function


def _from_json(value: Any) -> Any:
    text = expected(value, str)
    try:
        return gotext.parse_json(text)
    except (RecursionError, ValueError) as error:
        raise FaultError(gojson.problem(text)) from error


def _to_json(value: Any) -> str:
    return gotext.format_json(value, indent="  ")


def _from_base64(text: Any) -> str:
    return decode_base64(expected(text, str)).decode("utf-8", "surrogateescape")


def decode_base64(text: str) -> bytes:
    """Decode standard base64, which may have line breaks.

    Raises:
        FaultError: it is malformed.
    """
    bare = text.replace("\r", "").replace("\n", "")
    try:
        return base64.b64decode(bare, validate=True)
    except (binascii.Error, ValueError) as error:
        allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
        place = next((i for i, c in enumerate(bare) if c not in allowed), len(bare))
        place = place // 4 * 4 if place >= len(bare.rstrip("=")) else place
        raise FaultError(f"illegal base64 data at input byte {place}") from error


def _duration(text: Any) -> gotime.Duration:
    try:
        return gotime.Duration(nanoseconds(expected(text, str)))
    except DurationError as error:
        raise FaultError(str(error)) from error


def _zone(name: Any) -> gotime.Zone:
    try:
        return gotime.load_zone(expected(name, str))
    except LookupError as error:
        raise FaultError(str(error.args[0])) from error


def _now(zone: Any = gotime.UTC_ZONE) -> gotime.Moment:
    if not isinstance(zone, gotime.Zone):
        raise FaultError("invalid number of arguments (expected 0, got 1)")
    return gotime.now().within(zone)


def _date(*arguments: Any) -> gotime.Moment:
    zone = gotime.UTC_ZONE
    if arguments and isinstance(arguments[0], gotime.Zone):
        zone, *rest = arguments
        arguments = tuple(rest)
    text, *rest = (expected(argument, str) for argument in arguments)
    if len(rest) == 2:
        zone = _zone(rest[1])
    try:
        if rest:
            return goparse.parse(rest[0], text, zone)
    except goparse.TimeError as error:
        raise FaultError(str(error)) from error
    for layout in _LAYOUTS:
        try:
            return goparse.parse(layout, text, zone)
        except goparse.TimeError:
            continue
    raise FaultError(f"invalid date {text}")


def _edge(position: int) -> Callable[[Any], Any]:
    def function(value: Any) -> Any:
        try:
            return fetch(value, position)
        except FaultError:
            return None

    return function


def _get(base: Any, key: Any) -> Any:
    if isinstance(base, (list, str, bytes)):
        to_int(key)
    elif not isinstance(base, Mapping):
        return None
    else:
        operators.key_of(base, key)
    return _edge(key)(base)


def _take(values: Any, count: Any) -> list[Any]:
    whole = _list(values, "take from")
    if not isinstance(count, int) or isinstance(count, bool):
        raise FaultError(f"cannot take {kind_name(count)} elements")
    if count < 0:
        raise FaultError("reflect.Value.Slice: slice index out of bounds")
    return whole[:count]


def _from_pairs(pairs: Any) -> AnyMap:
    if not isinstance(pairs, list):
        raise FaultError(f"cannot transform {gofmt.sprint(pairs)} from pairs")
    made = AnyMap()
    for pair in pairs:
        if not isinstance(pair, list):
            raise FaultError(f"invalid pair {gofmt.sprint(pair)}")
        if len(pair) != 2:
            raise FaultError(f"invalid pair length {gofmt.sprint(pair)}")
        made[operators.key_of(made, pair[0])] = pair[1]
    return made


def _uniq(values: Any) -> list[Any]:
    kept: list[Any] = []
    for value in _list(values, "uniq"):
        if not any(operators.equal(value, other) for other in kept):
            kept.append(value)
    return kept


def _concat(*lists: Any) -> list[Any]:
    return [item for one in lists for item in _list(one, "concat")]


def _flatten(values: Any) -> list[Any]:
    flat: list[Any] = []
    for value in _list(values, "flatten"):
        flat += _flatten(value) if isinstance(value, list) else [value]
    return flat


def _sort(values: Any, order: Any = "asc") -> list[Any]:
    if not isinstance(order, str):
        raise FaultError(f"sort order argument must be a string (got {type_name(order)})")
    if order not in ("asc", "desc"):
        raise FaultError(f"invalid order {order}, expected asc or desc")
    if not isinstance(values, list):
        return NilList()
    return sorted(values, key=sort_key, reverse=order == "desc")


TABLE: dict[str, Callable[..., Any]] = {
    "len": _length,
    "type": _type,
    "abs": numbers.absolute,
    "ceil": numbers.rounder("ceil", math.ceil),
    "floor": numbers.rounder("floor", math.floor),
    "round": numbers.rounder("round", numbers.half_away),
    "int": numbers.to_whole,
    "float": numbers.to_floating,
    "string": gofmt.sprint,
    "trim": _text(lambda s, c=None: texts.trim_space(s) if c is None else texts.trim(s, c)),
    "trimPrefix": _text(lambda s, p=" ": s.removeprefix(p)),
    "trimSuffix": _text(lambda s, p=" ": s.removesuffix(p)),
    "upper": _text(texts.upper),
    "lower": _text(texts.lower),
    "split": _text(texts.split),
    "splitAfter": _text(texts.split_after),
    "replace": _text(texts.replace),
    "repeat": _repeat,
    "join": _join,
    "indexOf": _text(texts.index),
    "lastIndexOf": _text(texts.last_index),
    "hasPrefix": _text(str.startswith),
    "hasSuffix": _text(str.endswith),
    "max": numbers.chooser("max", "<"),
    "min": numbers.chooser("min", ">"),
    "mean": numbers.mean,
    "median": numbers.median,
    "toJSON": _to_json,
    "fromJSON": _from_json,
    "toBase64": _text(lambda s: base64.b64encode(s.encode("utf-8", "surrogateescape")).decode()),
    "fromBase64": _from_base64,
    "now": _now,
    "duration": _duration,
    "date": _date,
    "timezone": _zone,
    "first": _edge(0),
    "last": _edge(-1),
    "get": _get,
    "take": _take,
    "keys": lambda m: [key for key, _ in _map(m, "cannot get keys from {}")],
    "values": lambda m: [value for _, value in _map(m, "cannot get values from {}")],
    "toPairs": lambda m: [[k, v] for k, v in _map(m, "cannot transform {} to pairs")],
    "fromPairs": _from_pairs,
    "reverse": lambda values: _list(values, "reverse")[::-1],
    "uniq": _uniq,
    "concat": _concat,
    "flatten": _flatten,
    "sort": _sort,
    **numbers.BITS,
}
