"""Who may go where and why: ask, approve, look back, and mend, at the terminal."""

from invoke import Context, Exit, task

ENVIRONMENTS = ("staging", "canary", "production")
TARGETS = ("canary", "production")
PLANS = {
    "plan": "show what would be done, and do nothing",
    "apply": "FILE: do exactly this plan, or refuse because the world has moved since",
    "json": "with --plan: as one JSON object, to keep for --apply",
}


@task(
    positional=["version"],
    help={"version": "such as 7", "to": "canary or production", "json": "as one JSON object"},
)
def explain(_c: Context, version: str, to: str, json: bool = False) -> None:
    """Show what each gate says of a version, and move nothing."""
    _target(to)
    run("explain", f"--version={version}", f"--target={to}", *(["--json"] if json else []))


@task(
    positional=["version"],
    help={
        "version": "such as 7",
        "to": "production",
        "note": "why; it is kept with the approval",
        "expires": "8h, 3d, 2026-12-31; else as the policy of the site says",
        "revoke": "take your own approval back",
        **PLANS,
    },
)
def approve(
    _c: Context,
    version: str,
    to: str,
    *,
    note: str = "",
    expires: str = "",
    revoke: bool = False,
    plan: bool = False,
    apply: str = "",
    json: bool = False,
) -> None:
    """Say that a version may go to an environment."""
    import subprocess
    import sys

    from services.lifecycle import here

    _target(to)
    which = [f"--version={version}", f"--target={to}"]
    more = [f"--note={note}", f"--expires={expires}", *(["--revoke"] if revoke else [])]
    asked = ["approve", *which, *more]
    if _planned(asked, plan=plan, apply=apply, json=json):
        return
    try:
        code, said = here.outputs(*_applied(asked, apply))
    except here.NotHereError as error:
        raise Exit(str(error), 2) from None
    if not code and said["answer"] == "allow":
        command = [sys.executable, "-m", "workflows.waiting", *which]
        code = subprocess.run(command, cwd=here.ROOT, check=False).returncode
    if code:
        raise Exit(code=code)


@task(
    positional=["what"],
    help={"what": "commit, run, version, digest or environment", "json": "as one JSON object"},
)
def trace(_c: Context, what: str, json: bool = False) -> None:
    """Follow a model from its commit to live traffic and back."""
    run("trace", what, *_as_json(json))


@task(
    positional=["env"],
    help={
        "env": ", ".join(ENVIRONMENTS),
        "limit": "so many, the newest; 0 is all",
        "json": "as one JSON object",
    },
)
def history(_c: Context, env: str, limit: int = 20, json: bool = False) -> None:
    """Show what was decided about an environment, and why."""
    _known(env)
    run("history", f"--environment={env}", f"--limit={limit}", *_as_json(json))


@task(positional=["one", "other"], help={"json": "as one JSON object"})
def diff(_c: Context, one: str, other: str, json: bool = False) -> None:
    """Show unexpected differences of two environments."""
    _known(one, other)
    run("diff", one, other, *_as_json(json))


@task(positional=[], help={"env": "all if not given", "json": "as one JSON object"})
def drift(_c: Context, env: str = "", json: bool = False) -> None:
    """Hold Git, the site and the registry side by side."""
    _known(*([env] if env else []))
    run("drift", *([f"--environment={env}"] if env else []), *_as_json(json))


@task(
    positional=["env"],
    help={
        "env": ", ".join(ENVIRONMENTS),
        "gone": "how you know that what holds it is gone, where nothing proves it",
        **PLANS,
    },
)
def repair(
    _c: Context,
    env: str,
    *,
    gone: str = "",
    plan: bool = False,
    apply: str = "",
    json: bool = False,
) -> None:
    """Mend what a killed operation left, and aliases that lie."""
    _known(env)
    asked = ["repair", f"--environment={env}", *([f"--gone={gone}"] if gone else [])]
    if not _planned(asked, plan=plan, apply=apply, json=json):
        run(*_applied(asked, apply), quiet=True)


@task(
    positional=["version"],
    help={
        "version": "of the registry",
        "reason": "why; kept with the version",
        "lift": "let it go on again",
        **PLANS,
    },
)
def hold(
    _c: Context,
    version: str,
    *,
    reason: str = "",
    lift: bool = False,
    plan: bool = False,
    apply: str = "",
    json: bool = False,
) -> None:
    """Put a version on hold, or lift that."""
    asked = ["hold", f"--version={version}", f"--reason={reason}", *(["--lift"] if lift else [])]
    if not _planned(asked, plan=plan, apply=apply, json=json):
        run(*_applied(asked, apply), quiet=True)


def _planned(asked: list[str], *, plan: bool, apply: str, json: bool) -> bool:
    """Show a plan where one is asked for."""
    if plan and apply:
        raise Exit("--plan shows and --apply does: give one of them.", 2)
    if json and not plan:
        raise Exit("--json is for --plan.", 2)
    if plan:
        run("rehearse", *_as_json(json), *asked)
    return plan


def _applied(asked: list[str], plan: str) -> list[str]:
    """Return the verb that does it: of its own, or by a plan."""
    import os
    from pathlib import Path

    # ./run went to the root of the clone; the file is where the person is.
    file = Path(os.environ.get("GOURMET_FROM", ""), plan)
    return ["apply", str(file), *asked] if plan else asked


def _target(to: str | None) -> None:
    if to not in TARGETS:
        raise Exit(f"Say where to: --to {' or --to '.join(TARGETS)}.", 2)


def _known(*environments: str) -> None:
    for each in environments:
        if each not in ENVIRONMENTS:
            raise Exit(f"No environment {each!r}: choose {', '.join(ENVIRONMENTS)}.", 2)


def _as_json(json: bool) -> list[str]:
    return ["--json"] if json else []


def run(verb: str, *arguments: str, quiet: bool = False) -> None:
    """Run a verb on the local site in the foreground; its exit code is ours."""
    from services.lifecycle import here

    try:
        code = here.run(verb, *arguments, quiet=quiet)
    except here.NotHereError as error:
        raise Exit(str(error), 2) from None
    if code:
        raise Exit(code=code)


TOP = {
    "approve": approve,
    "explain": explain,
    "trace": trace,
    "history": history,
    "diff": diff,
    "drift": drift,
    "repair": repair,
    "hold": hold,
}
