"""Who may go where and why: ask, approve, look back, and mend, at the terminal."""

from invoke import Context, Exit, task

ENVIRONMENTS = ("staging", "canary", "production")


@task(
    positional=["version"],
    help={"version": "such as 7", "to": "canary or production", "json": "as one JSON object"},
)
def explain(_c: Context, version: str, to: str, json: bool = False) -> None:
    """Show what each gate says of a version, and move nothing."""
    run("explain", f"--version={version}", f"--target={to}", *(["--json"] if json else []))


@task(
    positional=["version"],
    help={
        "version": "such as 7",
        "to": "production",
        "note": "why; it is kept with the approval",
        "expires": "8h, 3d, 2026-12-31; else as the policy of the site says",
        "revoke": "take your own approval back",
    },
)
def approve(
    _c: Context, version: str, to: str, note: str = "", expires: str = "", revoke: bool = False
) -> None:
    """Say that a version may go to an environment."""
    asked = [f"--version={version}", f"--target={to}", f"--note={note}", f"--expires={expires}"]
    run("approve", *asked, *(["--revoke"] if revoke else []))


def run(verb: str, *arguments: str) -> None:
    """Run a verb on the local site in the foreground; its exit code is ours."""
    from services.lifecycle import here

    try:
        code = here.run(verb, *arguments)
    except here.NotHereError as error:
        raise Exit(str(error), 2) from None
    if code:
        raise Exit(code=code)


TOP = {"approve": approve, "explain": explain}
