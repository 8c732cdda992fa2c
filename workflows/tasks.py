"""The life of a model as workflows, run on this machine by the embedded runner."""

from pathlib import Path

from invoke import Context, Exit, task

from workflows import runs, submission
from workflows.submission import ENVIRONMENTS, SOURCES
from workflows.terminal import absolute, with_refusals

STOPS = ("register", "staging", "canary", "production")


@task(
    help={
        "branch": "branch, tag or commit whose code trains; its default branch if not given",
        "data": "sample, or a folder or zip of photos",
        "until": "register, staging, canary or production",
        "name": "of the run, made up if not given",
        "plan": "show what it would read, compare and write; there is no --apply of that",
        "json": "with --plan: as one JSON object",
    }
)
def train(
    _c: Context,
    *,
    branch: str = "HEAD",
    data: str = "sample",
    until: str = "canary",
    name: str = "",
    plan: bool = False,
    json: bool = False,
) -> None:
    """Train a model, and take it to canary or production."""
    if until not in STOPS:
        raise Exit(f"--until {until}: choose {', '.join(STOPS)}.", 2)
    if json and not plan:
        raise Exit("--json is for --plan.", 2)
    whole = data == "sample" or "+" not in data or Path(absolute(data)).exists()
    parts = [data] if whole else data.rsplit("+", 1)
    photos = [part if part == "sample" else absolute(part) for part in parts]
    wanted = {"branch": branch, "data": "+".join(photos), "until": until}

    def submit() -> int:
        for part in photos:
            if part != "sample":
                submission.show(part)
        return submission.run("train-model", wanted, *(["--name", name] if name else []))

    def show() -> int:
        from workflows import foresight

        return foresight.show(wanted, photos, as_json=json)

    with_refusals(show if plan else submit)


PLANS = {
    "plan": "show what would be done, and do nothing",
    "apply": "FILE: do exactly this plan, or refuse because the world has moved since",
    "json": "with --plan: as one JSON object, to keep for --apply",
}
FORCE = {"force": "why closed gates are passed all the same; it is journalled"}


@task(name="deploy-canary", help={"version": "what staging serves if not given", **PLANS, **FORCE})
def deploy_canary(
    _c: Context,
    *,
    version: str = "",
    plan: bool = False,
    apply: str = "",
    json: bool = False,
    force: str = "",
) -> None:
    """Promote the version that staging serves to canary."""
    wish = {"command": "promote", "target": "canary", "version": version, "force": force}
    _promote(wish, plan=plan, apply=apply, json=json)


@task(
    help={
        "to": "canary or production",
        "version": "what the one before serves if not given",
        "wait-for-approval": "do not end where only an approval is missing: wait for it",
        **PLANS,
        **FORCE,
    }
)
def promote(
    _c: Context,
    to: str,
    *,
    version: str = "",
    wait_for_approval: bool = False,
    plan: bool = False,
    apply: str = "",
    json: bool = False,
    force: str = "",
) -> None:
    """Promote a version to the next environment."""
    if to not in SOURCES:
        raise Exit(f"No promotion leads to {to!r}: choose {' or '.join(SOURCES)}.", 2)
    wish = {"command": "promote", "target": to, "version": version, "force": force}
    _promote(wish, plan=plan, apply=apply, json=json, waits=wait_for_approval)


@task(
    optional=["replay"],
    help={
        "version": "what canary serves if not given",
        "replay": "send recorded photos to both instead: production's own, or those of a folder",
        "deadline": "seconds for each share of the plan until no more is waited for",
        "plan": "show what a fail would do, and do nothing",
        "json": "with --plan: as one JSON object",
    },
)
def judge(
    _c: Context,
    *,
    version: str = "",
    replay: str = "",
    deadline: int = 1800,
    plan: bool = False,
    json: bool = False,
) -> None:
    """Compare canary with production, and act on it."""
    if _planned({"command": "judge", "target": "canary"}, plan=plan, apply="", json=json):
        return
    # Without a value Invoke gives True: the photos that production keeps.
    named = isinstance(replay, str) and bool(replay)
    photos = absolute(replay) if named else "recorded" if replay else "none"

    def submit() -> int:
        if named:
            submission.show(photos)
        wanted = {"model-version": version or submission.released("canary"), "replay": photos}
        return submission.run("judge-canary", wanted | {"deadline": str(deadline)})

    with_refusals(submit)


@task(
    positional=["env"],
    help={"env": ", ".join(ENVIRONMENTS), "reason": "kept with the version", **PLANS},
)
def rollback(
    _c: Context,
    env: str,
    *,
    reason: str = "rolled back by hand",
    plan: bool = False,
    apply: str = "",
    json: bool = False,
) -> None:
    """Take an environment back to its last approved release."""
    if env not in ENVIRONMENTS:
        raise Exit(f"No environment {env!r}: choose {', '.join(ENVIRONMENTS)}.", 2)
    wish = {"command": "rollback", "target": env, "reason": reason}
    if not _planned(wish, plan=plan, apply=apply, json=json):
        wanted = {"environment": env, "reason": reason}
        with_refusals(lambda: submission.run("revert-model", wanted))


def _promote(
    wish: dict[str, str], *, plan: bool, apply: str, json: bool, waits: bool = False
) -> None:
    if _planned(wish, plan=plan, apply=apply, json=json):
        return
    target = wish["target"]
    more = {"force": wish["force"]} if wish["force"] else {}
    more |= {"wait-for-approval": "yes"} if waits else {}

    def submit() -> int:
        number = wish["version"] or submission.released(SOURCES[target])
        wanted = {"model-version": number, "target": target, **more}
        if waits:
            told = f"./run invoke approve {number} --to {target}"
            print(f"where an approval is missing, it waits for one: {told}", flush=True)
        return submission.run("promote-model", wanted, waits=waits)

    with_refusals(submit)


def _planned(wish: dict[str, str], *, plan: bool, apply: str, json: bool) -> bool:
    """Show or carry out a plan where one is asked for."""
    from workflows import planning

    if (force := wish.get("force", "")) and not force.strip():
        raise Exit("--force needs a reason; it is journalled, and history tells it.", 2)
    if plan and apply:
        raise Exit("--plan shows and --apply does: give one of them.", 2)
    if json and not plan:
        raise Exit("--json is for --plan.", 2)
    if plan:
        with_refusals(lambda: planning.show(wish, as_json=json))
    elif apply:
        with_refusals(lambda: planning.apply(absolute(apply), wish))
    return plan or bool(apply)


TOP = {
    "train": train,
    "deploy-canary": deploy_canary,
    "judge": judge,
    "promote": promote,
    "rollback": rollback,
}
namespace = runs.namespace
