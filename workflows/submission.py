"""How our own workflows are handed to the runner on the local site: files, state, images."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path

from workflows import unfinished

HERE = Path(__file__).resolve().parent
CLONE = HERE.parent
SOURCES = {"canary": "staging", "production": "canary"}
ENVIRONMENTS = ("staging", "canary", "production")
# What the runner ends with after Ctrl-C and SIGTERM.
INTERRUPTED = (130, 143, -2, -15)
SET_PARENT_DEATH_SIGNAL = 1  # of prctl(2)


class SubmissionError(Exception):
    """A workflow cannot be handed over; the message says what to do."""


def state() -> Path:
    """Name the folder in which the local site keeps everything."""
    return Path(os.environ.get("GOURMET_STATE") or CLONE / ".local").resolve()


def files() -> list[str]:
    """Return our workflow files, and the site's facts beside them."""
    facts = state() / "platform.yaml"
    return [
        str(path) for path in (*sorted(HERE.glob("*.yaml")), *([facts] if facts.exists() else []))
    ]


def names() -> list[str]:
    """Return the names of our workflows."""
    return sorted(path.stem for path in HERE.glob("*.yaml"))


def run(name: str, parameters: Mapping[str, str], *options: str, waits: bool = False) -> int:
    """Run one of our workflows and return the runner's exit code.

    What a killed command left of the very same is gone on with. What is interrupted is taken
    back. `waits`: where it is suspended, it waits for people even if none is at the terminal.

    Raises:
        SubmissionError: there is no such workflow, the local site was never started, or
            another operation holds the environment.
    """
    require_known(name)
    require_site()
    if options:
        return _start(name, parameters, *options)
    environment = unfinished.environment_of(name, parameters)
    require_free(environment)
    code = _go(name, parameters, *(["--suspend", "wait"] if waits else []))
    if code in INTERRUPTED and environment and unfinished.holder(state(), environment):
        print(f"interrupted: {environment} is put in order again", flush=True)
        call(
            [
                sys.executable,
                "-m",
                "services.lifecycle.here",
                "repair",
                f"--environment={environment}",
            ]
        )
    return code


def _go(name: str, parameters: Mapping[str, str], *options: str) -> int:
    left = unfinished.run_of(state(), name, parameters)
    if left is None:
        return _start(name, parameters, *options)
    print(f"goes on with {left}, which broke off", flush=True)
    return again("retry", left, *options)


def _start(name: str, parameters: Mapping[str, str], *options: str) -> int:
    given = [part for key, value in parameters.items() for part in ("-p", f"{key}={value}")]
    return runner("run", *files(), "--from", name, *given, *_site(), *options)


def planning(name: str) -> list[str]:
    """Return the command that shows what one of our workflows would run, as JSON."""
    command = [sys.executable, "-m", "workflows.runner", "run", *files(), "--from", name]
    return [*command, "--plan", "-o", "json", "--state", str(state() / "runs"), *_site()]


def runner(verb: str, *arguments: str) -> int:
    """Run the workflow runner in the foreground, on the runs of the local site."""
    where = [] if verb in ("lint", "support") else ["--state", str(state() / "runs")]
    command = [sys.executable, "-m", "workflows.runner", verb, *where, *arguments]
    return call(command, GOURMET_PERSON=person())


def again(verb: str, *arguments: str) -> int:
    """Go on with a run that was left: it needs the site as much as a new one."""
    return runner(verb, *arguments, *_site())


def person() -> str:
    """Return who is at it, as Git knows them: Name <address>."""
    ask = ["git", "-C", str(CLONE), "var", "GIT_AUTHOR_IDENT"]
    done = subprocess.run(ask, capture_output=True, text=True, check=False)
    import getpass

    # After name and address come the time and its zone.
    known = done.stdout.rsplit(" ", 2)[0] if done.returncode == 0 else ""
    with contextlib.suppress(KeyError, OSError):
        return known or getpass.getuser()
    return "somebody"


def call(command: Sequence[str], **more: str) -> int:
    """Run a command in the foreground; Ctrl-C is its own to handle, and it ends when we do."""
    import ctypes

    prctl = ctypes.CDLL(None).prctl
    with subprocess.Popen(
        command,
        cwd=CLONE,
        env={**os.environ, **more},
        # Told to end when the process that started it is killed: nothing goes on unseen.
        preexec_fn=lambda: prctl(  # noqa: PLW1509 - no task of ours has threads
            SET_PARENT_DEATH_SIGNAL, signal.SIGTERM
        ),
    ) as process:
        signal.signal(signal.SIGTERM, lambda *_: process.terminate())
        while True:
            try:
                return process.wait()
            except KeyboardInterrupt:
                continue


def show(path: str) -> None:
    """Let the steps of this site see a file or folder of this machine where it is.

    Raises:
        SubmissionError: it is not there, or the local site was never started.
    """
    import yaml

    require_site()
    if not Path(path).exists():
        raise SubmissionError(f"{path}: there is no such folder or zip file.")
    table = state() / "images.yaml"
    images = yaml.safe_load(table.read_text())
    for image in images.values():
        image["binds"] = list(dict.fromkeys([*image.get("binds", []), path]))
    beside = table.with_suffix(f".{os.getpid()}")
    beside.write_text(yaml.safe_dump(images))
    beside.replace(table)


def released(environment: str) -> str:
    """Return the model version that Git says an environment serves.

    Raises:
        SubmissionError: there is none, or it is the bootstrap model.
    """
    require_site()
    path = f"main:environments/{environment}/release.json"
    command = ["git", "-C", str(state() / "gitops.git"), "show", path]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    version = json.loads(done.stdout)["version"] if done.returncode == 0 else None
    if version is None:
        raise SubmissionError(
            f"{environment} serves no trained version yet. Train one: ./run invoke train"
        )
    return str(version)


def require_known(name: str) -> None:
    """Refuse a workflow that we do not have."""
    if name not in names():
        near = get_close_matches(name, names(), n=1)
        hint = f"Did you mean {near[0]}?" if near else f"There are {', '.join(names())}."
        raise SubmissionError(f"no workflow is called {name!r}. {hint}")


def require_free(environment: str) -> None:
    """Refuse at once when an operation that lives holds the environment."""
    holder = unfinished.holder(state(), environment) if environment else None
    if holder and holder.is_alive:
        raise SubmissionError(
            f"{environment} is held by {holder}. Wait for it, or see how it goes: "
            f"./run invoke workflows.get {holder.operation}"
        )


def require_site() -> None:
    """Refuse when the local site was never started."""
    if not (state() / "platform.yaml").exists():
        raise SubmissionError("the local site was never started here. Run: ./run invoke up")


def _site() -> list[str]:
    here = state()
    places = {"--objects": "objects", "--images": "images.yaml", "--store": "images"}
    return [part for option, name in places.items() for part in (option, str(here / name))]
