"""From a cloud account to nodes, and back to nothing."""

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from invoke import Collection, Context, Exit, task

if TYPE_CHECKING:
    from infra.provision.ledger import Ledger
    from infra.provision.setting import Setting
    from infra.provision.view.display import Lines
    from infra.provision.walk import Step

ROOT = Path(__file__).resolve().parents[2]
SITE = "a site's name, or the path of its file"
PLANS = {
    "plan": "show what would be removed or changed, and do nothing",
    "json": "with --plan: as one JSON object",
}


@task(
    help={
        "site": SITE,
        "plan": "only say what would run, and why",
        "from": "begin at this stage, whatever the ledger says",
        "only": "run this stage and no other",
        "until": "end after this stage",
        "replace": "build this node anew; the others stay",
        "yes": "do not ask",
        "json": "one JSON object on each line",
    },
    iterable=["replace"],
)
def provision(
    _c: Context, site: str = "", *, plan: bool = False, from_: str = "", only: str = "",
    until: str = "", replace: list[str] | None = None, yes: bool = False, json: bool = False,
) -> None:  # fmt: skip
    """Go from a cloud account to nodes, or on from there."""
    from infra.provision import ledger as book
    from infra.provision import stages, walk
    from infra.provision.view.display import Display, Lines

    lines = Lines() if json else None
    tell = lines or Display()
    with _in_words(lines):
        setting, ledger = _open(site, yes, tuple(replace or ()))
        wish = walk.Wish(from_, only, until)
        setting = setting.on(walk.names(stages.of(setting), wish))
        if plan:
            _outlook(walk.outlook(stages.of(setting), setting, ledger, wish), json)
            return
        with book.held(ledger.folder, setting.site.name), tell:
            results = walk.go(stages.of(setting), setting, ledger, tell, wish)
            tell.end({"done": True, "results": results})


def _outlook(steps: "list[Step]", json: bool) -> None:
    from json import dumps

    told = [
        (step.stage.name, "runs" if step.runs else "stands" if step.stage.run else "missing",
         step.why)
        for step in steps
    ]  # fmt: skip
    if json:
        print(dumps([dict(zip(("stage", "does", "why"), one, strict=True)) for one in told]))
        return
    for name, does, why in told:
        print(f"{name:<18} {does:<7} {why}")


@task(
    help={
        "site": SITE,
        "keep-volume": "leave the data volume, for nodes that are made later",
        "yes": "do not ask",
        **PLANS,
    }
)
def destroy(
    _c: Context, site: str = "", *, keep_volume: bool = False, yes: bool = False,
    plan: bool = False, json: bool = False,
) -> None:  # fmt: skip
    """Remove what provision made, and list what is left."""
    from infra.provision import ledger as book
    from infra.provision.cloud import destroy as ending
    from infra.provision.cloud import outlook
    from infra.provision.view.display import Display

    _json_is_for_plans(plan, json)
    with _in_words():
        setting, ledger = _open(site, yes)
        _must_be_openstack(setting)
        if plan:
            with book.held(ledger.folder, setting.site.name), Display() as shown:
                tell = _quiet if json else shown
                found = outlook.destroying(setting, ledger, tell, keep_volume=keep_volume)
            _show(found, outlook.told_destroying, json)
            return
        with book.held(ledger.folder, setting.site.name), Display() as tell:
            end = ending.run(setting, ledger, tell, keep_volume)
        for what in end.kept:
            print(f"kept on purpose: {what}")
        for kind, names in end.left.items():
            print(f"left over: {kind} {', '.join(names)}")
    if end.left:
        raise Exit("Not made by this ledger, or made outside it; remove by hand.", 1)


@task(help={"site": SITE})
def lease_show(_c: Context, site: str = "") -> None:
    """Say how long the lease lasts."""
    from infra.provision.cloud import lease

    with _in_words():
        setting, _ = _open(site)
        _must_be_openstack(setting)
        for pool in lease.pools(setting).values():
            found = lease.find(setting, pool)
            if found is None:
                raise Exit(f"There is no lease {pool.name}.", 1)
            print(lease.left(found))


