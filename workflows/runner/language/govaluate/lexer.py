"""Splits a `when` into tokens."""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from workflows.runner.language.errors import ConditionError
from workflows.runner.language.go.gomath import parse_float
from workflows.runner.language.govaluate.tokens import (
    COMPARATORS,
    GRAMMAR,
    LOGICAL,
    MODIFIERS,
    PREFIXES,
    TERNARY,
    Token,
    check_balance,
)

if TYPE_CHECKING:
    from workflows.runner.language.go.gotime import Moment

_HEXADECIMAL = re.compile("[0-9a-fA-F]+")


def tokens(text: str) -> list[Token]:
    """Split a condition.

    Raises:
        ConditionError: something in it has no meaning, or is not closed.
    """
    lexer = _Lexer(text)
    found: list[Token] = []
    previous = "UNKNOWN"
    while (token := lexer.next(previous)) is not None:
        found.append(token)
        previous = token.kind
    check_balance(found)
    return found


def _is_space(character: str) -> bool:
    return character.isspace() and character not in "\x1c\x1d\x1e\x1f"


def _numeric(character: str) -> bool:
    return character.isdecimal() or character == "."


def _hexadecimal(character: str) -> bool:
    return character.isdecimal() or character.lower() in "abcdef"


def _variable(character: str) -> bool:
    return character.isalpha() or character.isdecimal() or character in "_."


def _symbol(character: str) -> bool:
    return not (character.isalpha() or character.isdecimal() or character in "()[]'\"")


def _moment(text: str) -> "Moment | None":
    if not any(character.isdigit() for character in text):
        return None
    from workflows.runner.language.govaluate.times import moment

    return moment(text)


class _Lexer:
    """A stream of characters that can go back."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0

    def next(self, previous: str) -> Token | None:
        """Give the next token; None at the end."""
        while self.position < len(self.text) and _is_space(self.text[self.position]):
            self.position += 1
        if self.position >= len(self.text):
            return None
        here = self.text[self.position]
        if _numeric(here):
            return Token("NUMERIC", self._number())
        if here == ",":
            return self._single("SEPARATOR")
        if here in "()":
            return self._single("CLAUSE" if here == "(" else "CLAUSE_CLOSE")
        if here == "[":
            return Token("VARIABLE", self._enclosed("]", "Unclosed parameter bracket"))
        if here.isalpha():
            return self._word()
        if here in "'\"":
            text = self._enclosed("'\"", "Unclosed string literal")
            moment = _moment(text)
            return Token("STRING", text) if moment is None else Token("TIME", moment)
        return self._operator(previous)

    def _single(self, kind: str) -> Token:
        self.position += 1
        return Token(kind, self.text[self.position - 1])

    def _take(self) -> str:
        if self.position >= len(self.text):
            size = len(self.text)
            raise ConditionError(f"runtime error: index out of range [{size}] with length {size}")
        self.position += 1
        return self.text[self.position - 1]

    def _read(self, fits: Callable[[str], bool]) -> str:
        """Read while characters fit, or until a blank; a backslash keeps any character."""
        out: list[str] = []
        while self.position < len(self.text):
            here = self._take()
            if here == "\\":
                out.append(self._take())
            elif _is_space(here):
                if out:
                    break
            elif fits(here):
                out.append(here)
            else:
                self.position -= 1
                break
        return "".join(out)

    def _enclosed(self, closing: str, unclosed: str) -> str:
        self.position += 1
        out: list[str] = []
        while self.position < len(self.text):
            here = self._take()
            if here == "\\":
                out.append(self._take())
            elif here in closing:
                return "".join(out)
            else:
                out.append(here)
        raise ConditionError(unclosed)

    def _number(self) -> float:
        if self.text.startswith("0x", self.position):
            self.position += 2
            digits = self._read(_hexadecimal)
            if not _HEXADECIMAL.fullmatch(digits) or int(digits, 16) >= 2**64:
                raise ConditionError(f"Unable to parse hex value '{digits}' to uint64\n")
            return float(int(digits, 16))
        text = self._read(_numeric)
        value = parse_float(text)
        if value is None:
            raise ConditionError(f"Unable to parse numeric value '{text}' to float64\n")
        return value

    def _word(self) -> Token:
        text = self._read(_variable)
        if text in ("in", "IN"):
            return Token("COMPARATOR", "in")
        if text.find(".") > 0:
            return self._accessor(text)
        if text in ("true", "false"):
            return Token("BOOLEAN", text == "true")
        return Token("VARIABLE", text)

    def _accessor(self, text: str) -> Token:
        if text[-1] == ".":
            raise ConditionError(f"Hanging accessor on token '{text}'")
        parts = text.split(".")
        for part in parts[1:]:
            if part[:1].upper() != part[:1]:
                raise ConditionError(
                    f"Unable to access unexported field '{part}' in token '{text}'"
                )
        return Token("ACCESSOR", parts)

    def _operator(self, previous: str) -> Token:
        text = self._read(_symbol)
        if "PREFIX" in GRAMMAR[previous][1] and text in PREFIXES:
            return Token("PREFIX", text)
        for kind, symbols in (
            ("MODIFIER", MODIFIERS),
            ("LOGICALOP", LOGICAL),
            ("COMPARATOR", COMPARATORS),
            ("TERNARY", TERNARY),
        ):
            if text in symbols:
                return Token(kind, text)
        raise ConditionError(f"Invalid token: '{text}'")
