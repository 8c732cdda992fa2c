"""Drills: break a thing on purpose on a real site, and see that nothing that serves is moved."""

from invoke import Collection, Context, Exit, task


@task(
    positional=["name"],
    iterable=["name"],
    help={
        "name": "of a drill, all if not given; repeat for more",
        "here": "on the site of this folder, not on one of its own",
        "keep": "leave the drills' own site on disk, to look at it",
    },
)
def run(_c: Context, name: list[str], here: bool = False, keep: bool = False) -> None:
    """Hold drills, and say what each broke and what came of it."""
    from services.drills import catalogue, command
    from services.drills.errors import DrillError

    try:
        results = command.run(catalogue.chosen(name), here=here, keep=keep)
    except DrillError as error:
        raise Exit(str(error), error.code) from None
    if not all(result.passed for result in results):
        raise Exit(code=1)


@task(name="list")
def list_drills(_c: Context) -> None:
    """List the drills, and what each breaks."""
    from services.drills import catalogue

    for drill in catalogue.every().values():
        print(f"{drill.name:<22} {drill.breaks}")


namespace = Collection(run, list_drills)
