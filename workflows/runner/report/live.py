"""The tree of a run on a terminal, drawn again while it changes."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from workflows.runner.engine.run import Run
from workflows.runner.model.node import ERROR, FAILED, OMITTED, RUNNING, SKIPPED, SUCCEEDED, Node
from workflows.runner.report import tree

_STYLES = {
    SUCCEEDED: "green", FAILED: "red", ERROR: "red", RUNNING: "cyan",
    SKIPPED: "dim", OMITTED: "dim",
}  # fmt: skip
_TIMES_A_SECOND = 8


class _Picture:
    """Draws runs as they are now, as much as fits on the screen."""

    def __init__(self, runs: Sequence[Run], console: Console) -> None:
        self.runs = runs
        self.console = console

    def __rich__(self) -> Any:
        room = max(5, self.console.height - 2)
        lines: list[Text] = []
        for run in self.runs:
            lines.append(Text(f"{run.name}  {run.phase}", style="bold"))
            lines += _fitting(run, room // len(self.runs))
        return Group(*lines)


def _fitting(run: Run, room: int) -> list[Text]:
    rows = list(tree.rows(run))
    if len(rows) > room:
        rows = [row for row in rows if not row[1].fulfilled or row[1].unsuccessful][-room:]
    lines: list[Text] = []
    for depth, node in rows:
        lines.append(
            Text(
                tree.line(node, depth),
                style=_STYLES.get(node.phase, ""),
                overflow="ellipsis",
                no_wrap=True,
            )
        )
        lines += _last_words(run, node, depth)
    return lines[-room:]


def _last_words(run: Run, node: Node, depth: int) -> list[Text]:
    if node.type != "Pod" or not node.unsuccessful:
        return []
    pad = "  " * (depth + 2)
    return [Text(pad + item, style="dim") for item in run.folder.tail(node.id, 3)]


@contextmanager
def live(runs: Sequence[Run]) -> Iterator[None]:
    """Show runs until they are over; the whole tree is printed after that."""
    console = Console()
    picture = _Picture(runs, console)
    with Live(picture, console=console, refresh_per_second=_TIMES_A_SECOND, transient=True):
        yield
