"""Semantic versions and constraints on them: `semverCompare "^1.2" "1.3.0"`."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from workflows.runner.language.exprlang.faults import FaultError

_PART = r"[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*"
_VERSION = re.compile(rf"v?(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:-({_PART}))?(?:\+({_PART}))?", re.ASCII)
_NUMBER = r"[0-9xX*]+"
_LOOSE = rf"v?{_NUMBER}(?:\.{_NUMBER})?(?:\.{_NUMBER})?(?:-{_PART})?(?:\+{_PART})?"
_RANGE = re.compile(rf"\s*({_LOOSE})\s+-\s+({_LOOSE})\s*", re.ASCII)
_CONSTRAINT = re.compile(rf"(=>|=<|>=|<=|!=|~>|=|>|<|~|\^)?\s*({_LOOSE})", re.ASCII)
_WHOLE = re.compile(rf"\s*(?:{_CONSTRAINT.pattern}\s*,?\s*)+", re.ASCII)
_ANY = ("x", "X", "*", None)


@dataclass(frozen=True)
class Version:
    """A version; what was left out is 0."""

    numbers: tuple[int, int, int]
    prerelease: str
    build: str

    def __str__(self) -> str:
        text = ".".join(map(str, self.numbers))
        text += f"-{self.prerelease}" if self.prerelease else ""
        return text + (f"+{self.build}" if self.build else "")

    def to_json(self) -> str:
        """Write it as encoding/json does."""
        return f'"{self}"'

    @property
    def key(self) -> tuple[Any, ...]:
        """What versions are ordered by: a release comes after its pre-releases."""
        parts = [
            (0, int(part), "") if part.isdecimal() else (1, 0, part)
            for part in self.prerelease.split(".")
        ]
        return (*self.numbers, not self.prerelease, parts)


def parse(text: str) -> Version:
    """Read a version.

    Raises:
        FaultError: it is none.
    """
    match = _VERSION.fullmatch(text)
    if match is None:
        raise FaultError("Invalid Semantic Version")
    major, minor, patch = (int(match[i] or 0) for i in (1, 2, 3))
    return Version((major, minor, patch), match[4] or "", match[5] or "")


@dataclass(frozen=True)
class Constraint:
    """An operator and a version of which parts may be left open."""

    operator: str
    version: Version
    given: int

    def holds(self, version: Version) -> bool:
        """Tell whether a version satisfies it."""
        if version.prerelease and not self.version.prerelease:
            return False
        if self.operator in ("", "="):
            exact = version.key == self.version.key
            return exact if self.given == 3 else self._tilde(version)
        if self.operator in ("~", "~>"):
            return self._tilde(version)
        if self.operator == "^":
            return self._caret(version)
        if self.operator == "!=":
            return version.numbers[: self.given] != self.version.numbers[: self.given] or (
                self.given == 3 and version.key != self.version.key
            )
        return self._ordered(version)

    def _ordered(self, version: Version) -> bool:
        mine, other = self.version.key, version.key
        start = self.version.numbers[: self.given]
        inside = self.given < 3 and version.numbers[: self.given] == start
        if self.operator == ">":
            return other > mine and not inside
        if self.operator in (">=", "=>"):
            return other >= mine
        if self.operator == "<":
            return other < mine
        return other <= mine or inside

    def _tilde(self, version: Version) -> bool:
        if version.key < self.version.key:
            return False
        if self.given == 0 or (self.given == 3 and self.version.numbers == (0, 0, 0)):
            return True
        same = min(self.given, 2)
        return version.numbers[:same] == self.version.numbers[:same]

    def _caret(self, version: Version) -> bool:
        if version.key < self.version.key:
            return False
        for place, number in enumerate(self.version.numbers):
            if number > 0 or place + 1 >= self.given:
                same = place + 1
                return version.numbers[:same] == self.version.numbers[:same] or not self.given
        return False


def _constraint(operator: str, text: str) -> Constraint:
    core, _, rest = text.partition("-")
    core, _, _build = core.partition("+")
    parts = core.removeprefix("v").split(".")
    given = next((i for i, part in enumerate(parts) if part in _ANY), len(parts))
    numbers = [int(part) if part.isdecimal() else 0 for part in parts[:given]] + [0, 0, 0]
    prerelease = rest.partition("+")[0]
    version = Version((numbers[0], numbers[1], numbers[2]), prerelease, "")
    return Constraint(operator if given or operator == "!=" else "", version, given)


def constraints(text: str) -> list[list[Constraint]]:
    """Read alternatives (joined by ||) of constraints that must all hold.

    Raises:
        FaultError: it is malformed.
    """
    text = _RANGE.sub(r">= \1, <= \2 ", text)
    alternatives = []
    for part in text.split("||"):
        if not _WHOLE.fullmatch(part):
            raise FaultError(f"improper constraint: {part}")
        alternatives.append([_constraint(m[1] or "", m[2]) for m in _CONSTRAINT.finditer(part)])
    return alternatives


def _semver(version: str) -> Any:
    return parse(version)


def _semver_compare(constraint: str, version: str) -> bool:
    alternatives, found = constraints(constraint), parse(version)
    return any(all(one.holds(found) for one in part) for part in alternatives)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "semver": _semver, "semverCompare": _semver_compare,
}  # fmt: skip
