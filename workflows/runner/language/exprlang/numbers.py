"""The language's functions on numbers."""

import math
from collections.abc import Callable
from typing import Any

from workflows.runner.language.exprlang import operators
from workflows.runner.language.exprlang.faults import FaultError
from workflows.runner.language.exprlang.values import (
    Int64,
    is_number,
    to_float,
    type_name,
    wrapped,
)
from workflows.runner.language.go.gomath import from_float, parse_float, parse_int
from workflows.runner.language.go.gotime import Duration


def to_whole(value: Any) -> int:
    """`int(x)`: cuts a float, reads a text.

    Raises:
        FaultError: it is no int.
    """
    if isinstance(value, str):
        whole = parse_int(value)
        if whole is None:
            raise FaultError(f"invalid operation: int({value})")
        return whole
    if isinstance(value, float):
        return from_float(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return int(value)
    if value is None:
        raise FaultError("reflect: call of reflect.Value.Type on zero Value")
    raise FaultError(f"invalid operation: int({type_name(value)})")


def to_floating(value: Any) -> float:
    """`float(x)`: widens an int, reads a text.

    Raises:
        FaultError: it is no float.
    """
    if isinstance(value, str):
        number = parse_float(value)
        if number is None:
            raise FaultError(f"invalid operation: float({value})")
        return number
    return to_float(value)


def absolute(value: Any) -> Any:
    """`abs(x)`."""
    if not is_number(value):
        raise FaultError(f"invalid argument for abs (type {type_name(value)})")
    if isinstance(value, Int64):
        return Int64(wrapped(abs(value)))
    return abs(value) if isinstance(value, float) else wrapped(abs(int(value)))


def rounder(name: str, compute: Callable[[float], float]) -> Callable[[Any], float]:
    """Make `ceil`, `floor` or `round`, which give floats."""

    def rounded(value: Any) -> float:
        if not is_number(value):
            raise FaultError(f"invalid argument for {name} (type {type_name(value)})")
        number = float(value)
        return float(compute(number)) if math.isfinite(number) else number

    return rounded


def half_away(value: float) -> float:
    """Round to the nearest whole number, halves away from zero."""
    cut = float(math.trunc(value))
    return cut + math.copysign(1, value) if abs(value - cut) >= 0.5 else cut


def _numbers(name: str, arguments: tuple[Any, ...]) -> list[Any]:
    found: list[Any] = []
    for argument in arguments:
        if isinstance(argument, list):
            found += _numbers(name, tuple(argument))
        elif is_number(argument):
            found.append(argument)
        else:
            raise FaultError(f"invalid argument for {name} (type {type_name(argument)})")
    return found


def chooser(name: str, sign: str) -> Callable[..., Any]:
    """Make `max` or `min`."""

    def choose(*arguments: Any) -> Any:
        if (
            len(arguments) == 1
            and not isinstance(arguments[0], list)
            and not is_number(arguments[0])
        ):
            return arguments[0]
        best = None
        for number in _numbers(name, arguments):
            if best is None or operators.less(best, number, sign):
                best = number
        return best

    return choose


def mean(*arguments: Any) -> float:
    """The arithmetic mean; of nothing it is 0."""
    numbers = [float(number) for number in _numbers("mean", arguments)]
    return sum(numbers) / len(numbers) if numbers else 0.0


def median(*arguments: Any) -> float:
    """The middle number, or the mean of the two in the middle."""
    numbers = sorted(float(number) for number in _numbers("median", arguments))
    if not numbers:
        return 0.0
    middle = len(numbers) // 2
    if len(numbers) % 2:
        return numbers[middle]
    return (numbers[middle - 1] + numbers[middle]) / 2


def _bits(name: str, compute: Callable[[int, int], int]) -> Callable[[Any, Any], int]:
    def operation(left: Any, right: Any) -> int:
        for value in (left, right):
            if not isinstance(value, int) or isinstance(value, (bool, Duration)):
                raise FaultError(
                    f"cannot use {type_name(value)} as argument (type int) to call {name}"
                )
        if "sh" in name and right < 0:
            raise FaultError(f"invalid operation: negative shift count {right} (type int)")
        return wrapped(compute(int(left), int(right)))

    return operation


BITS: dict[str, Callable[..., int]] = {
    "bitand": _bits("bitand", lambda a, b: a & b),
    "bitor": _bits("bitor", lambda a, b: a | b),
    "bitxor": _bits("bitxor", lambda a, b: a ^ b),
    "bitnand": _bits("bitnand", lambda a, b: a & ~b),
    "bitshl": _bits("bitshl", lambda a, b: 0 if b > 63 else (a << b) % 2**64),
    "bitshr": _bits("bitshr", lambda a, b: a >> min(b, 64)),
    "bitushr": _bits("bitushr", lambda a, b: (a % 2**64) >> min(b, 64)),
    "bitnot": lambda value: _bits("bitnot", lambda a, _: ~a)(value, 0),
}
