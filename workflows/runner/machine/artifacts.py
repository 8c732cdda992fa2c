"""Artifacts: files and folders that steps hand on, kept in a folder of this machine."""

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from workflows.runner.errors import PodFault

if TYPE_CHECKING:
    from tarfile import TarInfo

_KEYED = ("s3", "gcs", "oss", "azure", "artifactory", "hdfs", "plugin")
_KEY_FIELD = {"azure": "blob", "artifactory": "url", "hdfs": "path"}
_HTTP_SECONDS = 60


class ArtifactStore:
    """Keeps artifacts by key. What is written under one key is read back as it was."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def save(self, source: Path, artifact: Mapping[str, Any], default_key: str) -> dict[str, Any]:
        """Keep a file or folder; give the artifact with the place where it is.

        Raises:
            PodFault: there is nothing at `source`.
        """
        kind, key = location(artifact) or ("s3", default_key)
        target = self._path(key)
        if target.is_dir():
            shutil.rmtree(target)
        target.parent.mkdir(parents=True, exist_ok=True)
        zipped = (artifact.get("archive") or {}).get("zip") is not None
        _copy(source, target)
        if zipped and source.is_dir() and not any(source.iterdir()):
            target.mkdir(exist_ok=True)
        made = {name: value for name, value in artifact.items() if name not in ("from",)}
        made[kind] = {**(artifact.get(kind) or {}), _KEY_FIELD.get(kind, "key"): key}
        return made

    def load(self, artifact: Mapping[str, Any], target: Path) -> None:
        """Put an artifact at a path.

        Raises:
            PodFault: it is not there, or cannot be had on this machine.
        """
        target.parent.mkdir(parents=True, exist_ok=True)
        if artifact.get("raw"):
            target.write_text(artifact["raw"].get("data", ""), encoding="utf-8")
        elif artifact.get("http"):
            _download(artifact["http"]["url"], target)
        elif artifact.get("git"):
            _clone(artifact["git"], target)
        else:
            self._load_key(artifact, target)
        _set_mode(artifact, target)

    def _load_key(self, artifact: Mapping[str, Any], target: Path) -> None:
        place = location(artifact)
        if place is None:
            raise PodFault(f"artifact {artifact.get('name')}: it does not say where it is")
        source = self._path(place[1])
        if artifact.get("subPath"):
            source = source / artifact["subPath"]
        if not source.exists():
            raise PodFault(
                f"artifact {artifact.get('name')}: the key {place[1]!r} was not found in "
                f"the artifacts of this machine"
            )
        if source.is_file() and not _is_plain(artifact) and _unpack(source, target):
            return
        _copy(source, target)

    def keys(self, prefix: str) -> list[str]:
        """List the keys below a prefix."""
        top = self._path(prefix)
        files = [top] if top.is_file() else sorted(p for p in top.rglob("*") if p.is_file())
        return [str(path.relative_to(self.folder)) for path in files]

    def _path(self, key: str) -> Path:
        if ".." in PurePosixPath(key).parts:
            raise PodFault(f"artifact key {key!r} leaves its folder")
        return self.folder / key.lstrip("/").replace("://", "/")


def location(artifact: Mapping[str, Any]) -> tuple[str, str] | None:
    """Give the kind and key of the store that an artifact names."""
    for kind in _KEYED:
        key = (artifact.get(kind) or {}).get(_KEY_FIELD.get(kind, "key"))
        if key:
            return kind, key
    return ("s3", artifact["key"]) if artifact.get("key") else None


def _is_plain(artifact: Mapping[str, Any]) -> bool:
    return (artifact.get("archive") or {}).get("none") is not None


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, symlinks=True, dirs_exist_ok=True)
    else:
        if target.is_dir():
            shutil.rmtree(target)
        shutil.copy2(source, target)


def _unpack(source: Path, target: Path) -> bool:
    """Unpack an archive as Argo does: one file becomes a file, more become a folder."""
    import tarfile

    if not tarfile.is_tarfile(source):
        return False
    staging = target.with_name(f".{target.name}.unpacked")
    with tarfile.open(source) as archive:
        _refuse_escapes(archive.getmembers(), staging, source)
        # The filters came with Python 3.11.4; Debian 12 has 3.11.2.
        archive.extraction_filter = getattr(tarfile, "data_filter", lambda member, _: member)
        archive.extractall(staging)
    found = list(staging.iterdir())
    if len(found) == 1:
        found[0].rename(target)
        shutil.rmtree(staging)
    else:
        staging.rename(target)
    return True


def _refuse_escapes(members: Sequence["TarInfo"], folder: Path, source: Path) -> None:
    """Refuse an archive that would write, or link, outside the folder it is unpacked into."""
    inside = Path(os.path.abspath(folder))  # noqa: PTH100 - links are not followed
    for member in members:
        paths = [member.name]
        if member.issym():
            paths.append(os.path.join(os.path.dirname(member.name), member.linkname))  # noqa: PTH118, PTH120
        elif member.islnk():
            paths.append(member.linkname)
        for path in paths:
            if not Path(os.path.normpath(inside / path)).is_relative_to(inside):
                raise PodFault(f"artifact {source.name}: {member.name} leaves its folder")


def _download(url: str, target: Path) -> None:
    import urllib.error
    import urllib.request

    try:
        with urllib.request.urlopen(url, timeout=_HTTP_SECONDS) as reply, target.open("wb") as file:
            shutil.copyfileobj(reply, file)
    except (urllib.error.URLError, OSError, ValueError) as error:
        raise PodFault(f"artifact from {url}: {error}") from error


def _clone(source: Mapping[str, Any], target: Path) -> None:
    command = ["git", "clone", "--quiet"]
    if source.get("depth"):
        command += ["--depth", str(source["depth"])]
    if source.get("branch"):
        command += ["--branch", source["branch"]]
    done = subprocess.run(
        [*command, source["repo"], str(target)], capture_output=True, text=True, check=False
    )
    if done.returncode == 0 and source.get("revision"):
        done = subprocess.run(
            ["git", "-C", str(target), "checkout", "--quiet", source["revision"]],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    if done.returncode:
        raise PodFault(f"artifact from {source['repo']}: {done.stderr.strip()}")


def _set_mode(artifact: Mapping[str, Any], target: Path) -> None:
    if artifact.get("mode") is None or not target.exists():
        return
    mode = int(artifact["mode"])
    target.chmod(mode)
    if artifact.get("recurseMode"):
        for path in target.rglob("*"):
            path.chmod(mode)
