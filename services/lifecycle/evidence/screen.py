"""What `trace`, `history`, `diff` and `drift` print: trees and tables, as wide as the terminal."""

import io
import shutil
import sys

from rich.console import Console, RenderableType

PLAIN_WIDTH = 100


def width() -> int:
    """Return how many letters fit into a line."""
    return shutil.get_terminal_size((PLAIN_WIDTH, 24)).columns


def text(*parts: RenderableType) -> str:
    """Draw for a person: in colours at a terminal, plain text anywhere else."""
    at_terminal = sys.stdout.isatty()
    console = Console(
        file=io.StringIO(), width=width(), force_terminal=at_terminal, highlight=False, emoji=False
    )
    with console.capture() as captured:
        for part in parts:
            console.print(part)
    return "\n".join(line.rstrip() for line in captured.get().splitlines())
