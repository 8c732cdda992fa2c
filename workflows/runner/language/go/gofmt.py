"""Go's fmt: how it prints values, and its format verbs."""

import math
import re
from collections.abc import Mapping
from typing import Any

from workflows.runner.language.go import gotext

_VERB = re.compile(
    r"%(?P<flags>[-+# 0]*)(?:\[(?P<i1>\d+)\])?(?P<width>\*|\d+)?"
    r"(?:\.(?:\[(?P<i2>\d+)\])?(?P<precision>\*|\d*))?(?:\[(?P<index>\d+)\])?(?P<verb>.?)",
    re.DOTALL | re.ASCII,
)
_INTEGER = {"d": "d", "x": "x", "X": "X", "o": "o", "b": "b", "O": "o"}
_PREFIX = {"x": "0x", "X": "0X", "o": "0", "b": "0b"}


def sprint(value: Any) -> str:
    """Print a value as %v does."""
    if value is None:
        return "<nil>"
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return gotext.format_float(value, "g")
    if isinstance(value, bytes):
        return "[" + " ".join(map(str, value)) + "]"
    if isinstance(value, list):
        return "[" + " ".join(map(sprint, value)) + "]"
    if isinstance(value, Mapping):
        pairs = sorted(value.items(), key=lambda pair: _order(pair[0]))
        return "map[" + " ".join(f"{sprint(k)}:{sprint(v)}" for k, v in pairs) + "]"
    return str(value)


def _order(key: Any) -> tuple[int, Any]:
    if isinstance(key, bool):
        return 1, key
    return (0, key) if isinstance(key, (int, float)) else (2, str(key))


def sprintf(text: str, *arguments: Any) -> str:
    """Format values; what does not fit is shown as Go shows it, never an error."""
    return _Format(text, arguments).run()


class _Format:
    """One format string and what goes into it."""

    def __init__(self, text: str, arguments: tuple[Any, ...]) -> None:
        self.text = text
        self.arguments = arguments
        self.position = 0
        self.reordered = False

    def run(self) -> str:
        out = _VERB.sub(self._verb, self.text)
        if not self.reordered and self.position < len(self.arguments):
            extra = self.arguments[self.position :]
            shown = ", ".join(
                f"{_type(v)}={sprint(v)}" if v is not None else "<nil>" for v in extra
            )
            out += f"%!(EXTRA {shown})"
        return out

    def _next(self) -> tuple[bool, Any]:
        if self.position >= len(self.arguments):
            return False, None
        self.position += 1
        return True, self.arguments[self.position - 1]

    def _verb(self, match: re.Match[str]) -> str:
        verb = match["verb"]
        if not verb:
            return "%!(NOVERB)"
        if verb == "%":
            return "%"
        for index in (match["i1"], match["i2"], match["index"]):
            if index is not None:
                self.reordered = True
                self.position = int(index) - 1
                if not 0 <= self.position < len(self.arguments):
                    return f"%!{verb}(BADINDEX)"
        flags = match["flags"]
        width, flags = self._star(match["width"], flags)
        precision, _ = self._star(match["precision"], "")
        if match["precision"] == "":
            precision = 0
        present, value = self._next()
        if not present:
            return f"%!{verb}(MISSING)"
        if "-" in flags:
            flags = flags.replace("0", "")
        body = _converted(verb, flags, width or 0, precision, value)
        if body is None:
            inner = f"{_type(value)}={sprint(value)}" if value is not None else "<nil>"
            return f"%!{verb}({inner})"
        return body.ljust(width or 0) if "-" in flags else body.rjust(width or 0)

    def _star(self, text: str | None, flags: str) -> tuple[int | None, str]:
        if text != "*":
            return (int(text) if text else None), flags
        _, value = self._next()
        if not isinstance(value, int):
            return None, flags
        return (abs(value), flags + "-") if value < 0 else (value, flags)


def _type(value: Any) -> str:
    from workflows.runner.language.exprlang.values import type_name

    return type_name(value)


