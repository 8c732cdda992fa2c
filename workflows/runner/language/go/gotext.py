"""Numbers, strings and JSON written the way Go writes them."""

import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

_SHORT_ESCAPES = {
    "\a": "\\a", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r",
    "\t": "\\t", "\v": "\\v", '"': '\\"', "\\": "\\\\",
}  # fmt: skip
_JSON_ESCAPES = {
    '"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t",
    "\b": "\\b", "\f": "\\f", "<": "\\u003c", ">": "\\u003e", "&": "\\u0026",
    "\u2028": "\\u2028", "\u2029": "\\u2029", "\x7f": "\x7f",
}  # fmt: skip
_NEEDS_JSON_ESCAPE = re.compile('[\x00-\x1f"\\\\<>&\u2028\u2029\ud800-\udfff]')


def digits(value: float) -> tuple[str, int]:
    """Split a finite float into its shortest digits and the exponent of the first."""
    mantissa, _, exponent = f"{abs(value)!r}".partition("e")
    whole, _, fraction = mantissa.partition(".")
    if fraction == "0":
        fraction = ""
    figures = (whole + fraction).lstrip("0")
    leading = len(whole + fraction) - len(figures)
    power = int(exponent or 0) + len(whole) - 1 - leading
    return (figures.rstrip("0") or "0"), (power if figures else 0)


def format_float(value: float, verb: str = "f") -> str:
    """Write a float as strconv.FormatFloat(value, verb, -1, 64): shortest, exact."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    sign = "-" if math.copysign(1, value) < 0 else ""
    figures, power = digits(value)
    if verb == "e" or (verb == "g" and not -4 <= power < 6):
        fraction = f".{figures[1:]}" if len(figures) > 1 else ""
        return f"{sign}{figures[0]}{fraction}e{'-' if power < 0 else '+'}{abs(power):02d}"
    if power < 0:
        return f"{sign}0.{'0' * (-power - 1)}{figures}"
    padded = figures.ljust(power + 1, "0")
    whole, fraction = padded[: power + 1], padded[power + 1 :]
    return f"{sign}{whole}.{fraction}" if fraction else f"{sign}{whole}"


def json_number(value: float) -> str:
    """Write a float as encoding/json does.

    Raises:
        ValueError: it is not finite.
    """
    if not math.isfinite(value):
        raise ValueError(f"json: unsupported value: {format_float(value)}")
    if value != 0 and not 1e-6 <= abs(value) < 1e21:
        text = format_float(value, "e")
        return re.sub(r"e-0(\d)$", r"e-\1", text)
    return format_float(value)


def json_string(text: str) -> str:
    """Write a string as encoding/json does: with <, > and & escaped."""
    return f'"{_NEEDS_JSON_ESCAPE.sub(_json_escape, text)}"'


def _json_escape(match: re.Match[str]) -> str:
    character = match.group()
    if "\ud800" <= character <= "\udfff":
        return "\\ufffd"
    return _JSON_ESCAPES.get(character) or f"\\u{ord(character):04x}"


def format_json(value: Any, indent: str = "") -> str:
    """Write a value as json.Marshal (or MarshalIndent) does: keys sorted.

    Raises:
        ValueError: the value has no JSON form.
    """
    if not indent:
        return _compact(value)
    return _indented(value, indent, "\n")


def _scalar(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(int(value))
    if isinstance(value, float):
        return json_number(value)
    if isinstance(value, str):
        return json_string(value)
    raise ValueError(f"json: unsupported type: {type(value).__name__}")


def _compact(value: Any) -> str:
    if hasattr(value, "to_json"):
        return str(value.to_json())
    if isinstance(value, Mapping):
        pairs = (f"{json_string(k)}:{_compact(v)}" for k, v in _sorted(value))
        return "{" + ",".join(pairs) + "}"
    if isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
        return "[" + ",".join(map(_compact, value)) + "]"
    return _scalar(value)


def _indented(value: Any, indent: str, newline: str) -> str:
    inner = newline + indent
    if hasattr(value, "to_json"):
        return str(value.to_json())
    if isinstance(value, Mapping) and value:
        pairs = (f"{json_string(k)}: {_indented(v, indent, inner)}" for k, v in _sorted(value))
        return "{" + inner + f",{inner}".join(pairs) + newline + "}"
    if isinstance(value, Sequence) and not isinstance(value, (str, bytes)) and value:
        items = (_indented(item, indent, inner) for item in value)
        return "[" + inner + f",{inner}".join(items) + newline + "]"
    return _compact(value)


def _sorted(value: Mapping[Any, Any]) -> list[tuple[str, Any]]:
    pairs = ((str(key), item) for key, item in value.items())
    return sorted(pairs, key=lambda pair: pair[0])


def quote(text: str) -> str:
    """Write a string as strconv.Quote does."""
    return '"' + "".join(map(_quoted, text)) + '"'


def _quoted(character: str) -> str:
    short = _SHORT_ESCAPES.get(character)
    if short is not None:
        return short
    if " " <= character <= "~" or (character > "\x7f" and is_printable(character)):
        return character
    code = ord(character)
    if 0xD800 <= code <= 0xDFFF:
        return "\\ufffd"
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def is_printable(character: str) -> bool:
    """Tell whether strconv.IsPrint holds: like str.isprintable, ASCII blank only."""
    return character == " " or (character.isprintable() and not character.isspace())


def parse_json(text: str) -> Any:
    """Read JSON as encoding/json does into an interface: every number a float.

    Raises:
        ValueError: it is not JSON.
    """
    return _DECODER.decode(text)


def _refuse(name: str) -> float:
    raise ValueError(f"invalid character {name[0]!r} looking for beginning of value")


_DECODER = json.JSONDecoder(parse_int=float, parse_constant=_refuse)
_CHECKER = json.JSONDecoder(parse_constant=_refuse)


def is_json(text: str) -> bool:
    """Tell whether a text is JSON."""
    try:
        _CHECKER.decode(text)
    except (ValueError, RecursionError):
        return False
    return True


def sprintf(verb: str, number: int) -> str:
    """Write a whole number with a Go format such as `%03d`, as withSequence does."""
    from workflows.runner.language.go.gofmt import sprintf as formatted

    return formatted(verb, number)
