"""Backslash escapes inside quoted text of an expression."""

import re

from workflows.runner.language.exprlang.faults import FaultError

_SIMPLE = {
    "a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t",
    "v": "\v", "\\": "\\", "'": "'", '"': '"', "`": "`", "?": "?",
}  # fmt: skip
_ESCAPE = re.compile(
    r"\\(?:x([0-9a-fA-F]{2})|([0-3][0-7]{2})|u\{([0-9a-fA-F]{1,6})\}"
    r"|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))",
    re.DOTALL,
)


def unescaped(body: str, *, as_bytes: bool) -> str:
    """Resolve the escapes of a text; of bytes, as one character for each byte.

    Raises:
        FaultError: an escape is malformed.
    """
    if as_bytes:
        body = body.encode("utf-8", "surrogatepass").decode("latin-1")
    if "\\" not in body:
        return body
    pieces: list[str] = []
    position = 0
    raw = False
    while (start := body.find("\\", position)) >= 0:
        match = _ESCAPE.match(body, start)
        if match is None:
            raise FaultError("unable to unescape string")
        raw = raw or bool(match[1] or match[2])
        pieces += [body[position:start], _resolved(match)]
        position = match.end()
    pieces.append(body[position:])
    joined = "".join(pieces)
    if not raw:
        return joined
    data = joined.encode("latin-1" if as_bytes else "utf-8", "surrogateescape")
    return data.decode("latin-1" if as_bytes else "utf-8", "replace")


# A byte written as \xNN is kept apart (as a lone surrogate) until the text is whole,
# because several of them may make one character.
def _resolved(match: re.Match[str]) -> str:
    hexadecimal, octal, braced, short, long, simple = match.groups()
    if hexadecimal:
        return _byte(int(hexadecimal, 16))
    if octal:
        return _byte(int(octal, 8))
    if simple is not None:
        if simple not in _SIMPLE:
            raise FaultError("invalid char escape")
        return _SIMPLE[simple]
    code = int(braced or short or long, 16)
    if code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:
        raise FaultError("unable to unescape string")
    return chr(code)


def _byte(value: int) -> str:
    return chr(value) if value < 0x80 else chr(0xDC00 + value)
