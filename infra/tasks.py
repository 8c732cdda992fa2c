"""The site that everything runs on: start it, stop it, look at it."""

import contextlib
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from invoke import Context, Exit, task

from infra.inventory import tasks as inventory
from infra.nodes import tasks as nodes
from infra.provision import tasks as provisioning
from infra.tunnel import tasks as tunnel

if TYPE_CHECKING:
    from infra.local.site import Site


@task(
    help={
        "data": "sample, or a folder or zip of photos",
        "until": "platform, staging or canary",
        "yes": "do not ask before the first download",
        "plan": "show which stages would do something, and start nothing",
        "json": "with --plan: as one JSON array",
    }
)
def up(
    _c: Context, *, data: str = "", until: str = "canary", yes: bool = False, plan: bool = False,
    json: bool = False,
) -> None:  # fmt: skip
    """Set up, and take a model from photos to canary."""
    import os
    from pathlib import Path

    from infra import up as stages
    from infra.local import state

    if until not in stages.GOALS:
        raise Exit(f"--until {until}: choose {', '.join(stages.GOALS)}.", 2)
    named = data if data in ("", "sample") else str(Path(os.environ.get("GOURMET_FROM", ""), data))
    if named not in ("", "sample") and not Path(named).exists():
        raise Exit(f"{named}: there is no such folder or zip file.", 2)
    _json_is_for_plans(plan, json)
    if plan:
        _outlook(named or None, until, json)
        return
    if not yes and not state.locate().folder.exists() and sys.stdin.isatty():
        print(f"This makes {state.locate().folder}, and downloads 3 GB of packages once.")
        if input("Go on? [Y/n] ").strip().lower() not in ("", "y", "yes"):
            raise Exit("Nothing was changed.", 0)
    with _in_words():
        stages.run(state.locate(), stages.Wish(named or None, until), _tell)
    status(_c)


def _outlook(data: str | None, until: str, json: bool) -> None:
    from dataclasses import asdict
    from json import dumps

    from infra import outlook
    from infra.local import state

    with _in_words():
        told = outlook.look(state.locate(), data, until)
    if json:
        print(dumps([asdict(each) for each in told], indent=2))
        return
    for each in told:
        print(f"{each.stage:<20} {each.does:<10} {each.why}")
    idle = all(each.does == outlook.STANDS for each in told)
    print(
        "Nothing would be done." if idle else "Nothing was started. Do it: the same without --plan."
    )


def _json_is_for_plans(plan: bool, json: bool) -> None:
    if json and not plan:
        raise Exit("--json is for --plan.", 2)


def _tell(stage: str, sentence: str) -> None:
    print(f"{stage:<13} {sentence}", flush=True)


@task(
    help={
        "purge": "remove the state folder too, models and all",
        "yes": "do not ask",
        "plan": "show what would be stopped and removed, and do nothing",
        "json": "with --plan: as one JSON object",
    }
)
def down(
    _c: Context, *, purge: bool = False, yes: bool = False, plan: bool = False, json: bool = False
) -> None:
    """Stop every process of the local site, and no other."""
    from dataclasses import asdict
    from json import dumps

    from infra.local import stages, state
    from infra.local.view import leaving

    _json_is_for_plans(plan, json)
    here = state.locate()
    with _in_words():
        if plan:
            found = leaving.look(here, purge=purge)
            print(dumps(asdict(found), indent=2) if json else found.text())
            return
        if purge and not yes and here.folder.exists():
            _agree(f"Remove {here.folder} with its models, releases and history?")
        count = stages.stop(here)
        print(f"Stopped {count} processes." if count else "Nothing was running.")
        if purge:
            stages.purge(here)
            print(f"Removed {here.folder}.")


@task(
    help={
        "json": "as one JSON object",
        "site": "a site with nodes: its lease, its nodes, its stages and its last audit",
    }
)
def status(_c: Context, json: bool = False, site: str = "local") -> None:
    """Show what serves where, and what is wrong with it."""
    from json import dumps

    if site != "local":
        provisioning.status(site, json)
        return
    from infra.local.view import lately, overview

    with _in_words():
        here = _site()
        found = overview.look(here)
    if json:
        print(dumps(found.as_json(), indent=2))
        return
    from rich.console import Console

    from infra.local.view import board

    board.show(found, Console(), lately.told(here.state.folder / "journal.jsonl"))


@task(
    positional=["what"],
    help={"what": "agent, gateway, mlflow, an environment, or a run", "lines": "how many of each"},
)
def logs(_c: Context, what: str, lines: int = 50) -> None:
    """Show the last lines that a part of the site has printed."""
    from infra.local.view import logs as printed

    with _in_words():
        for name, text in printed.read(printed.find(_site(), what), lines):
            print(f"==> {name}\n{text}\n")


def _site() -> "Site":
    from infra.local import site, state
    from infra.local.errors import NotRunningError

    here = state.locate()
    found = site.load(here)
    if found is None:
        raise NotRunningError(here.folder)
    return found


@contextlib.contextmanager
def _in_words() -> Iterator[None]:
    """Turn what goes wrong on purpose into its sentence and an exit code."""
    from infra.local.errors import SiteError

    try:
        yield
    except SiteError as error:
        raise Exit(str(error), error.code) from error


def _agree(question: str) -> None:
    if not sys.stdin.isatty():
        raise Exit(f"{question} Nobody is here to ask; say --yes.", 2)
    if input(f"{question} [y/N] ") != "y":
        raise Exit("Nothing was changed.", 0)


SITE = {"up": up, "down": down, "status": status, "logs": logs}
TOP = SITE | provisioning.TOP | nodes.TOP | inventory.TOP | tunnel.TOP
LEASES = provisioning.LEASES
