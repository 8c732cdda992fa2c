"""Shows an overview to a person: one table, problems in red, and the addresses."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from infra.local.view.overview import Environment, Overview

COLUMNS = ("environment", "version", "digest", "alias", "commit", "health", "traffic")
COLOURS = {"Healthy": "green", "Progressing": "yellow", "Degraded": "red", "Missing": "red"}


def show(overview: Overview, console: Console, lately: Sequence[str] = ()) -> None:
    """Print the table, what is wrong, what came to nothing lately, and where everything is."""
    table = Table(*COLUMNS, box=None, header_style="bold")
    for row in overview.environments:
        table.add_row(*_cells(row))
    console.print(table)
    for row in overview.environments:
        if row.in_progress and row.in_progress.alive:
            console.print(
                Text(f"{row.name} is being changed by {row.in_progress}.", style="yellow")
            )
    problems = [problem for row in overview.environments for problem in row.problems]
    for problem in dict.fromkeys(problems):
        console.print(Text(f"{problem[:1].upper()}{problem[1:]}.", style="red"))
    for sentence in lately:
        console.print(Text(sentence, style="yellow"))
    width = max(len(name) for name in overview.addresses)
    console.print()
    for name, address in overview.addresses.items():
        console.print(f"{name:<{width}}  {address}", highlight=False)


def _cells(row: Environment) -> list[Text]:
    digest = (row.digest or "-").removeprefix("sha256:")[:12]
    lies = row.alias != row.version and not (row.in_progress and row.in_progress.alive)
    return [
        Text(row.name),
        Text("bootstrap" if row.version is None and row.digest else str(row.version or "-")),
        Text(digest),
        Text("-" if row.alias is None else str(row.alias), style="red" if lies else ""),
        Text((row.commit or "-")[:12]),
        Text(row.health, style=COLOURS[row.health]),
        Text(f"{row.traffic:.0%}"),
    ]
