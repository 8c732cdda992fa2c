"""The life of a model as workflows, run on this machine by the embedded runner."""

from collections.abc import Callable
from pathlib import Path

from invoke import Collection, Context, Exit, task

from workflows import submission
from workflows.submission import ENVIRONMENTS, SOURCES, SubmissionError


@task(
    help={
        "branch": "branch, tag or commit whose code trains; its default branch if not given",
        "data": "sample, or a folder or zip of photos",
        "until": "register, staging, canary or production",
        "name": "of the run, made up if not given",
    }
)
def train(
    _c: Context, branch: str = "HEAD", data: str = "sample", until: str = "canary", name: str = ""
) -> None:
    """Train a model and take it as far as canary, or with its approval to production."""
    whole = data == "sample" or "+" not in data or Path(_absolute(data)).exists()
    parts = [data] if whole else data.rsplit("+", 1)
    photos = [part if part == "sample" else _absolute(part) for part in parts]
    wanted = {"branch": branch, "data": "+".join(photos), "until": until}

    def submit() -> int:
        for part in photos:
            if part != "sample":
                submission.show(part)
        return submission.run("train-model", wanted, *(["--name", name] if name else []))

    _with_refusals(submit)


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
        "deadline": "seconds until no more is waited for",
    },
)
def judge(_c: Context, version: str = "", replay: str = "", deadline: int = 1800) -> None:
    """Compare canary with production, and act on it."""
    # Without a value Invoke gives True: the photos that production keeps.
    named = isinstance(replay, str) and bool(replay)
    photos = _absolute(replay) if named else "recorded" if replay else "none"

    def submit() -> int:
        if named:
            submission.show(photos)
        wanted = {"model-version": version or submission.released("canary"), "replay": photos}
        return submission.run("judge-canary", wanted | {"deadline": str(deadline)})

    _with_refusals(submit)


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
        _run("revert-model", {"environment": env, "reason": reason})


@task(positional=["file"], iterable=["file"], help={"file": "ours if not given; repeat for more"})
def lint(_c: Context, file: list[str]) -> None:
    """Refuse what `run` would refuse."""
    _end(submission.runner("lint", *([_absolute(each) for each in file] or submission.files())))


@task(
    positional=["name"],
    iterable=["parameter"],
    help={"name": "one of ours", "parameter": "name=value; repeat for more"},
)
def plan(_c: Context, name: str, parameter: list[str]) -> None:
    """Show what a workflow would do, and do nothing."""
    _run(name, _pairs(parameter), "--plan")


@task(
    name="run",
    positional=["name"],
    iterable=["parameter"],
    help={"name": "one of ours", "parameter": "name=value; repeat for more"},
)
def run_workflow(_c: Context, name: str, parameter: list[str]) -> None:
    """Run a workflow."""
    _run(name, _pairs(parameter))


@task(name="list")
def list_runs(_c: Context) -> None:
    """List the runs."""
    _end(submission.runner("list"))


@task(positional=["name"], help={"name": "of a run"})
def get(_c: Context, name: str) -> None:
    """Show a run as a tree."""
    _end(submission.runner("get", name))


@task(positional=["name"], help={"name": "of a run"})
def logs(_c: Context, name: str) -> None:
    """Show what the steps of a run printed."""
    _end(submission.runner("logs", name))


@task(positional=["name"], help={"name": "of a run"})
def retry(_c: Context, name: str) -> None:
    """Go on with a run where it failed or broke off."""
    _with_refusals(lambda: submission.again("retry", name))


@task(positional=["name"], help={"name": "of a run"})
def resume(_c: Context, name: str) -> None:
    """Let a suspended run go on."""
    _end(submission.runner("resume", name))


@task(positional=["name"], help={"name": "of a run"})
def stop(_c: Context, name: str) -> None:
    """Stop a run; its exit handler still runs."""
    _end(submission.runner("stop", name))


@task(
    name="on-push",
    help={
        "install": "train each push to the branch from now on, by a hook of Git in this clone",
        "remove": "take the hook away",
        "branch": "the training branch; the one that is checked out if not given",
    },
)
def on_push(_c: Context, install: bool = False, remove: bool = False, branch: str = "") -> None:
    """Train what was pushed to a branch, each push once."""
    from workflows.pushing import hook, taking

    def act() -> int:
        if remove:
            gone = hook.remove(submission.CLONE)
            print("Pushes no longer train." if gone else "There was no hook of ours.")
            return 0
        submission.require_site()
        name = branch or hook.default_branch(submission.CLONE)
        pushes = taking.Pushes(submission.CLONE, name, submission.state())
        if not install:
            count = taking.take(pushes)
            print(f"{name}: {count} pushes were trained." if count else f"{name}: nothing waits.")
            return 0
        new = hook.install(submission.CLONE, name, submission.CLONE, submission.state())
        if new:
            pushes.know()
        print(f"Each push to {name} {'now trains once' if new else 'trains once already'}.")
        return 0

    _with_refusals(act)


@task
def support(_c: Context) -> None:
    """Show what the runner does of each field of Argo."""
    _end(submission.runner("support"))


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

    _with_refusals(submit)


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
        _with_refusals(lambda: planning.show(wish, as_json=json))
    elif apply:
        _with_refusals(lambda: planning.apply(_absolute(apply), wish))
    return plan or bool(apply)


def _run(name: str, parameters: dict[str, str], *options: str) -> None:
    _with_refusals(lambda: submission.run(name, parameters, *options))


def _with_refusals(submit: Callable[[], int]) -> None:
    try:
        _end(submit())
    except SubmissionError as error:
        raise Exit(str(error), 2) from None


def _end(code: int) -> None:
    if code:
        raise Exit(code=code)


def _pairs(parameters: list[str]) -> dict[str, str]:
    for each in parameters:
        if "=" not in each:
            raise Exit(f"--parameter {each}: write it as name=value.", 2)
    return dict(each.split("=", 1) for each in parameters)


def _absolute(path: str) -> str:
    """Read a path as the person meant it, wherever `./run` went meanwhile."""
    import os

    return str(Path(os.environ.get("GOURMET_FROM", "."), path).resolve())


TOP = {
    "train": train,
    "deploy-canary": deploy_canary,
    "judge": judge,
    "promote": promote,
    "rollback": rollback,
}
namespace = Collection(
    lint, plan, run_workflow, list_runs, get, logs, retry, resume, stop, on_push, support
)
