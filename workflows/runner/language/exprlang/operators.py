"""What the operators of expressions compute."""

import math
from collections.abc import Callable, Mapping
from typing import Any

from workflows.runner.language.exprlang.faults import FaultError
from workflows.runner.language.exprlang.values import (
    AnyMap,
    expected,
    is_number,
    to_float,
    to_int,
    type_name,
    wrapped,
)
from workflows.runner.language.go import gomath, goregex
from workflows.runner.language.go.gotime import Duration, Moment

_MOST = 1_000_000


def equal(left: Any, right: Any) -> bool:
    """Compare: numbers by value whatever their type, all else by type and content."""
    if is_number(left) and is_number(right):
        if isinstance(left, float) or isinstance(right, float):
            return float(left) == float(right)
        return int(left) == int(right)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(equal, left, right))
    return same(left, right)


def same(left: Any, right: Any) -> bool:
    """Compare as reflect.DeepEqual: 1 and 1.0 differ."""
    if left is None or right is None:
        return left is right
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return (
            type_name(left) == type_name(right)
            and left.keys() == right.keys()
            and all(same(left[key], right[key]) for key in left)
        )
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    return type_name(left) == type_name(right) and bool(left == right)


def less(left: Any, right: Any, operator: str = "<") -> bool:
    """Order two values.

    Raises:
        FaultError: they have no order.
    """
    for kind in (str, Moment, Duration):
        if isinstance(left, kind) and isinstance(right, kind):
            return _ordered(left, right, operator)
    if is_number(left) and is_number(right):
        if isinstance(left, float) or isinstance(right, float):
            return _ordered(float(left), float(right), operator)
        return _ordered(left, right, operator)
    raise _undefined(left, operator, right)


def _ordered(left: Any, right: Any, operator: str) -> bool:
    if isinstance(left, str):
        left, right = left.encode(errors="surrogatepass"), right.encode(errors="surrogatepass")
    if operator == "<":
        return bool(left < right)
    if operator == ">":
        return bool(left > right)
    return bool(left <= right) if operator == "<=" else bool(left >= right)


def _undefined(left: Any, operator: str, right: Any) -> FaultError:
    return FaultError(f"invalid operation: {type_name(left)} {operator} {type_name(right)}")


def add(left: Any, right: Any) -> Any:
    """`+` of numbers, texts, times and durations."""
    if is_number(left) and is_number(right):
        return _arithmetic(left, right, lambda a, b: a + b)
    if isinstance(left, str) and isinstance(right, str):
        return left + right
    if isinstance(left, Duration) and isinstance(right, Duration):
        return Duration(wrapped(int(left) + int(right)))
    if isinstance(left, Moment) and isinstance(right, Duration):
        return left.plus(right)
    if isinstance(left, Duration) and isinstance(right, Moment):
        return right.plus(left)
    raise _undefined(left, "+", right)


def subtract(left: Any, right: Any) -> Any:
    """`-` of numbers, times and durations."""
    if is_number(left) and is_number(right):
        return _arithmetic(left, right, lambda a, b: a - b)
    if isinstance(left, Duration) and isinstance(right, Duration):
        return Duration(wrapped(int(left) - int(right)))
    if isinstance(left, Moment) and isinstance(right, Duration):
        return left.plus(Duration(-int(right)))
    if isinstance(left, Moment) and isinstance(right, Moment):
        return Duration(left.nanoseconds - right.nanoseconds)
    raise _undefined(left, "-", right)


def multiply(left: Any, right: Any) -> Any:
    """`*` of numbers and durations."""
    if is_number(left) and is_number(right):
        return _arithmetic(left, right, lambda a, b: a * b)
    durations = isinstance(left, Duration) + isinstance(right, Duration)
    if durations and (durations == 2 or is_number(left) or is_number(right)):
        if isinstance(left, float) or isinstance(right, float):
            return float(left) * float(right)
        return Duration(wrapped(int(left) * int(right)))
    raise _undefined(left, "*", right)


