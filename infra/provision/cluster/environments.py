"""The environments on a cluster: what Git holds for each is applied, and nothing is made up."""

import io
import os
import subprocess
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from infra.provision.cluster import reaching
from infra.provision.errors import StageError
from infra.provision.setting import Setting, Tell

NAMES = ("staging", "canary", "production")
REPOSITORY = "GOURMET_GITOPS"
BRANCH = "main"


def inputs(_setting: Setting, _results: Mapping[str, Any]) -> dict[str, Any]:
    """What Git holds."""
    repository = os.environ.get(REPOSITORY, "")
    return {"repository": repository, "commit": _head(repository)}


def run(setting: Setting, _results: Mapping[str, Any], tell: Tell, log: Path) -> dict[str, Any]:
    """Apply the release that Git holds for each environment.

    Raises:
        StageError: an environment has no namespace, or the cluster refused.
    """
    repository = os.environ.get(REPOSITORY, "")
    released = {name: _release(repository, name, setting) for name in NAMES}
    with reaching.reached(setting, "environments", tell, log) as cluster:
        for name, files in released.items():
            namespace = f"gourmetgram-{name}"
            if cluster.get("namespace", namespace) is None:
                what = f"there is no namespace {namespace}"
                raise StageError("environments", what, "The stage platform makes it")
            if files:
                cluster.apply(*files)
            tell(f"{name}: {f'{len(files)} objects of Git' if files else _nothing(repository)}")
    return {"released": [name for name, files in released.items() if files]}


def _nothing(repository: str) -> str:
    if not repository:
        return f"no release: {REPOSITORY} names no repository, and a promotion makes the first"
    return "no release in Git yet; a promotion makes the first"


def _release(repository: str, name: str, setting: Setting) -> list[Path]:
    """Write what Git holds for an environment below the site's folder."""
    if not _head(repository):
        return []
    path = f"environments/{name}"
    argv = ["git", "--git-dir", repository, "archive", BRANCH, path]
    done = subprocess.run(argv, capture_output=True, check=False)
    if done.returncode:
        return []
    folder = setting.folder / "manifests"
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        files = [entry for entry in archive if entry.isfile() and entry.name.endswith(".yaml")]
        written = []
        for entry in files:
            file = folder / path / Path(entry.name).name
            file.parent.mkdir(parents=True, exist_ok=True)
            body = archive.extractfile(entry)
            assert body
            file.write_bytes(body.read())
            written.append(file)
    return written


def _head(repository: str) -> str:
    if not repository:
        return ""
    argv = ["git", "--git-dir", repository, "rev-parse", "--verify", "--quiet", BRANCH]
    return subprocess.run(argv, capture_output=True, text=True, check=False).stdout.strip()
