"""A rule that is broken, and where: raised at the spot, worded on the way out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from workflows.runner.check.problem import Path
from workflows.runner.language.manifest import Document


@dataclass(frozen=True)
class Place:
    """A spot in a document."""

    document: Document
    path: Path

    def __truediv__(self, part: str | int) -> Place:
        """Go one level down."""
        return Place(self.document, (*self.path, part))


class Fault(Exception):  # noqa: N818 - never leaves this package; RefusedError does
    """A broken rule in Argo's words; whoever called adds what it was checking."""

    def __init__(self, text: str, place: Place | None = None) -> None:
        self.text = text
        self.place = place
        super().__init__(text)


@contextmanager
def within(prefix: str, place: Place | None = None) -> Iterator[None]:
    """Put words before a fault, and say where if nobody has."""
    try:
        yield
    except Fault as fault:
        raise Fault(prefix + fault.text, fault.place or place) from None
