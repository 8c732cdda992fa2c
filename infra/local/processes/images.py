"""What an image is on this machine: a folder and a command, by digest."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.local.errors import PodError
from infra.local.processes import stand_ins
from infra.local.site import REGISTRY
from infra.local.state import State

BY_DIGEST = re.compile(r"[^@]+@sha256:([0-9a-f]{64})")
PULL = "ErrImagePull"


@dataclass(frozen=True)
class Image:
    """An image that can be run here.

    Attributes:
        folder: Where its command runs.
        program: The site's own program that stands in, if that is what it is.
    """

    name: str
    folder: Path
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    env: tuple[tuple[str, str], ...] = ()
    program: str = ""


def find(state: State, name: str) -> Image:
    """Return what an image name stands for here.

    Raises:
        PodError: it stands for nothing, with what to do about it.
    """
    if name.startswith(f"{REGISTRY}/"):
        return _ours(state, name)
    stand_in = stand_ins.find(name)
    if stand_in is None:
        raise PodError(
            "InvalidImageName",
            f"{name}: no local program stands in for this image. Name one in "
            "infra/local/processes/stand_ins.yaml, or one of our own by digest.",
        )
    if stand_in.program:
        return Image(name, state.folder, program=stand_in.program)
    environment = stand_ins.environment_of(state, stand_in)
    if environment is None:
        why = f"{name}: its stand-in is not installed. Run ./run invoke up"
        raise PodError(PULL, why)
    path = f"{environment / 'bin'}:/usr/local/bin:/usr/bin:/bin"
    return Image(name, state.folder, env=(("PATH", path), ("VIRTUAL_ENV", str(environment))))


def _ours(state: State, name: str) -> Image:
    found = BY_DIGEST.fullmatch(name)
    if not found:
        why = f"{name}: our images are named by digest only, such as {REGISTRY}/app@sha256:…"
        raise PodError("InvalidImageName", why)
    view = state.images / "unpacked" / found.group(1) / "run.json"
    try:
        run: dict[str, Any] = json.loads(view.read_text())
    except FileNotFoundError as error:
        why = (
            f"{name}: no image with this digest is in {state.images}. "
            "Bake it again, or release a digest that exists: ./run invoke status"
        )
        raise PodError(PULL, why) from error
    except ValueError as error:
        raise PodError(PULL, f"{view}: is broken: {error}") from error
    inside = Path(run["rootfs"]) / str(run.get("workdir", "/app")).lstrip("/")
    return Image(
        name,
        inside,
        tuple(run.get("entrypoint") or ()),
        tuple(run.get("cmd") or ()),
        tuple((run.get("env") or {}).items()),
    )
