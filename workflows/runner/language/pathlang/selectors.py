"""Conditions in the syntax of Kubernetes label selectors."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from workflows.runner.language.errors import PathError

_TOKEN = re.compile(r"[ \t\r\n]*(==|!=|[=!(),<>]|[^=!(),<> \t\r\n]+|\Z)")
_KEY = re.compile(r"(?:(?P<prefix>[^/]*)/)?(?P<name>[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?)")
_PREFIX = re.compile(r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*")
_VALUE = re.compile(r"(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?)?")
_WHOLE = re.compile(r"[+-]?\d+", re.ASCII)
_OPERATORS = ("=", "==", "!=", "in", "notin", ">", "<")
_SYMBOLS = frozenset("=!(),<>") | {"==", "!="}


@dataclass(frozen=True)
class Condition:
    """One condition: what it is about, how it compares, and with which values."""

    key: str
    operator: str
    values: tuple[str, ...]

    def __str__(self) -> str:
        if self.operator == "exists":
            return self.key
        if self.operator == "!":
            return f"!{self.key}"
        if self.operator in ("in", "notin"):
            return f"{self.key} {self.operator} ({','.join(self.values)})"
        return f"{self.key}{self.operator}{self.values[0]}"

    def holds(self, found: str | None) -> bool:
        """Decide for the text that was found under the key, if any."""
        if self.operator == "exists":
            return found is not None
        if self.operator == "!":
            return found is None
        if self.operator in ("notin", "!="):
            return found is None or found not in self.values
        if found is None:
            return False
        if self.operator in (">", "<"):
            if not _WHOLE.fullmatch(found):
                return False
            left, right = int(found), int(self.values[0])
            return left > right if self.operator == ">" else left < right
        return found in self.values


def parse(text: str) -> list[Condition]:
    """Parse conditions that commas join; they come back in the order of their keys.

    Raises:
        PathError: it is malformed.
    """
    parser = _Parser(text)
    return sorted(parser.run(), key=lambda condition: condition.key)


def _tokens(text: str) -> Iterator[str]:
    position = 0
    while True:
        match = _TOKEN.match(text, position)
        if match is None or not match[1]:
            break
        yield match[1]
        position = match.end()
    yield ""


class _Parser:
    """Reads conditions from left to right."""

    def __init__(self, text: str) -> None:
        self.tokens = list(_tokens(text))
        self.position = 0

    @property
    def current(self) -> str:
        return self.tokens[self.position]

    def _next(self) -> str:
        token = self.current
        self.position = min(self.position + 1, len(self.tokens) - 1)
        return token

    def run(self) -> Iterator[Condition]:
        while self.current:
            if self.current in _SYMBOLS and self.current != "!":
                raise PathError(
                    f"found '{self.current}', expected: !, identifier, or 'end of string'"
                )
            try:
                yield self._condition()
            except PathError as error:
                raise PathError(f"unable to parse requirement: {error}") from error
            token = self._next()
            if token == ",":
                if not self.current or (self.current in _SYMBOLS and self.current != "!"):
                    raise PathError(f"found '{self.current}', expected: identifier after ','")
            elif token:
                raise PathError(f"found '{token}', expected: ',' or 'end of string'")

    def _condition(self) -> Condition:
        negated = self.current == "!"
        if negated:
            self._next()
        key = self._next()
        if key in _SYMBOLS or not key:
            raise PathError(f"found '{key}', expected: identifier")
        _check_key(key)
        if negated:
            return Condition(key, "!", ())
        if self.current in ("", ","):
            return Condition(key, "exists", ())
        operator = self._next()
        if operator not in _OPERATORS:
            shown = "in, notin, =, ==, !=, gt, lt"
            raise PathError(f"found '{operator}', expected: {shown}")
        values = self._values() if operator in ("in", "notin") else (self._exact(),)
        _check_values(key, operator, values)
        return Condition(key, operator, values)

    def _exact(self) -> str:
        if self.current in ("", ","):
            return ""
        token = self._next()
        if token in _SYMBOLS:
            raise PathError(f"found '{token}', expected: identifier")
        return token

    def _values(self) -> tuple[str, ...]:
        opening = self._next()
        if opening != "(":
            raise PathError(f"found '{opening}' expected: '('")
        first = self.current
        if first == ")":
            self._next()
            return ("",)
        if first != "," and (first in _SYMBOLS or not first):
            raise PathError(f"found '{first}', expected: ',', ')' or identifier")
        found = self._identifiers()
        if self._next() != ")":
            raise PathError(f"found '{first}', expected: ')'")
        return tuple(sorted(found))

    def _identifiers(self) -> set[str]:
        found: set[str] = set()
        while True:
            token = self._next()
            if token == ",":
                if not found:
                    found.add("")
                if self.current == ")":
                    return found | {""}
                if self.current == ",":
                    self._next()
                    found.add("")
            elif token in _SYMBOLS or not token:
                raise PathError(f"found '{token}', expected: ',', or identifier")
            else:
                found.add(token)
                if self.current == ")":
                    return found
                if self.current != ",":
                    raise PathError(f"found '{self.current}', expected: ',' or ')'")


def _check_key(key: str) -> None:
    match = _KEY.fullmatch(key)
    prefix = match["prefix"] if match else None
    if match is None or (prefix is not None and not _PREFIX.fullmatch(prefix)):
        raise PathError(
            f'<nil>: Invalid value: "{key}": name part must consist of alphanumeric '
            "characters, '-', '_' or '.', and must start and end with an alphanumeric "
            "character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for "
            "validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
        )
    if len(match["name"]) > 63:
        raise PathError(
            f'<nil>: Invalid value: "{key}": name part must be no more than 63 characters'
        )


def _check_values(key: str, operator: str, values: tuple[str, ...]) -> None:
    problems: list[str] = []
    for index, value in enumerate(values):
        if operator in (">", "<") and not _WHOLE.fullmatch(value):
            problems.append(
                f'values[{index}]: Invalid value: "{value}": '
                "for 'Gt', 'Lt' operators, the value must be an integer"
            )
        if len(value) > 63:
            problems.append(
                f'values[{index}][{key}]: Invalid value: "{value}": '
                "must be no more than 63 characters"
            )
        if not _VALUE.fullmatch(value):
            problems.append(
                f'values[{index}][{key}]: Invalid value: "{value}": a valid label must be '
                "an empty string or consist of alphanumeric characters, '-', '_' or '.', "
                "and must start and end with an alphanumeric character (e.g. 'MyValue',  "
                "or 'my_value',  or '12345', regex used for validation is "
                "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
            )
    if problems:
        shown = ", ".join(problems)
        raise PathError(f"[{shown}]" if len(problems) > 1 else shown)
