"""Numbers read and computed the way Go does it: no exceptions, infinities instead."""

import math
import re

_WHOLE = re.compile(r"[+-]?\d+", re.ASCII)
_FLOAT = re.compile(
    r"[+-]?(?:(?:\d(?:_?\d)*\.?(?:\d(?:_?\d)*)?|\.\d+)(?:[eE][+-]?\d+)?|inf|infinity|nan)",
    re.ASCII | re.IGNORECASE,
)


def parse_int(text: str) -> int | None:
    """Read a decimal int as strconv.Atoi; None when it is none."""
    if not _WHOLE.fullmatch(text):
        return None
    value = int(text)
    return value if -(2**63) <= value < 2**63 else None


def parse_float(text: str) -> float | None:
    """Read a float as strconv.ParseFloat; None when it is none or too large."""
    if text[:1].isspace() or text[-1:].isspace() or "_" in text:
        return None
    hexadecimal = re.fullmatch(r"[+-]?0[xX][0-9a-fA-F.]+[pP][+-]?\d+", text, re.ASCII)
    if hexadecimal:
        return float.fromhex(text)
    if not _FLOAT.fullmatch(text):
        return None
    value = float(text)
    return None if math.isinf(value) and "i" not in text.lower() else value


def from_float(value: float) -> int:
    """Cut a float down to an int; what does not fit becomes the least int."""
    if not math.isfinite(value) or not -(2.0**63) <= value < 2.0**63:
        return -(2**63)
    return int(value)


def divide(top: float, bottom: float) -> float:
    """Divide floats; by zero it gives an infinity, or no number for 0 / 0."""
    if bottom != 0:
        return top / bottom
    if top == 0 or math.isnan(top):
        return math.nan
    return math.copysign(math.inf, top) * math.copysign(1, bottom)


def power(base: float, exponent: float) -> float:
    """Raise to a power; whole powers by squaring, which gives Go's own last digit."""
    if not (math.isfinite(base) and math.isfinite(exponent)) or base == 0:
        return _edge_power(base, exponent)
    if abs(exponent) == 0.5:
        root = math.sqrt(base) if base >= 0 else math.nan
        return root if exponent > 0 else divide(1.0, root)
    fraction, whole = math.modf(abs(exponent))
    if (fraction and base < 0) or whole >= 2.0**63:
        return _edge_power(base, exponent)
    scaled, result = 1.0, 0
    if fraction:
        if fraction > 0.5:
            fraction, whole = fraction - 1, whole + 1
        scaled = math.exp(fraction * math.log(base))
    scaled, result = _squared(base, int(whole), scaled)
    if exponent < 0:
        scaled, result = 1 / scaled, -result
    try:
        return math.ldexp(scaled, result)
    except OverflowError:
        return math.copysign(math.inf, scaled)


def _squared(base: float, count: int, scaled: float) -> tuple[float, int]:
    mantissa, exponent = math.frexp(base)
    total = 0
    while count:
        if not -(1 << 12) <= exponent <= 1 << 12:
            return scaled, total + exponent
        if count & 1:
            scaled *= mantissa
            total += exponent
        mantissa *= mantissa
        exponent <<= 1
        if mantissa < 0.5:
            mantissa += mantissa
            exponent -= 1
        count >>= 1
    return scaled, total


def _edge_power(base: float, exponent: float) -> float:
    odd = math.isfinite(exponent) and exponent % 2 == 1
    try:
        return math.pow(base, exponent)
    except OverflowError:
        return -math.inf if base < 0 and odd else math.inf
    except ValueError:
        if base != 0:
            return math.nan
        return math.copysign(math.inf, base) if odd else math.inf
