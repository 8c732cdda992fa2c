"""What encoding/json says about text that is no JSON."""

import re

from workflows.runner.language.go.gotext import quote

_BLANK = re.compile(r"[ \t\r\n]*")
_STRING = re.compile(r'"(?:[^"\\\x00-\x1f]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*')
_LITERALS = {"t": "true", "f": "false", "n": "null"}
# Words and numbers end where a blank would: the library shows one when the text ends.
_CUT_SHORT = (
    "in literal",
    "in numeric",
    "after decimal",
    "in exponent",
    "in string escape",
    "in \\u",
)


class _WrongError(Exception):
    """The text goes wrong at a place."""

    def __init__(self, place: int, where: str) -> None:
        self.place = place
        self.where = where
        super().__init__(where)


def problem(text: str) -> str:
    """Name the first character that cannot stand where it stands; nothing if all can.

    The words are the library's: `invalid character 'x' after array element`.
    """
    try:
        end = _blank(text, _value(text, _blank(text, 0)))
        if end < len(text):
            raise _WrongError(end, "after top-level value")
    except RecursionError:
        return "exceeded max depth"
    except _WrongError as error:
        here = text[error.place : error.place + 1]
        if not here and not error.where.startswith(_CUT_SHORT):
            return "unexpected end of JSON input"
        return f"invalid character {_shown(here or ' ')} {error.where}"
    return ""


def _shown(character: str) -> str:
    # The library looks at bytes: of a longer character it shows the first.
    character = chr(character.encode("utf-8", "surrogatepass")[0])
    if character == "'":
        return r"'\''"
    return "'\"'" if character == '"' else f"'{quote(character)[1:-1]}'"


def _blank(text: str, place: int) -> int:
    match = _BLANK.match(text, place)
    return match.end() if match else place


def _value(text: str, place: int) -> int:
    here = text[place : place + 1]
    if here == '"':
        return _string(text, place)
    if here == "{":
        return _object(text, place)
    if here == "[":
        return _array(text, place)
    if here == "-" or here.isdecimal():
        return _number(text, place)
    if here in _LITERALS and here:
        return _literal(text, place, _LITERALS[here])
    raise _WrongError(place, "looking for beginning of value")


def _literal(text: str, place: int, word: str) -> int:
    for offset, wanted in enumerate(word):
        if text[place + offset : place + offset + 1] != wanted:
            raise _WrongError(place + offset, f"in literal {word} (expecting '{wanted}')")
    return place + len(word)


def _string(text: str, place: int) -> int:
    match = _STRING.match(text, place)
    end = match.end() if match else place
    here = text[end : end + 1]
    if here == '"':
        return end + 1
    if here != "\\":
        raise _WrongError(end, "in string literal")
    if text[end + 1 : end + 2] != "u":
        raise _WrongError(end + 1, "in string escape code")
    digits = re.compile(r"[0-9a-fA-F]*").match(text, end + 2)
    raise _WrongError(digits.end() if digits else end + 2, "in \\u hexadecimal character escape")


def _number(text: str, place: int) -> int:
    place += text[place] == "-"
    place = _digits(text, place, "in numeric literal", zero_ends=True)
    if text[place : place + 1] == ".":
        place = _digits(text, place + 1, "after decimal point in numeric literal")
    if text[place : place + 1] in ("e", "E"):
        place += 1
        place += text[place : place + 1] in ("+", "-")
        place = _digits(text, place, "in exponent of numeric literal")
    return place


def _digits(text: str, place: int, where: str, *, zero_ends: bool = False) -> int:
    match = re.compile(r"\d+", re.ASCII).match(text, place)
    if match is None:
        raise _WrongError(place, where)
    return place + 1 if zero_ends and text[place] == "0" else match.end()


def _array(text: str, place: int) -> int:
    place = _blank(text, place + 1)
    if text[place : place + 1] == "]":
        return place + 1
    while True:
        place = _blank(text, _value(text, place))
        if text[place : place + 1] == "]":
            return place + 1
        if text[place : place + 1] != ",":
            raise _WrongError(place, "after array element")
        place = _blank(text, place + 1)


def _object(text: str, place: int) -> int:
    place = _blank(text, place + 1)
    if text[place : place + 1] == "}":
        return place + 1
    while True:
        if text[place : place + 1] != '"':
            raise _WrongError(place, "looking for beginning of object key string")
        place = _blank(text, _string(text, place))
        if text[place : place + 1] != ":":
            raise _WrongError(place, "after object key")
        place = _blank(text, _value(text, _blank(text, place + 1)))
        if text[place : place + 1] == "}":
            return place + 1
        if text[place : place + 1] != ",":
            raise _WrongError(place, "after object key:value pair")
        place = _blank(text, place + 1)
