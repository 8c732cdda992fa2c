"""Run a verb of the lifecycle on this machine, with the facts of the local site.

A task runs a verb as a workflow step would: in the lifecycle's own environment, told what
differs between sites by the ConfigMap `platform` that the local site wrote. Other areas start
it as a command: python -m services.lifecycle.here VERB ...
"""

import contextlib
import getpass
import json
import os
import subprocess
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
REQUIREMENTS = ROOT / "services/lifecycle/requirements.txt"


# Verbs that say what a workflow would do.
AS_STEPS = {"explain", "plan"}


class NotHereError(Exception):
    """The verb cannot run here; the message says what to do."""


def run(verb: str, *arguments: str, quiet: bool = False) -> int:
    """Run a verb in the foreground and return its exit code; Ctrl-C is its own to handle.

    `quiet` leaves out what it puts out for a program; what it says to a person stays.

    Raises:
        NotHereError: the local site was never started, or its packages cannot be had.
    """
    environment = {**os.environ, **facts(), "GOURMET_PERSON": person()}
    folder = steps_code() if verb in AS_STEPS else ROOT
    out = subprocess.DEVNULL if quiet else None
    asked = command(verb, *arguments)
    with subprocess.Popen(asked, cwd=folder, env=environment, stdout=out) as process:
        while True:
            try:
                return process.wait()
            except KeyboardInterrupt:
                continue


def outputs(verb: str, *arguments: str) -> tuple[int, dict[str, str]]:
    """Run a verb and return its exit code, and what it put out for a program.

    Raises:
        NotHereError: the local site was never started, or its packages cannot be had.
    """
    environment = {**os.environ, **facts(), "GOURMET_PERSON": person()}
    done = subprocess.run(
        command(verb, *arguments), cwd=ROOT, env=environment, stdout=subprocess.PIPE, check=False
    )
    return done.returncode, json.loads(done.stdout) if done.stdout else {}


def command(verb: str, *arguments: str) -> list[str]:
    """Return the command that runs a verb in the lifecycle's own environment."""
    from services import environments

    try:
        python = environments.ensure(REQUIREMENTS) / "bin" / "python"
    except environments.SetupError as error:
        raise NotHereError(str(error)) from None
    return [str(python), "-m", "services.lifecycle", verb, *arguments]


def steps_code() -> Path:
    """Return the folder with the code that the site's workflow steps run.

    What is asked before a move is answered by the code that will make it, not by what was
    edited here since.
    """
    data: dict[str, str] = yaml.safe_load((state() / "platform.yaml").read_text())["data"]
    digest = data.get("lifecycle-image", "").partition("@sha256:")[2]
    folder = state() / "images" / "unpacked" / digest / "rootfs" / "app"
    return folder if digest and folder.is_dir() else ROOT


def person() -> str:
    """Return who is at it, as Git knows them: Name <address>."""
    ask = ["git", "-C", str(ROOT), "var", "GIT_AUTHOR_IDENT"]
    done = subprocess.run(ask, capture_output=True, text=True, check=False)
    # After name and address come the time and its zone.
    known = done.stdout.rsplit(" ", 2)[0] if done.returncode == 0 else ""
    with contextlib.suppress(KeyError, OSError):
        return known or getpass.getuser()
    return "somebody"


def state() -> Path:
    """Name the folder in which the local site keeps everything."""
    return Path(os.environ.get("GOURMET_STATE") or ROOT / ".local").absolute()


def facts() -> dict[str, str]:
    """Return what the site tells its steps, without what only workflows can use.

    Raises:
        NotHereError: the local site was never started.
    """
    file = state() / "platform.yaml"
    if not file.exists():
        raise NotHereError("the local site was never started here. Run: ./run invoke up")
    data: dict[str, str] = yaml.safe_load(file.read_text())["data"]
    return {name: value for name, value in data.items() if "-" not in name}


if __name__ == "__main__":
    try:
        sys.exit(run(*sys.argv[1:]))
    except NotHereError as error:
        sys.exit(f"{sys.argv[1]}: {error}")
