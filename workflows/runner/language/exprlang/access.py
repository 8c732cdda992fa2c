"""Members, indexes and slices of values."""

from collections.abc import Mapping
from typing import Any

from workflows.runner.language.exprlang.faults import FaultError
from workflows.runner.language.exprlang.operators import key_of
from workflows.runner.language.exprlang.values import Byte, Function, to_int, type_name
from workflows.runner.language.go import gofmt, timemethods
from workflows.runner.language.go.gotime import Duration, Moment, Zone


def fetch(base: Any, key: Any) -> Any:
    """Give `base[key]` or `base.key`; an unknown key of a map is nil.

    Raises:
        FaultError: there is no such index, or nothing to look into.
    """
    if isinstance(base, Mapping):
        return base.get(key_of(base, key))
    if isinstance(base, (list, str, bytes)):
        return _element(base, key)
    if isinstance(base, (Moment, Duration, Zone)) and isinstance(key, str):
        method = timemethods.METHODS[type(base)].get(key)
        if method is not None:
            return Function(key, method(base))
    shown = key if isinstance(key, str) else gofmt.sprint(key)
    raise FaultError(f"cannot fetch {shown} from {type_name(base)}")


def _element(base: Any, key: Any) -> Any:
    data = _indexed(base)
    position = to_int(key)
    length = len(data)
    if position < 0:
        position += length
    if not 0 <= position < length:
        raise FaultError(f"index out of range: {position} (array length is {length})")
    value = data[position]
    return value if isinstance(base, list) else Byte(value)


def sliced(base: Any, low: Any, high: Any) -> Any:
    """Give `base[low:high]`; bounds outside are moved in, texts are cut by bytes.

    Raises:
        FaultError: it cannot be cut.
    """
    if not isinstance(base, (list, str, bytes)):
        if high is None:
            raise FaultError(f"invalid argument for len (type {type_name(base)})")
        raise FaultError(f"cannot slice {gofmt.sprint(0 if low is None else low)}")
    length = len(_indexed(base))
    start = 0 if low is None else to_int(low)
    end = length if high is None else to_int(high)
    start = max(start + length if start < 0 else start, 0)
    end = min(max(end + length if end < 0 else end, 0), length)
    if isinstance(base, str):
        return _bytes(base)[min(start, end) : end].decode("utf-8", "surrogateescape")
    return base[min(start, end) : end]


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _indexed(base: str | bytes | list[Any]) -> bytes | list[Any]:
    return _bytes(base) if isinstance(base, str) else base
