"""Sprig's functions on numbers."""

import decimal
import math
import secrets
from collections.abc import Callable
from typing import Any

from workflows.runner.language.exprlang.faults import FaultError
from workflows.runner.language.exprlang.values import Int64
from workflows.runner.language.go.gofmt import sprint
from workflows.runner.language.sprig.casts import floating, limited, whole

_EXACT = decimal.Context(prec=400, Emin=-100000, Emax=100000)
_MOST = 1_000_000


def _long(value: int) -> Int64:
    return Int64(limited(value))


def _int64(v: Any) -> Int64:
    return Int64(whole(v))


def _int(v: Any) -> int:
    return whole(v)


def _float64(v: Any) -> float:
    return floating(v)


def _atoi(a: str) -> int:
    from workflows.runner.language.go.gomath import parse_int

    return parse_int(a) or 0


def _to_decimal(v: Any) -> Int64:
    text = sprint(v)
    sign = -1 if text.startswith("-") else 1
    digits = text.lstrip("+-") if text[1:2] not in ("+", "-") else ""
    if not digits or not digits.isascii() or set(digits) - set("01234567"):
        return Int64(0)
    value = sign * int(digits, 8)
    return Int64(value if -(2**63) <= value < 2**63 else 0)


def _add1(i: Any) -> Int64:
    return _long(whole(i) + 1)


def _add(*i: Any) -> Int64:
    return _long(sum(map(whole, i)))


def _sub(a: Any, b: Any) -> Int64:
    return _long(whole(a) - whole(b))


def _div(a: Any, b: Any) -> Int64:
    top, bottom = whole(a), whole(b)
    if bottom == 0:
        raise FaultError("runtime error: integer divide by zero")
    sign = -1 if (top < 0) != (bottom < 0) else 1
    return _long(sign * (abs(top) // abs(bottom)))


def _mod(a: Any, b: Any) -> Int64:
    return _long(whole(a) - _div(a, b) * whole(b))


def _mul(a: Any, *v: Any) -> Int64:
    result = whole(a)
    for value in v:
        result = limited(result * whole(value))
    return Int64(result)


def _decimals(
    start: Any, others: tuple[Any, ...], compute: Callable[..., decimal.Decimal]
) -> float:
    result = decimal.Decimal(repr(floating(start)))
    try:
        for value in others:
            result = compute(result, decimal.Decimal(repr(floating(value))))
        return float(result) + 0.0
    except (decimal.DecimalException, ValueError) as error:
        raise FaultError("decimal division by 0") from error


def _quotient(left: decimal.Decimal, right: decimal.Decimal) -> decimal.Decimal:
    exact = _EXACT.divide(left, right)
    return exact.quantize(decimal.Decimal("1e-16"), decimal.ROUND_HALF_UP, _EXACT)


def _add1f(i: Any) -> float:
    return _decimals(i, (1,), _EXACT.add)


def _addf(*i: Any) -> float:
    return _decimals(0.0, i, _EXACT.add)


def _subf(a: Any, *v: Any) -> float:
    return _decimals(a, v, _EXACT.subtract)


def _divf(a: Any, *v: Any) -> float:
    return _decimals(a, v, _quotient)


def _mulf(a: Any, *v: Any) -> float:
    return _decimals(a, v, _EXACT.multiply)


def _max(a: Any, *i: Any) -> Int64:
    return Int64(max(map(whole, (a, *i))))


def _min(a: Any, *i: Any) -> Int64:
    return Int64(min(map(whole, (a, *i))))


def _maxf(a: Any, *i: Any) -> float:
    return max(map(floating, (a, *i)))


def _minf(a: Any, *i: Any) -> float:
    return min(map(floating, (a, *i)))


def _ceil(a: Any) -> float:
    value = floating(a)
    return float(math.ceil(value)) if math.isfinite(value) else value


def _floor(a: Any) -> float:
    value = floating(a)
    return float(math.floor(value)) if math.isfinite(value) else value


def _round(a: Any, p: int, *on: float) -> float:
    scale = math.pow(10, p)
    scaled = scale * floating(a)
    if not math.isfinite(scaled):
        return scaled
    up = math.modf(scaled)[0] >= (on[0] if on else 0.5)
    return float(math.ceil(scaled) if up else math.floor(scaled)) / scale


def _steps(start: int, stop: int, step: int) -> list[int]:
    if (stop < start) == (step >= 0) or step == 0:
        return []
    steps = range(start, stop, step)
    if len(steps) > _MOST:
        raise FaultError("memory budget exceeded")
    return list(steps)


def _until(count: int) -> list[Any]:
    return _steps(0, count, -1 if count < 0 else 1)


def _until_step(start: int, stop: int, step: int) -> list[Any]:
    return _steps(start, stop, step)


def _seq(*params: int) -> str:
    if len(params) == 1:
        start, step, end = 1, 0, params[0]
    elif len(params) == 2:
        start, step, end = params[0], 0, params[1]
    elif len(params) == 3:
        start, step, end = params
    else:
        return ""
    direction = -1 if end < start else 1
    if len(params) == 3 and direction < 0 < step:
        return ""
    if len(params) < 3:
        step = direction
    return " ".join(map(str, _steps(start, end + direction, step)))


def _rand_int(min: int, max: int) -> int:
    if max <= min:
        raise FaultError("invalid argument to Intn")
    return min + secrets.randbelow(max - min)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "int64": _int64, "int": _int, "float64": _float64, "atoi": _atoi,
    "toDecimal": _to_decimal, "add1": _add1, "add": _add, "sub": _sub, "div": _div,
    "mod": _mod, "mul": _mul, "add1f": _add1f, "addf": _addf, "subf": _subf,
    "divf": _divf, "mulf": _mulf, "biggest": _max, "max": _max, "min": _min,
    "maxf": _maxf, "minf": _minf, "ceil": _ceil, "floor": _floor, "round": _round,
    "until": _until, "untilStep": _until_step, "seq": _seq, "randInt": _rand_int,
}  # fmt: skip