def divide(left: Any, right: Any) -> float:
    """`/`, which is always a float."""
    if not (is_number(left) and is_number(right)):
        raise _undefined(left, "/", right)
    return gomath.divide(float(left), float(right))


def modulo(left: Any, right: Any) -> int:
    """`%` of whole numbers, with the sign of the left one."""
    if not all(is_number(x) and isinstance(x, int) for x in (left, right)):
        raise _undefined(left, "%", right)
    if right == 0:
        raise FaultError("runtime error: integer divide by zero")
    return int(math.copysign(1, left)) * (abs(int(left)) % abs(int(right)))


def power(left: Any, right: Any) -> float:
    """`**`, which is always a float."""
    return gomath.power(to_float(left), to_float(right))


def _arithmetic(left: Any, right: Any, compute: Callable[[Any, Any], Any]) -> Any:
    if isinstance(left, float) or isinstance(right, float):
        return float(compute(float(left), float(right)))
    return wrapped(int(compute(int(left), int(right))))


def span(left: Any, right: Any) -> list[int]:
    """`a..b`, both ends included."""
    low, high = to_int(left), to_int(right)
    if high - low + 1 >= _MOST:
        raise FaultError("memory budget exceeded")
    return list(range(low, high + 1))


def contained(needle: Any, haystack: Any) -> bool:
    """`in` for arrays (by value) and maps (by key)."""
    if haystack is None:
        return False
    if isinstance(haystack, list):
        return any(equal(item, needle) for item in haystack)
    if isinstance(haystack, Mapping):
        return key_of(haystack, needle) in haystack
    raise FaultError(f'operator "in" not defined on {type_name(haystack)}')


def key_of(table: Mapping[Any, Any], key: Any) -> Any:
    """Check that a value can be a key of a map.

    Raises:
        FaultError: it is of the wrong type.
    """
    if isinstance(table, AnyMap):
        if isinstance(key, (list, Mapping)):
            raise FaultError(f"hash of unhashable type: {type_name(key)}")
        return key
    if key is None:
        return ""
    if not isinstance(key, str):
        raise FaultError(
            f"reflect.Value.MapIndex: value of type {type_name(key)} "
            "is not assignable to type string"
        )
    return key


def matches(left: Any, right: Any) -> bool:
    """`matches`: a Go regular expression, anywhere in the text."""
    if left is None or right is None:
        return False
    try:
        pattern = goregex.compile(expected(right, str))
    except goregex.RegexError as error:
        raise FaultError(str(error)) from error
    if not isinstance(left, str):
        left = expected(left, bytes).decode("utf-8", "replace")
    return pattern.found_in(left)


def _textual(compute: Callable[[str, str], bool]) -> Callable[[Any, Any], bool]:
    def operator(left: Any, right: Any) -> bool:
        if left is None or right is None:
            return False
        return compute(expected(left, str), expected(right, str))

    return operator


BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "==": equal,
    "!=": lambda left, right: not equal(left, right),
    "<": less,
    ">": lambda left, right: less(left, right, ">"),
    "<=": lambda left, right: less(left, right, "<="),
    ">=": lambda left, right: less(left, right, ">="),
    "+": add,
    "-": subtract,
    "*": multiply,
    "/": divide,
    "%": modulo,
    "**": power,
    "^": power,
    "..": span,
    "in": contained,
    "matches": matches,
    "contains": _textual(lambda left, right: right in left),
    "startsWith": _textual(str.startswith),
    "endsWith": _textual(str.endswith),
}


def negate(value: Any) -> Any:
    """`-x`."""
    if isinstance(value, float):
        return -value
    if isinstance(value, int) and not isinstance(value, (bool, Duration)):
        return wrapped(-int(value))
    raise FaultError(f"invalid operation: - {type_name(value)}")
