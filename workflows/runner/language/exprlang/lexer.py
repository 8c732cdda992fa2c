"""Splits the text of an expression into tokens."""

import re
from typing import NamedTuple

from workflows.runner.language.errors import ExpressionError
from workflows.runner.language.exprlang import escapes
from workflows.runner.language.exprlang.faults import FaultError, placed
from workflows.runner.language.go.gotext import quote

IDENTIFIER, NUMBER, STRING, BYTES, OPERATOR, BRACKET, END = (
    "Identifier", "Number", "String", "Bytes", "Operator", "Bracket", "EOF",
)  # fmt: skip
_WORDS = frozenset(
    ["in", "or", "and", "matches", "contains", "startsWith", "endsWith", "let", "if", "else"]
)
_NEGATED = frozenset(["in", "matches", "contains", "startsWith", "endsWith"])
_NUMBER = re.compile(r"0[xX][0-9a-fA-F_]*|0[oO][0-7_]*|0[bB][01_]*|[0-9_]*", re.ASCII)
_FRACTION = re.compile(r"\.(?!\.)[0-9_]*", re.ASCII)
_EXPONENT = re.compile(r"[eE][+-]?[0-9_]*", re.ASCII)


class Token(NamedTuple):
    """A piece of the text, and where it starts."""

    kind: str
    value: str
    at: int

    def __str__(self) -> str:
        return f"{self.kind}({quote(self.value)})" if self.value else self.kind


def tokens(source: str) -> tuple[list[Token], ExpressionError | None]:
    """Split an expression up to what is wrong in it, and say what that is.

    The error is for the parser to raise when it gets there: something before it may be
    wrong too, and comes first.
    """
    lexer = _Lexer(source)
    try:
        return lexer.run(), None
    except ExpressionError as error:
        return [*lexer.found, Token(END, "", lexer.position)], error


def _is_letter(character: str) -> bool:
    return character in "_$" or character.isalpha()


def _is_word(character: str) -> bool:
    return bool(character) and (_is_letter(character) or character.isdecimal())


class _Lexer:
    """Walks over the text once."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.position = 0
        self.found: list[Token] = []

    def run(self) -> list[Token]:
        while self.position < len(self.source):
            self._step()
        self.found.append(Token(END, "", max(len(self.source) - 1, 0)))
        return self.found

    def _step(self) -> None:
        here = self.source[self.position]
        after = self.source[self.position + 1 : self.position + 2]
        if here.isspace():
            self.position += 1
        elif here in "'\"":
            self._string(STRING, self.position)
        elif here == "`":
            self._raw_string()
        elif here in "bB" and after in ("'", '"'):
            self._string(BYTES, self.position + 1)
        elif "0" <= here <= "9" or (here == "." and "0" <= after <= "9"):
            self._number()
        elif here == "/" and after in ("/", "*"):
            self._comment(after)
        elif here == "#":
            self._pointer()
        elif here in "([{)]}":
            self._emit(BRACKET, 1)
        elif _is_word(here):
            self._word()
        else:
            self._operator(here, after)

    def _operator(self, here: str, after: str) -> None:
        following = {"?": ".?", "|": "|", ":": ":", ".": "."} | dict.fromkeys("&!=*<>", "&=*")
        if here in following:
            self._emit(OPERATOR, 2 if after and after in following[here] else 1)
        elif here in "/,;%+-^":
            self._emit(OPERATOR, 1)
        else:
            shown = f"U+{ord(here):04X}" + (f" '{here}'" if here.isprintable() else "")
            raise self._error(f"unrecognized character: {shown}", self.position)

    def _emit(self, kind: str, length: int) -> None:
        text = self.source[self.position : self.position + length]
        self.found.append(Token(kind, text, self.position))
        self.position += length

    def _word_length(self, start: int) -> int:
        end = start
        while _is_word(self.source[end : end + 1]):
            end += 1
        return end - start

    def _word(self) -> None:
        length = self._word_length(self.position)
        word = self.source[self.position : self.position + length]
        self._emit(OPERATOR if word in _WORDS or word == "not" else IDENTIFIER, length)
        if word != "not":
            return
        while self.source[self.position : self.position + 1] == " ":
            self.position += 1
        length = self._word_length(self.position)
        if self.source[self.position : self.position + length] in _NEGATED:
            self._emit(OPERATOR, length)

    def _pointer(self) -> None:
        self._emit(OPERATOR, 1)
        if self.source[self.position : self.position + 1] == "#":
            self._emit(OPERATOR, 1)
        length = self._word_length(self.position)
        if length:
            self._emit(IDENTIFIER, length)

    def _number(self) -> None:
        start = end = self.position
        for pattern in (_NUMBER, _FRACTION, _EXPONENT):
            match = pattern.match(self.source, end)
            end = match.end() if match else end
        if _is_word(self.source[end : end + 1]):
            text = self.source[start : end + 1]
            raise self._error(f"bad number syntax: {quote(text)}", end)
        self._emit(NUMBER, end - start)

    def _string(self, kind: str, start: int) -> None:
        end = self._closing(start)
        body = self.source[start + 1 : end].replace("\r\n", "\n").replace("\r", "\n")
        try:
            value = escapes.unescaped(body, as_bytes=kind is BYTES)
        except FaultError as error:
            raise self._error(str(error), end) from error
        self.found.append(Token(kind, value, self.position))
        self.position = end + 1

    def _closing(self, start: int) -> int:
        quote, end = self.source[start], start + 1
        while end < len(self.source) and self.source[end] not in (quote, "\n"):
            end += 2 if self.source[end] == "\\" else 1
        if end >= len(self.source) or self.source[end] == "\n":
            end = min(end, len(self.source))
            raise self._error("literal not terminated", end)
        return end

    def _raw_string(self) -> None:
        match = re.compile(r"`((?:[^`]|``)*)`(?!`)").match(self.source, self.position)
        if match is None:
            raise self._error("literal not terminated", len(self.source))
        self.found.append(Token(STRING, match[1].replace("``", "`"), self.position))
        self.position = match.end()

    def _comment(self, style: str) -> None:
        if style == "/":
            end = self.source.find("\n", self.position)
            self.position = len(self.source) if end < 0 else end + 1
            return
        end = self.source.find("*/", self.position + 2)
        if end < 0:
            raise self._error("unclosed comment", len(self.source))
        self.position = end + 2

    def _error(self, message: str, at: int) -> ExpressionError:
        return placed(message, self.source, at)
