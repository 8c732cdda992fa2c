"""Walks objects along kubectl's JSONPath."""

import operator
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from workflows.runner.language.errors import PathError
from workflows.runner.language.exprlang.values import type_name
from workflows.runner.language.go import gofmt, gotext
from workflows.runner.language.pathlang.kubepath import Bounds, Step

_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq, "!=": operator.ne, "<": operator.lt,
    "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


class Walk:
    """Finds what a template names, one list of values for each of its parts."""

    def __init__(self) -> None:
        self.beginning = 0
        self.inside = 0
        self.ending = 0
        self.last_end: Step | None = None

    def run(self, steps: list[Step], obj: Any) -> list[list[Any]]:
        """Evaluate the parts of a template, ranges included."""
        found: list[list[Any]] = []
        index = 0
        while index < len(steps):
            results = self._walk([obj], steps[index])
            if 0 < self.ending <= self.inside:
                self.ending -= 1
                self.last_end = steps[index]
                break
            if self.beginning > 0:
                found += self._range(steps[index + 1 :], results)
                ends = (k for k in range(index + 1, len(steps)) if steps[k] is self.last_end)
                index = next(ends, index) + 1
                continue
            found.append(results)
            index += 1
        return found

    def _range(self, rest: list[Step], results: list[Any]) -> list[list[Any]]:
        self.beginning -= 1
        self.inside += 1
        found: list[list[Any]] = []
        for value in results:
            found += self.run(rest, value)
        if not results:
            self.run(rest, None)
        self.inside -= 1
        return found

    def _walk(self, values: list[Any], step: Step) -> list[Any]:
        if step.kind == "text":
            return [step.value]
        if step.kind == "list":
            return self._all(values, step.value)
        if step.kind == "value":
            return [step.value for _ in values]
        if step.kind == "word":
            return self._word(values, step.value)
        if step.kind == "union":
            return [item for steps in step.value for item in self._all(values, steps)]
        if step.kind == "filter":
            return self._filter(values, *step.value)
        return list(_SIMPLE[step.kind](values, step.value))

    def _all(self, values: list[Any], steps: list[Step]) -> list[Any]:
        for step in steps:
            values = self._walk(values, step)
        return values

    def _word(self, values: list[Any], word: str) -> list[Any]:
        if word == "range":
            self.beginning += 1
            return values
        if word != "end":
            raise PathError(f"unrecognized identifier {word}")
        if self.inside <= 0:
            raise PathError("not in range, nothing to end")
        self.ending += 1
        return []

    def _filter(
        self, values: list[Any], left: list[Step], sign: str, right: list[Step]
    ) -> list[Any]:
        kept: list[Any] = []
        for value in values:
            if not isinstance(value, list):
                raise PathError(
                    f"{gofmt.sprint(value)} is not array or slice and cannot be filtered"
                )
            kept += [item for item in value if self._passes(item, left, sign, right)]
        return kept

    def _passes(self, item: Any, left: list[Step], sign: str, right: list[Step]) -> bool:
        if sign == "exists":
            try:
                return bool(self._all([item], left))
            except PathError:
                return False
        sides = []
        for steps in (left, right):
            found = self._all([item], steps)
            if not found:
                return False
            if len(found) > 1:
                raise PathError("can only compare one element at a time")
            sides.append(found[0])
        return _compared(sides[0], sign, sides[1])


def _compared(left: Any, sign: str, right: Any) -> bool:
    if sign not in _COMPARE:
        raise PathError(f"unrecognized filter operator {sign}")
    for value in (left, right):
        if not isinstance(value, (bool, int, float, str)):
            raise PathError("invalid type for comparison")
    if type(left) is not type(right):
        raise PathError("incompatible types for comparison")
    if isinstance(left, bool) and sign not in ("==", "!="):
        raise PathError("invalid type for comparison")
    return bool(_COMPARE[sign](left, right))


def _fields(values: list[Any], name: str) -> Iterable[Any]:
    for value in values:
        if isinstance(value, Mapping) and name in value:
            yield value[name]


def _parts(value: Any) -> list[Any]:
    if isinstance(value, Mapping):
        return [value[key] for key in sorted(value)]
    if isinstance(value, str):
        return list(value.encode("utf-8", "surrogateescape"))
    return value if isinstance(value, list) else []


def _wildcard(values: list[Any], _value: Any) -> Iterable[Any]:
    for value in values:
        yield from _parts(value)


def _recursive(values: list[Any], _value: Any) -> Iterable[Any]:
    for value in values:
        parts = _parts(value)
        if parts:
            yield value
            yield from _recursive(parts, None)


def _slices(values: list[Any], bounds: Bounds) -> Iterable[Any]:
    found: list[Any] = []
    for value in values:
        if value is None:
            continue
        if not isinstance(value, list):
            name = "int64" if type(value) is int else type_name(value)
            raise PathError(f"{name} is not array or slice")
        piece = _sliced(value, bounds)
        if piece is None:
            return found
        found += piece
    return found


def _sliced(value: list[Any], bounds: Bounds) -> list[Any] | None:
    length = len(value)
    low = bounds.low or 0
    low += length if low < 0 else 0
    high = length if bounds.high is None else bounds.high
    high += length if high < 0 or (high == 0 and bounds.derived) else 0
    if low == high:
        return None
    if not 0 <= low < length:
        raise PathError(f"array index out of bounds: index {low}, length {length}")
    if not 0 <= high <= length:
        raise PathError(f"array index out of bounds: index {high - 1}, length {length}")
    if low > high:
        raise PathError(f"starting index {low} is greater than ending index {high}")
    if bounds.step is not None and bounds.step <= 0:
        raise PathError("step must be > 0")
    return value[low:high][:: bounds.step or 1]


_SIMPLE: dict[str, Callable[[list[Any], Any], Iterable[Any]]] = {
    "field": _fields,
    "wildcard": _wildcard,
    "recursive": _recursive,
    "slice": _slices,
}


def printed(results: list[Any]) -> str:
    """Print the values of one part: objects and lists as JSON, blanks between."""
    return " ".join(_text(value) for value in results)


def _text(value: Any) -> str:
    if isinstance(value, (Mapping, list)):
        return gotext.format_json(value)
    return "null" if value is None else gofmt.sprint(value)
