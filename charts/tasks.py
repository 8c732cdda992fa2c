"""Render the charts, judge what they render, and hold Git against them."""

import os
from pathlib import Path

from invoke import Collection, Context, Exit, task

ROOT = Path(__file__).resolve().parents[1]
SET = "PATH=VALUE for this render, such as traffic.canary=25; repeat for more"


@task(
    iterable=["set"],
    help={
        "set": SET,
        "site": "local, kvm, …",
        "env": "this environment only, not the platform and the others",
        "out": "folder to write, else .local/rendered",
    },
)
def render(_c: Context, set: list[str], site: str = "local", env: str = "", out: str = "") -> None:
    """Render the charts as plain manifests."""
    from charts import whole
    from charts.errors import ChartsError

    folder = _from(out) if out else _state() / "rendered"
    try:
        for line in whole.render_site(site, env or None, set, _gitops(), folder):
            print(line)
    except ChartsError as error:
        raise Exit(str(error), 2) from error


@task(
    iterable=["set"],
    help={"set": SET, "env": "hold this environment against Git", "against": "or against this one"},
)
def diff(
    _c: Context, set: list[str], site: str = "local", env: str = "", against: str = ""
) -> None:
    """Show how Git differs from the charts."""
    from charts import whole
    from charts.errors import ChartsError

    if env:
        pairs = [part for pair in set for part in ("--set", pair)]
        _main("diff", *filter(None, (env, against)), "--site", site, *pairs)
        return
    try:
        text = whole.diff_site(site, set, _gitops())
    except ChartsError as error:
        raise Exit(str(error), 2) from error
    print(text, end="")
    if text:
        raise Exit(code=1)


@task(help={"site": "this site only"})
def validate(_c: Context, site: str = "") -> None:
    """Judge what the charts render."""
    _main("validate", *(["--site", site] if site else []))


def _main(*arguments: str) -> None:
    from charts.__main__ import main

    os.environ.setdefault("GOURMET_GITOPS", str(_gitops()))
    if code := main(arguments):
        raise Exit(code=code)


def _state() -> Path:
    return Path(os.environ.get("GOURMET_STATE") or ROOT / ".local")


def _gitops() -> Path:
    return Path(os.environ.get("GOURMET_GITOPS") or _state() / "gitops.git")


def _from(path: str) -> Path:
    return Path(os.environ.get("GOURMET_FROM", ".")) / path


namespace = Collection(render, diff, validate)
