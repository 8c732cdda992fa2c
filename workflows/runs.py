"""The runs of our workflows: judge the files, plan, start, look at, go on with, end."""

from invoke import Collection, Context, Exit, task

from workflows import submission
from workflows.terminal import absolute, end, with_refusals


@task(positional=["file"], iterable=["file"], help={"file": "ours if not given; repeat for more"})
def lint(_c: Context, file: list[str]) -> None:
    """Refuse what `run` would refuse."""
    end(submission.runner("lint", *([absolute(each) for each in file] or submission.files())))


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
    end(submission.runner("list"))


@task(positional=["name"], help={"name": "of a run"})
def get(_c: Context, name: str) -> None:
    """Show a run as a tree."""
    end(submission.runner("get", name))


@task(positional=["name"], help={"name": "of a run"})
def logs(_c: Context, name: str) -> None:
    """Show what the steps of a run printed."""
    end(submission.runner("logs", name))


@task(positional=["name"], help={"name": "of a run"})
def retry(_c: Context, name: str) -> None:
    """Go on with a run where it failed or broke off."""
    with_refusals(lambda: submission.again("retry", name))


@task(positional=["name"], help={"name": "of a run"})
def resume(_c: Context, name: str) -> None:
    """Let a suspended run go on."""
    end(submission.again("resume", name))


@task(positional=["name"], help={"name": "of a run"})
def stop(_c: Context, name: str) -> None:
    """Stop a run; its exit handler still runs."""
    end(submission.runner("stop", name))


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

    with_refusals(act)


@task
def support(_c: Context) -> None:
    """Show what the runner does of each field of Argo."""
    end(submission.runner("support"))


def _run(name: str, parameters: dict[str, str], *options: str) -> None:
    with_refusals(lambda: submission.run(name, parameters, *options))


def _pairs(parameters: list[str]) -> dict[str, str]:
    for each in parameters:
        if "=" not in each:
            raise Exit(f"--parameter {each}: write it as name=value.", 2)
    return dict(each.split("=", 1) for each in parameters)


namespace = Collection(
    lint, plan, run_workflow, list_runs, get, logs, retry, resume, stop, on_push, support
)