@task(help={"site": SITE, "hours": "how many more", "yes": "do not ask", **PLANS})
def lease_extend(
    _c: Context, site: str = "", *, hours: str = "6", yes: bool = False, plan: bool = False,
    json: bool = False,
) -> None:  # fmt: skip
    """Move the lease's end, and let the platform know."""
    from infra.provision import extension
    from infra.provision.cloud import outlook
    from infra.provision.view.display import Display

    _json_is_for_plans(plan, json)
    with _in_words():
        setting, ledger = _open(site, yes)
        more = extension.hours(hours)
        _must_be_openstack(setting)
        if plan:
            _show(outlook.extending(setting, more), outlook.told_extending, json)
            return
        setting.agree(f"Extend lease {setting.lease_name} by {more} h?")
        with Display() as tell:
            extension.run(setting, ledger, more, tell)


@task(help={"site": SITE, "yes": "do not ask", **PLANS})
def lease_delete(
    _c: Context, site: str = "", *, yes: bool = False, plan: bool = False, json: bool = False
) -> None:
    """Delete the lease, and with it servers that use it."""
    from infra.provision import ledger as book
    from infra.provision.cloud import lease, outlook

    _json_is_for_plans(plan, json)
    with _in_words():
        setting, ledger = _open(site, yes)
        _must_be_openstack(setting)
        if plan:
            _show(outlook.deleting(setting), outlook.told_deleting, json)
            return
        pools = lease.pools(setting).values()
        names = ", ".join(pool.name for pool in pools)
        setting.agree(f"Delete lease {names}, and the servers on it?")
        with book.held(ledger.folder, setting.site.name):
            for pool in pools:
                count = lease.delete(setting, pool, lambda said: print(said, flush=True))
                print(f"Deleted {pool.name}." if count else f"There was no lease {pool.name}.")


def _json_is_for_plans(plan: bool, json: bool) -> None:
    if json and not plan:
        raise Exit("--json is for --plan.", 2)


def _show(facts: dict[str, Any], write: Callable[[dict[str, Any]], list[str]], json: bool) -> None:
    from json import dumps

    print(dumps(facts, indent=2) if json else "\n".join(write(facts)))


def _quiet(_stage: str, _said: str) -> None:
    """Hear what Terraform says on its way; its plan is shown as a whole."""


def status(site: str, json: bool) -> None:
    """Show a site with nodes, as `invoke status --site` does."""
    from json import dumps

    from infra.provision.view import overview

    with _in_words():
        setting, ledger = _open(site)
        found = overview.look(setting, ledger)
    if json:
        print(dumps(found.as_json(), indent=2))
    else:
        from rich.console import Console

        overview.show(found, Console(soft_wrap=True))
    if found.problems:
        raise Exit(code=1)


def _open(site: str, yes: bool = False, replace: tuple[str, ...] = ()) -> "tuple[Setting, Ledger]":
    from infra.errors import UnknownNodeError
    from infra.provision.cloud import clouds
    from infra.provision.ledger import Ledger
    from infra.provision.setting import Setting
    from infra.sites import reading

    here = Path(os.environ.get("GOURMET_FROM", "."))
    chosen = reading.load(site, relative_to=here)
    if chosen.kind == "local":
        raise Exit("The local site is this machine: invoke up starts it, invoke down ends it.", 2)
    names = [node.name for node in chosen.nodes]
    for name in replace:
        if name not in names:
            raise UnknownNodeError(chosen.name, name, names)
    state = Path(os.environ.get("GOURMET_STATE") or ROOT / ".local")
    folder = state.absolute() / "sites" / chosen.name
    found = clouds.find(os.environ, here) if chosen.kind == "openstack" else None
    return Setting(chosen, folder, found, yes, replace), Ledger(folder)


def _must_be_openstack(setting: "Setting") -> None:
    from infra.provision.errors import FindingsError
    from infra.provision.preflight import offline

    if setting.site.kind != "openstack":
        raise Exit(f"Site {setting.site.name} is no OpenStack site: nothing was made for it.", 2)
    if bad := [str(finding) for finding in offline.of_clouds(setting) if finding.bad]:
        raise FindingsError(bad)


@contextlib.contextmanager
def _in_words(lines: "Lines | None" = None) -> Iterator[None]:
    from infra.errors import ProvisionError

    try:
        yield
    except ProvisionError as error:
        if lines:
            found = getattr(error, "lines", ())
            lines.end({"done": False, "error": str(error), "findings": list(found)})
        raise Exit(str(error), error.code) from error
    except KeyboardInterrupt:
        print("Interrupted; run the same command again to go on.", file=sys.stderr)
        raise Exit(code=130) from None


TOP = {"provision": provision, "destroy": destroy}
LEASES = Collection("lease")
LEASES.add_task(lease_show, "show")
LEASES.add_task(lease_extend, "extend")
LEASES.add_task(lease_delete, "delete")
