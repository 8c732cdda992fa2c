"""Differences and drift as tables for a person."""

from rich.table import Table
from rich.text import Text

from services.lifecycle.evidence import screen
from services.lifecycle.evidence.state.differences import Difference, Side
from services.lifecycle.evidence.state.drift import Row

COLOURS = {"same": "green", "drift": "red", "in progress": "yellow", "unknown": "yellow"}


def differences(one: Side, other: Side, found: list[Difference]) -> str:
    """Write what nobody meant."""
    names = f"{one.environment} and {other.environment}"
    head = [Text(f"{side.environment:<12}{side.release}") for side in (one, other)]
    if not found:
        told = f"{names} differ only as their values and their releases say."
        return screen.text(*head, Text(told, style="green"))
    table = Table(box=None, header_style="bold", padding=(0, 2, 0, 0))
    for name in ("where", one.environment, other.environment):
        table.add_column(name, overflow="fold")
    for each in found:
        table.add_row(each.path, str(each.one), str(each.other))
    count = f"{len(found)} unexpected difference{'s' if len(found) > 1 else ''} of {names}:"
    return screen.text(*head, Text(count, style="red"), table)


def drift(rows: list[Row], unknown: list[str]) -> str:
    """Write who says what of each environment, and what does not agree."""
    table = Table(box=None, header_style="bold", padding=(0, 2, 0, 0))
    for name in ("environment", "Git says", "what answers", "alias", "traffic", "image", "state"):
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(
            row.environment, _cut(row.git), _cut(row.runs), row.alias.removeprefix("version "),
            _weight(row), row.proof, Text(row.state, style=COLOURS[row.state]),
        )  # fmt: skip
    lines = [
        Text(f"{row.environment}: {problem}", style="yellow" if row.moving else "red")
        for row in rows
        for problem in row.problems
    ]
    lines += [
        Text(f"{row.environment} is being moved by {row.moving}", style="yellow")
        for row in rows
        if row.moving
    ]
    return screen.text(table, *lines, *[Text(each, style="yellow") for each in unknown])


def _cut(said: str) -> str:
    return said.replace("the bootstrap model", "bootstrap").replace("sha256:", "")


def _weight(row: Row) -> str:
    told, given = row.weight
    if told is None:
        return "-"
    if given is None:
        return f"{told:.0%}, site unknown"
    return f"{told:.0%}" if abs(told - given) < 1e-9 else f"{told:.0%}, site {given:.0%}"
