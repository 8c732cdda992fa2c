"""The tree of a run on a terminal, drawn again while it changes."""

import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from workflows.runner.engine.run import Run
from workflows.runner.model.node import ERROR, FAILED, OMITTED, RUNNING, SKIPPED, SUCCEEDED, Node
from workflows.runner.nodes import child
from workflows.runner.report import fold, tree

_STYLES = {
    SUCCEEDED: "green", FAILED: "red", ERROR: "red", RUNNING: "cyan",
    SKIPPED: "dim", OMITTED: "dim",
}  # fmt: skip
_TIMES_A_SECOND = 8
_SHARE_OF_TIME = 10
_UNSEEN = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07]*\x07|[\x00-\x08\x0b-\x1f\x7f]")


class _Picture:
    """Draws runs as they are now, as much as fits on the screen."""

    def __init__(self, runs: Sequence[Run], console: Console) -> None:
        self.runs = runs
        self.console = console
        self._drawn = Group()
        self._next = 0.0

    def __rich__(self) -> Any:
        began = time.monotonic()
        if began >= self._next:
            self._drawn = self._draw()
            took = time.monotonic() - began
            self._next = began + took * _SHARE_OF_TIME
        return self._drawn

    def _draw(self) -> Group:
        room = max(5, self.console.height - 2)
        lines: list[Text] = []
        for run in self.runs:
            lines.append(_text(f"{run.name}  {run.phase}", "bold"))
            lines += _fitting(run, max(2, room // len(self.runs) - 1))
        return Group(*lines[:room])


def _fitting(run: Run, room: int) -> list[Text]:
    lines: list[Text] = []
    for row in fold.fitting(list(tree.rows(run)), room):
        if row.node is None:
            lines.append(_text(f"{'  ' * row.depth}… {row.rest}", "dim"))
            continue
        line = _text(tree.line(row.node, row.depth), _STYLES.get(row.node.phase, ""))
        lines.append(line.append(_says(run, row.node), style="dim"))
    return _with_last_words(run, lines, room)


def _with_last_words(run: Run, lines: list[Text], room: int) -> list[Text]:
    """Add what failed leaves printed, as far as there is room left."""
    words = [
        _text(f"    {node.display_name}: {plain(line)}", "dim")
        for node in list(run.nodes.values())
        if node.type == "Pod" and node.unsuccessful
        for line in run.folder.tail(node.id, 3)
    ]
    left = room - len(lines)
    return [*lines, *(words[-left:] if left > 0 else [])]


def _says(run: Run, node: Node) -> str:
    """Give the last line of a leaf that runs; for a run that it made, the leaf of that one."""
    if node.phase != RUNNING or node.type not in ("Pod", "Container"):
        return ""
    made = child.of(run, node)
    if made is None:
        last = next((t for t in map(plain, reversed(run.folder.tail(node.id, 5))) if t), "")
        return f"  {last}" if last else ""
    leaf = child.running(made)
    if leaf is None:
        return f"  ▸ {made.name} {made.phase}"
    return f"  ▸ {leaf.display_name}{_says(made, leaf)}"


def plain(line: str) -> str:
    """Give a line as it stands on a screen: after its last return, without control codes."""
    shown = line.rstrip("\r\n").rpartition("\r")[2]
    return _UNSEEN.sub("", shown.replace("\t", " ")).strip()


def _text(line: str, style: str) -> Text:
    return Text(line.replace("\n", " "), style=style, overflow="ellipsis", no_wrap=True)


@contextmanager
def live(runs: Sequence[Run]) -> Iterator[None]:
    """Show runs until they are over; the whole tree is printed after that."""
    console = Console()
    picture = _Picture(runs, console)
    with Live(
        picture, console=console, refresh_per_second=_TIMES_A_SECOND, transient=True,
        vertical_overflow="crop",
    ):  # fmt: skip
        yield
