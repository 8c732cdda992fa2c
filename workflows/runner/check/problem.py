"""What is wrong with a manifest: where, what, and what to do next."""

from collections.abc import Iterable
from dataclasses import dataclass

from workflows.runner.language.manifest import Document

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong in one file.

    Attributes:
        file: The file as it was named.
        line: Its line, from 1.
        path: Where in the object, as `spec.templates[0].container`.
        text: What is wrong there, in Argo's own words where Argo refuses it too.
    """

    file: str
    line: int
    path: str
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.text}"


class RefusedError(ValueError):
    """Files that must not run; the message lists everything that is wrong. Exit code 2."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


def written(path: Path) -> str:
    """Write a path as Argo writes it: spec.templates[0].name."""
    parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return "".join(parts).lstrip(".")


def at(document: Document, path: Path, text: str) -> Problem:
    """Make the problem of a place in a document."""
    return Problem(document.file, document.line(path), written(path), text)
