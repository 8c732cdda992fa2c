"""What `invoke drills.run` does and prints: the site, each drill, and a table at the end."""

from collections.abc import Sequence

from services.drills import running, stage
from services.drills.catalogue import Drill
from services.drills.running import Result


def run(drills: Sequence[Drill], *, here: bool, keep: bool) -> list[Result]:
    """Hold the drills, and return how each ended."""
    if here:
        return _hold(stage.here(), stage.served_everywhere(stage.here()), drills)
    with stage.own(keep) as made:
        print(f"the drills have a site of their own: {made.state}", flush=True)
        return _hold(made, stage.bring_to_production(made), drills)


def _hold(site: stage.Stage, good: int, drills: Sequence[Drill]) -> list[Result]:
    print(f"version {good} serves in staging, canary and production\n", flush=True)
    results = running.hold(site, good, drills, lambda text: print(text, flush=True))
    _show(results)
    return results


def _show(results: Sequence[Result]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("drill", "held", "seconds", "what a person reads", box=None)
    for result in results:
        held = "[green]yes[/]" if result.passed else "[bold red]NO[/]"
        held = "[yellow]skipped[/]" if result.skipped else held
        told = result.reason if result.passed else "; ".join(result.wrong)
        table.add_row(result.name, held, f"{result.seconds:.0f}", told[:160])
    Console().print(table)
