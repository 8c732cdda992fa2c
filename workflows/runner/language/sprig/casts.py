"""Conversions that sprig's functions begin with; what does not convert becomes zero."""

import re
from typing import Any

from workflows.runner.language.exprlang.faults import FaultError
from workflows.runner.language.exprlang.values import kind_name, wrapped
from workflows.runner.language.go import gofmt
from workflows.runner.language.go.gomath import from_float, parse_float

_WHOLE = re.compile(
    r"([+-]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|(0|[1-9]\d*))", re.ASCII
)
_BASES = (16, 2, 8, 10)


def whole(value: Any) -> int:
    """Make an int64 of a number, a text (0x and leading zeros count) or a truth value."""
    if isinstance(value, str):
        match = _WHOLE.fullmatch(re.sub(r"\.0+$", "", value))
        if match is None:
            return 0
        digits = next((d, b) for d, b in zip(match.groups()[1:], _BASES, strict=True) if d)
        number = int(*digits) * (-1 if match[1] == "-" else 1)
        return number if -(2**63) <= number < 2**63 else 0
    if isinstance(value, float):
        return from_float(value)
    return int(value) if isinstance(value, int) else 0


def floating(value: Any) -> float:
    """Make a float64 of a number, a text or a truth value."""
    if isinstance(value, str):
        return parse_float(value) or 0.0
    return float(value) if isinstance(value, (int, float)) else 0.0


def limited(value: int) -> int:
    """Let an int64 overflow as Go does."""
    return wrapped(value)


def text(value: Any) -> str:
    """Make a text of any value."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "surrogateescape")
    return gofmt.sprint(value)


def texts(value: Any) -> list[str]:
    """Make a list of texts of a list (without nil) or of one value."""
    if value is None:
        return []
    if isinstance(value, list):
        return [text(item) for item in value if item is not None]
    return [text(value)]


def is_empty(value: Any) -> bool:
    """Tell whether a value is nil, zero, false or has no elements."""
    if value is None or isinstance(value, (bool, int, float, str, bytes, list, dict)):
        return not value
    return False


def items(value: Any, refusal: str) -> list[Any]:
    """Take a list.

    Raises:
        FaultError: it is none.
    """
    if isinstance(value, bytes):
        return list(value)
    if not isinstance(value, list):
        if value is None:
            raise FaultError("runtime error: invalid memory address or nil pointer dereference")
        raise FaultError(f"{refusal} {kind_name(value)}")
    return value
