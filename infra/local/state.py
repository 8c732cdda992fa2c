"""Where a local site keeps what it knows: one folder, and what lies where in it."""

import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CLONE = Path(__file__).resolve().parents[2]
SOCKET_LIMIT = 88  # bytes that a socket path may have, less what supervisord appends to it


@dataclass(frozen=True)
class State:
    """The state folder of one site, as absolute paths."""

    folder: Path

    @property
    def site_file(self) -> Path:
        """Identity, ports and names, chosen once."""
        return self.folder / "site.json"

    @property
    def gitops(self) -> Path:
        """The bare GitOps repository."""
        return self.folder / "gitops.git"

    @property
    def images(self) -> Path:
        """The OCI image layout with its runnable view."""
        return self.folder / "images"

    @property
    def objects(self) -> Path:
        """Objects with their status, for the runner's resource templates."""
        return self.folder / "objects"

    @property
    def runs(self) -> Path:
        """What the workflow runner keeps."""
        return self.folder / "runs"

    @property
    def secrets(self) -> Path:
        """Generated once, readable by their owner only."""
        return self.folder / "secrets"

    @property
    def trusted_keys(self) -> Path:
        """The public keys whose signatures the site accepts, one a line."""
        return self.folder / "trusted-keys"

    @property
    def logs(self) -> Path:
        """What programs and replicas print."""
        return self.folder / "logs"

    @property
    def volumes(self) -> Path:
        """Persistent volume claims."""
        return self.folder / "volumes"

    @property
    def supervisor(self) -> Path:
        """What supervisord and the agent need between two starts."""
        return self.folder / "supervisor"

    @property
    def replicas(self) -> Path:
        """One record for each replica."""
        return self.supervisor / "replicas"

    @property
    def gateway(self) -> Path:
        """Traefik's configuration."""
        return self.folder / "gateway"

    @property
    def platform(self) -> Path:
        """The ConfigMap `platform`, for the runner."""
        return self.folder / "platform.yaml"

    @property
    def image_map(self) -> Path:
        """The runner's image map."""
        return self.folder / "images.yaml"

    def socket(self, site_id: str) -> Path:
        """Return where supervisord listens: a short path, for the kernel allows no long one."""
        inside = self.supervisor / "supervisor.sock"
        if len(os.fsencode(inside)) <= SOCKET_LIMIT:
            return inside
        return Path(tempfile.gettempdir()) / f"gourmetops-{os.getuid()}-{site_id}.sock"


def locate(environment: Mapping[str, str] = os.environ, clone: Path = CLONE) -> State:
    """Return the state folder: $GOURMET_STATE, or `.local` in the clone.

    `./run` moves to the clone and says in GOURMET_FROM where the person stood.
    """
    named = environment.get("GOURMET_STATE")
    if not named:
        return State(clone / ".local")
    stood = Path(environment.get("GOURMET_FROM") or Path.cwd())
    return State(stood / Path(named).expanduser())


def write(path: Path, text: str, mode: int = 0o644) -> None:
    """Write a file so that a reader, or a kill, sees all of it or nothing of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def write_json(path: Path, value: Any, mode: int = 0o644) -> None:
    """Write a value as JSON that people can read too."""
    write(path, json.dumps(value, indent=1, sort_keys=True) + "\n", mode)


def read_json(path: Path) -> Any:
    """Read JSON, or None when there is no such file."""
    try:
        return json.loads(path.read_text())
    except FileNotFoundError:
        return None
