"""The syntax of kubectl's JSONPath templates, such as `{.items[?(@.x>1)].name}`."""

import re
from dataclasses import dataclass
from typing import Any

from workflows.runner.language.errors import PathError
from workflows.runner.language.exprlang import escapes
from workflows.runner.language.exprlang.faults import FaultError
from workflows.runner.language.go.gomath import parse_float, parse_int

_DICT_KEY = re.compile(r"'([^']*)'")
_SLICE = re.compile(r"(-?\d*)(:-?\d*)?(:-?\d*)?", re.ASCII)
_FILTER = re.compile(r"([^!<>=]+)([!<>=]+)(.+?)")
_TERMINATORS = frozenset(" \t\r\n.,[]$@{}")


@dataclass(frozen=True, eq=False)
class Step:
    """One step of a template.

    Attributes:
        kind: text, field, slice, filter, value, wildcard, recursive, union, word or list.
        value: What belongs to it: a text, a name, bounds, or the steps inside.
    """

    kind: str
    value: Any = None


def parse(text: str) -> list[Step]:
    """Parse a template into literal text and actions.

    Raises:
        PathError: it is malformed.
    """
    steps: list[Step] = []
    position = 0
    while True:
        start = text.find("{", position)
        if start < 0:
            break
        if start > position:
            steps.append(Step("text", text[position:start]))
        action = _Action(text, start + 1)
        steps.append(Step("list", action.run()))
        position = action.position
    if position < len(text):
        steps.append(Step("text", text[position:]))
    return steps


def _inside(text: str) -> list[Step]:
    steps = parse("{" + text + "}")
    return list(steps[0].value)


class _Action:
    """Reads what is between braces."""

    def __init__(self, text: str, position: int) -> None:
        self.text = text
        self.position = position
        self.steps: list[Step] = []

    def run(self) -> list[Step]:
        while not self.text.startswith("}", self.position):
            self._step()
        self.position += 1
        return self.steps

    def _step(self) -> None:
        here = self.text[self.position : self.position + 1]
        if self.text.startswith("[?(", self.position):
            self._filter()
        elif self.text.startswith("..", self.position):
            self._recursive()
        elif here in ("", "\r", "\n"):
            raise PathError("unclosed action")
        elif here in " @$":
            self.position += 1
        elif here == "[":
            self._brackets()
        elif here in "\"'":
            self._quoted(here)
        elif here == ".":
            self.position += 1
            self._field()
        elif here in "+-" or here.isdecimal():
            self._number()
        elif here == "_" or here.isalpha():
            self._word()
        else:
            raise PathError(f"unrecognized character in action: U+{ord(here):04X} '{here}'")

    def _recursive(self) -> None:
        if self.steps and self.steps[-1].kind == "recursive":
            raise PathError("invalid multiple recursive descent")
        self.position += 2
        self.steps.append(Step("recursive"))
        following = self.text[self.position : self.position + 1]
        if following == "_" or following.isalnum():
            self._field()

    def _until_terminator(self) -> str:
        start = self.position
        while self.position < len(self.text):
            here = self.text[self.position]
            if here in _TERMINATORS:
                break
            self.position += 2 if here == "\\" else 1
        self.position = min(self.position, len(self.text))
        return self.text[start : self.position]

    def _field(self) -> None:
        name = self._until_terminator()
        if name == "*":
            self.steps.append(Step("wildcard"))
        else:
            self.steps.append(Step("field", name.replace("\\", "")))

    def _word(self) -> None:
        start = self.position
        while self.position < len(self.text) and self.text[self.position] not in _TERMINATORS:
            self.position += 1
        word = self.text[start : self.position]
        if word in ("true", "false"):
            self.steps.append(Step("value", word == "true"))
        else:
            self.steps.append(Step("word", word))

    def _number(self) -> None:
        match = re.compile(r"[+-]?[\d.]*").match(self.text, self.position)
        text = match.group() if match else ""
        self.position += len(text)
        value = parse_int(text)
        number = parse_float(text) if value is None else value
        if number is None:
            raise PathError(f"cannot parse number {text}")
        self.steps.append(Step("value", number))

    def _quoted(self, quote: str) -> None:
        end = self.position + 1
        while True:
            here = self.text[end : end + 1]
            if here in ("", "\n"):
                raise PathError("unterminated quoted string")
            if here == quote and self.text[end - 1] != "\\":
                break
            end += 1
        body = self.text[self.position + 1 : end]
        try:
            value = escapes.unescaped(body, as_bytes=False)
        except FaultError as error:
            raise PathError(f"unquote string {quote}{body}{quote} error invalid syntax") from error
        self.position = end + 1
        self.steps.append(Step("text", value))

    def _brackets(self) -> None:
        end = self.text.find("]", self.position)
        inside = self.text[self.position + 1 : end]
        if end < 0 or "\n" in inside:
            raise PathError("unterminated array")
        self.position = end + 1
        if inside == "*":
            inside = ":"
        parts = inside.split(",")
        if len(parts) > 1:
            union = [_inside(f"[{part.strip(' ')}]") for part in parts]
            self.steps.append(Step("union", union))
            return
        key = _DICT_KEY.fullmatch(inside)
        if key:
            self.steps += _inside(f".{key[1]}")
            return
        bounds = _SLICE.fullmatch(inside)
        if bounds is None:
            raise PathError(f"invalid array index {inside}")
        self.steps.append(Step("slice", _bounds(*bounds.groups())))

    def _filter(self) -> None:
        start = self.position + 3
        end = self._end_of_filter(start)
        if self.text[end + 1 : end + 2] != "]":
            raise PathError("unclosed array expect ]")
        self.position = end + 2
        text = self.text[start:end]
        match = _FILTER.fullmatch(text)
        if match is None:
            self.steps.append(Step("filter", (_inside(text), "exists", [])))
        else:
            left, operator, right = match.groups()
            self.steps.append(Step("filter", (_inside(left), operator, _inside(right))))

    def _end_of_filter(self, start: int) -> int:
        pair, begun, ended = "", False, False
        for place in range(start, len(self.text)):
            here = self.text[place]
            if here == "\n":
                break
            if here in "\"'":
                if not begun:
                    begun, pair = True, here
                elif self.text[place - 1] != "\\" and here == pair:
                    ended = True
            elif here == ")" and begun == ended:
                return place
        raise PathError("unterminated filter")


@dataclass(frozen=True)
class Bounds:
    """The numbers of [low:high:step]; `derived` when only one index was written."""

    low: int | None
    high: int | None
    step: int | None
    derived: bool


def _bounds(low: str, high: str | None, step: str | None) -> Bounds:
    numbers = [_index(low), _index((high or "")[1:]), _index((step or "")[1:])]
    if high:
        return Bounds(numbers[0], numbers[1], numbers[2], derived=False)
    return Bounds(numbers[0], (numbers[0] or 0) + 1, numbers[2], derived=True)


def _index(text: str) -> int | None:
    if not text:
        return None
    if text == "-":
        raise PathError(f"array index {text} is not a number")
    return int(text)
