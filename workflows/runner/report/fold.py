"""The rows of a tree that fit on a screen: what is over is folded first."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple

from workflows.runner.model.node import PENDING, Node


class Row(NamedTuple):
    """A node at its depth, or words for those that are not shown."""

    depth: int
    node: Node | None
    rest: str = ""


def fitting(rows: Sequence[tuple[int, Node]], room: int) -> list[Row]:
    """Give at most so many rows: all, or with finished branches, then waiting nodes folded."""
    shown = [Row(depth, node) for depth, node in rows]
    for shorter in (_heads, _without_finished, _without_waiting):
        if len(shown) <= room:
            return shown
        shown = shorter(shown)
    if len(shown) <= room:
        return shown
    hidden = shown[room - 1 :]
    return [*shown[: room - 1], Row(0, None, f"{_count(hidden)} more")]


def _heads(rows: Sequence[Row]) -> list[Row]:
    """Leave out what is inside a branch that is over."""
    kept: list[Row] = []
    closed: int | None = None
    for row in rows:
        if closed is not None and row.depth > closed:
            continue
        over = row.node is not None and row.node.fulfilled and not row.node.unsuccessful
        closed = row.depth if over else None
        kept.append(row)
    return kept


def _without_finished(rows: Sequence[Row]) -> list[Row]:
    """Put one row for neighbours that are over without failing."""
    return _merged(rows, lambda node: node.fulfilled and not node.unsuccessful)


def _without_waiting(rows: Sequence[Row]) -> list[Row]:
    """Put one row for neighbours that wait for their start."""
    return _merged(rows, lambda node: node.phase == PENDING)


def _merged(rows: Sequence[Row], belongs: Callable[[Node], bool]) -> list[Row]:
    made: list[Row] = []
    same: list[Row] = []
    for row in rows:
        fits = row.node is not None and belongs(row.node)
        if same and (not fits or row.depth != same[0].depth):
            made += _one(same)
            same = []
        if fits:
            same.append(row)
        else:
            made.append(row)
    return made + _one(same)


def _one(rows: list[Row]) -> list[Row]:
    if len(rows) < 2:
        return rows
    phases = Counter(row.node.phase for row in rows if row.node is not None)
    return [Row(rows[0].depth, None, ", ".join(f"{n} {phase}" for phase, n in phases.items()))]


def _count(rows: Sequence[Row]) -> str:
    phases = Counter(row.node.phase for row in rows if row.node is not None)
    return ", ".join(f"{n} {phase}" for phase, n in phases.items()) or str(len(rows))
