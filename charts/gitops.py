"""The objects and releases that a GitOps repository holds, bare or not."""

import json
import subprocess
import tarfile
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from charts import manifests
from charts.errors import ChartsError
from charts.manifests import Manifest

SECONDS = 20


@dataclass(frozen=True)
class Held:
    """What a commit holds for one environment, or for the platform."""

    objects: list[Manifest]
    release: dict[str, Any] | None


def read(repository: Path, folder: str, revision: str = "main") -> Held:
    """Read `folder` of a repository at a revision; a folder that is not there is empty.

    Raises:
        ChartsError: there is no such repository or revision.
    """
    files = _files(repository, folder, revision)
    objects = [
        manifest
        for name, text in sorted(files.items())
        if name.endswith(".yaml")
        for manifest in manifests.parse(text, f"{revision}:{name}")
    ]
    release = files.get(f"{folder}/release.json")
    return Held(manifests.arrange(objects), json.loads(release) if release else None)


def shares(repository: Path, revision: str = "main") -> list[str]:
    """Return the shares of traffic that a repository fixes, as `--set` takes them.

    `platform/traffic.json` says what environments get; production gets the rest.
    """
    text = _files(repository, "platform", revision).get("platform/traffic.json")
    fixed: dict[str, int] = json.loads(text) if text else {}
    if not fixed:
        return []
    whole = {**fixed, "production": 100 - sum(fixed.values())}
    return [f"traffic.{name}={share}" for name, share in whole.items()]


def _files(repository: Path, folder: str, revision: str) -> dict[str, str]:
    if not _git(repository, "ls-tree", revision, "--", folder):
        return {}
    archive = _git(repository, "archive", "--format=tar", revision, "--", folder)
    with tarfile.open(fileobj=BytesIO(archive)) as tar:
        return {
            member.name: stream.read().decode()
            for member in tar.getmembers()
            if member.isfile() and (stream := tar.extractfile(member))
        }


def _git(repository: Path, *arguments: str) -> bytes:
    try:
        done = subprocess.run(
            ["git", "-C", str(repository), *arguments],
            capture_output=True, check=False, timeout=SECONDS,
        )  # fmt: skip
    except FileNotFoundError as error:
        raise ChartsError("git is not installed: it reads the GitOps repository.") from error
    except subprocess.TimeoutExpired as error:
        raise ChartsError(f"{repository}: git gave no answer in {SECONDS} s.") from error
    if done.returncode:
        said = done.stderr.decode().strip()
        raise ChartsError(f"{repository} cannot be read as a GitOps repository: {said}")
    return done.stdout