def _converted(verb: str, flags: str, width: int, precision: int | None, value: Any) -> str | None:
    """Write one value; None when the verb is not for it."""
    if verb == "T":
        return _type(value)
    if verb == "v":
        return _plain(flags, width, precision, value)
    if isinstance(value, bool):
        return sprint(value) if verb == "t" else None
    if isinstance(value, int):
        return _integer(verb, flags, width, precision, value)
    if isinstance(value, float):
        return _floating(verb, flags, width, precision, value)
    if isinstance(value, (str, bytes)):
        return _text(verb, flags, width, precision, value)
    if isinstance(value, list):
        parts = [_element(verb, flags, width, precision, item) for item in value]
        return "[" + " ".join(parts) + "]"
    if value is not None and verb == "s" and not isinstance(value, Mapping):
        return str(value)
    return None


def _element(verb: str, flags: str, width: int, precision: int | None, item: Any) -> str:
    body = _converted(verb, flags, width, precision, item)
    if body is not None:
        return body
    return f"%!{verb}({_type(item)}={sprint(item)})" if item is not None else f"%!{verb}(<nil>)"


def _plain(flags: str, width: int, precision: int | None, value: Any) -> str:
    if "#" in flags and isinstance(value, str):
        return gotext.quote(value)
    if (
        isinstance(value, int)
        and not isinstance(value, bool)
        and type(value).__str__ is int.__str__
    ):
        return _integer("d", flags, width, precision, value) or ""
    if isinstance(value, float):
        return _floating("g", flags, width, precision, value) or ""
    if isinstance(value, str) and precision is not None:
        return value[:precision]
    return sprint(value)


def _signed(text: str, flags: str, *, negative: bool, width: int) -> str:
    sign = "-" if negative else "+" if "+" in flags else " " if " " in flags else ""
    if "0" in flags:
        text = text.rjust(width - len(sign), "0")
    return sign + text


def _integer(verb: str, flags: str, width: int, precision: int | None, value: int) -> str | None:
    if verb in ("c", "q", "U"):
        return _rune(verb, flags, value)
    if verb == "s" and type(value).__str__ is not int.__str__:
        return str(value)
    if verb in "eEfFgG" or verb not in _INTEGER:
        return None
    digits = format(abs(int(value)), _INTEGER[verb])
    if precision is not None:
        digits = "" if precision == 0 and value == 0 else digits.rjust(precision, "0")
        flags = flags.replace("0", "")
    prefix = "0o" if verb == "O" else _PREFIX.get(verb, "") if "#" in flags else ""
    if prefix and "0" in flags:
        digits = digits.rjust(width - len(prefix) - (value < 0 or "+" in flags), "0")
        flags = flags.replace("0", "")
    return _signed(prefix + digits, flags, negative=value < 0, width=width)


def _rune(verb: str, flags: str, value: int) -> str:
    if verb == "U":
        return f"U+{value % 2**64:04X}" + (f" '{chr(value)}'" if "#" in flags else "")
    character = chr(value) if 0 <= value <= 0x10FFFF and not 0xD800 <= value < 0xE000 else "\ufffd"
    if verb == "c":
        return character
    inner = (
        "\\'" if character == "'" else '"' if character == '"' else gotext.quote(character)[1:-1]
    )
    return f"'{inner}'"


def _floating(verb: str, flags: str, width: int, precision: int | None, value: float) -> str | None:
    if verb not in "eEfFgG":
        return None
    if not math.isfinite(value):
        text = gotext.format_float(abs(value)).lstrip("+")
        flags = flags.replace("0", "")
    elif verb in "gG" and precision is None:
        text = gotext.format_float(abs(value), "g")
    elif verb in "gG":
        text = _general(abs(value), precision or 0)
    else:
        text = format(abs(value), f".{6 if precision is None else precision}{verb.lower()}")
    text = text.upper() if verb in "EG" else text
    return _signed(text, flags, negative=str(value).startswith("-"), width=width)


def _general(value: float, precision: int) -> str:
    return format(value, f".{precision or 1}g")


def _text(
    verb: str, flags: str, width: int, precision: int | None, value: str | bytes
) -> str | None:
    text = value if isinstance(value, str) else value.decode("utf-8", "replace")
    if precision is not None and verb in "sq":
        text = text[:precision]
    if verb == "s":
        return text.rjust(width, "0") if "0" in flags else text
    if verb == "q":
        raw = "#" in flags and "`" not in text and text.isprintable()
        return f"`{text}`" if raw else gotext.quote(text)
    if verb in "xX":
        data = text.encode("utf-8", "surrogateescape")
        shown = data.hex(" ") if " " in flags else data.hex()
        if precision is not None:
            shown = shown[: precision * 2]
        return shown.upper() if verb == "X" else shown
    return None
