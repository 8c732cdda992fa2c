"""What the operators of a `when` compute, and on which types."""

import math
from collections.abc import Callable
from typing import Any

from workflows.runner.language.errors import ConditionError
from workflows.runner.language.go import goregex
from workflows.runner.language.go.gofmt import sprint
from workflows.runner.language.go.gomath import divide, from_float, power

FORMATS = {
    "logical": "Value '{}' cannot be used with the logical operator '{}', it is not a bool",
    "modifier": "Value '{}' cannot be used with the modifier '{}', it is not a number",
    "comparator": "Value '{}' cannot be used with the comparator '{}', it is not a number",
    "ternary": "Value '{}' cannot be used with the ternary operator '{}', it is not a bool",
    "prefix": "Value '{}' cannot be used with the prefix '{}'",
}

Check = Callable[[Any], bool]


def _is_float(value: Any) -> bool:
    return isinstance(value, float)


def _is_bool(value: Any) -> bool:
    return isinstance(value, bool)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


def _is_pattern(value: Any) -> bool:
    return isinstance(value, (str, goregex.Pattern))


_NUMBERS: tuple[Check, Check] = (_is_float, _is_float)
_CHECKS: dict[str, tuple[Check | None, Check | None]] = {
    **dict.fromkeys(("-", "*", "/", "%", "**", "&", "|", "^", "<<", ">>"), _NUMBERS),
    "&&": (_is_bool, _is_bool),
    "||": (_is_bool, _is_bool),
    "=~": (_is_text, _is_pattern),
    "!~": (_is_text, _is_pattern),
    "in": (None, _is_list),
    "?": (_is_bool, None),
    "prefix -": (None, _is_float),
    "prefix ~": (None, _is_float),
    "prefix !": (None, _is_bool),
}
_ORDERED = (">", "<", ">=", "<=")


def check(symbol: str, left: Any, right: Any, message: str) -> None:
    """Refuse values that an operator is not for.

    Raises:
        ConditionError: it names the value and the operator.
    """
    shown = symbol.removeprefix("prefix ")
    if symbol in _ORDERED or symbol == "+":
        texts = _is_text(left), _is_text(right)
        fits = all(texts) or (symbol == "+" and any(texts))
        if not fits and not (_is_float(left) and _is_float(right)):
            raise ConditionError(message.format(sprint(left), shown))
        return
    for value, fits_one in zip((left, right), _CHECKS.get(symbol, ()), strict=False):
        if fits_one is not None and not fits_one(value):
            raise ConditionError(message.format(sprint(value), shown))


def same(left: Any, right: Any) -> bool:
    """Compare by type and content: true is not 'true'."""
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    return type(left) is type(right) and bool(left == right)


def _add(left: Any, right: Any) -> Any:
    if _is_text(left) or _is_text(right):
        return sprint(left) + sprint(right)
    return left + right


def _modulus(left: float, right: float) -> float:
    try:
        return math.fmod(left, right)
    except ValueError:
        return math.nan


def _matches(left: str, right: Any) -> bool:
    pattern = right if isinstance(right, goregex.Pattern) else goregex.compile(right)
    return bool(pattern.found_in(left))


def _contained(left: Any, right: list[Any]) -> bool:
    if isinstance(left, list) and any(isinstance(item, list) for item in right):
        raise ConditionError("runtime error: comparing uncomparable type []interface {}")
    return any(same(left, item) for item in right)


def _separate(left: Any, right: Any) -> list[Any]:
    return [*left, right] if isinstance(left, list) else [left, right]


def _whole(compute: Callable[[int, int], int]) -> Callable[[float, float], float]:
    return lambda left, right: float(compute(from_float(left), from_float(right)))


def _unsigned(value: float) -> int:
    return int(value) % 2**64 if math.isfinite(value) and abs(value) < 2.0**64 else 2**63


def _shift_left(left: float, right: float) -> float:
    count = _unsigned(right)
    return float((_unsigned(left) << count) % 2**64) if count < 64 else 0.0


def _shift_right(left: float, right: float) -> float:
    return float(_unsigned(left) >> min(_unsigned(right), 64))


def _text_order(value: Any) -> Any:
    return value.encode("utf-8", "surrogatepass") if isinstance(value, str) else value


OPERATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "==": same,
    "!=": lambda left, right: not same(left, right),
    ">": lambda left, right: _text_order(left) > _text_order(right),
    ">=": lambda left, right: _text_order(left) >= _text_order(right),
    "<": lambda left, right: _text_order(left) < _text_order(right),
    "<=": lambda left, right: _text_order(left) <= _text_order(right),
    "=~": _matches,
    "!~": lambda left, right: not _matches(left, right),
    "in": _contained,
    "&&": lambda left, right: left and right,
    "||": lambda left, right: left or right,
    "+": _add,
    "-": lambda left, right: left - right,
    "*": lambda left, right: left * right,
    "/": divide,
    "%": _modulus,
    "**": power,
    "&": _whole(lambda a, b: a & b),
    "|": _whole(lambda a, b: a | b),
    "^": _whole(lambda a, b: a ^ b),
    "<<": _shift_left,
    ">>": _shift_right,
    "?": lambda left, right: right if left else None,
    ":": lambda left, right: right if left is None else left,
    "??": lambda left, right: right if left is None else left,
    ",": _separate,
    "clause": lambda _left, right: right,
    "prefix -": lambda _left, right: -right,
    "prefix !": lambda _left, right: not right,
    "prefix ~": lambda _left, right: float(~from_float(right)),
}
