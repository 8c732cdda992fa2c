"""Which local program stands in for an image of other people (stand_ins.yaml)."""

import subprocess
import sys
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

import yaml

from infra.local import state as files
from infra.local.errors import SiteError
from infra.local.state import CLONE, State

TABLE = Path(__file__).with_name("stand_ins.yaml")


class StandInError(SiteError):
    """The environment of a stand-in could not be made."""


@dataclass(frozen=True)
class StandIn:
    """One line of the table.

    Attributes:
        image: A glob.
        requirements: Locked requirements, relative to the clone; empty for a program.
        program: A program of the site; empty for requirements.
    """

    image: str
    requirements: str = ""
    program: str = ""


@cache
def table() -> tuple[StandIn, ...]:
    """Read the table, once."""
    return tuple(StandIn(**line) for line in yaml.safe_load(TABLE.read_text()))


def find(image: str) -> StandIn | None:
    """Return what stands in for an image, or None when nothing does."""
    name = image.partition("@")[0]
    return next((line for line in table() if fnmatchcase(name, line.image)), None)


def prepare(state: State, clone: Path = CLONE) -> None:
    """Make the environment of every stand-in, and remember where each is."""
    wanted = [line.requirements for line in table() if line.requirements]
    folders = {name: _environment(clone, name) for name in wanted}
    files.write_json(_remembered(state), folders)


def environment_of(state: State, stand_in: StandIn) -> Path | None:
    """Return the folder of a stand-in's environment, once it is made."""
    folder = (files.read_json(_remembered(state)) or {}).get(stand_in.requirements)
    return Path(folder) if folder and Path(folder).is_dir() else None


def _remembered(state: State) -> Path:
    return state.supervisor / "environments.json"


def _environment(clone: Path, requirements: str) -> str:
    command = [sys.executable, "-m", "services.environments", requirements]
    done = subprocess.run(command, cwd=clone, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        raise StandInError(
            f"{requirements}: its environment could not be made (see above); then: ./run invoke up"
        )
    return done.stdout.strip().splitlines()[-1]
