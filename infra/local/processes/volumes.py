"""Volumes of pods as folders: made, filled from ConfigMaps and Secrets, and kept or not."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from infra.local import state as files
from infra.local.errors import PodError
from infra.local.state import State


class Sections(Protocol):
    """Where the data of ConfigMaps and Secrets comes from."""

    def section(self, kind: str, name: str, *, optional: bool) -> Mapping[str, str]:
        """Return the data, or raise PodError."""


@dataclass(frozen=True)
class Mount:
    """A mount path of a container and the folder that is there."""

    path: str
    folder: Path


def prepare(
    state: State, namespace: str, replica: str, template: Mapping[str, Any], config: Sections
) -> list[Mount]:
    """Make the folders of a replica's volumes and return its mounts."""
    spec = template["spec"]
    volumes = {volume["name"]: volume for volume in spec.get("volumes") or []}
    mounts = []
    for mount in spec["containers"][0].get("volumeMounts") or []:
        folder = _folder(state, namespace, replica, volumes[mount["name"]], config)
        inside = folder / mount["subPath"] if mount.get("subPath") else folder
        if not inside.resolve().is_relative_to(folder.resolve()):
            why = f"subPath {mount['subPath']} leaves its volume"
            raise PodError("CreateContainerConfigError", why)
        if not inside.exists():
            inside.mkdir(parents=True)
        mounts.append(Mount(mount["mountPath"].rstrip("/") or "/", inside))
    return mounts


def home(state: State, replica: str) -> Path:
    """Return the folder that is one replica's own and goes with it."""
    return state.supervisor / "pods" / replica


def remove(state: State, replica: str) -> None:
    """Take away what was one replica's own."""
    shutil.rmtree(home(state, replica), ignore_errors=True)


def claim(state: State, namespace: str, name: str) -> Path:
    """Return the folder of a persistent volume claim; it outlives every release."""
    folder = state.volumes / namespace / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _folder(
    state: State, namespace: str, replica: str, volume: Mapping[str, Any], config: Sections
) -> Path:
    own = home(state, replica) / "volumes" / str(volume["name"])
    if source := volume.get("persistentVolumeClaim"):
        return claim(state, namespace, source["claimName"])
    own.mkdir(parents=True, exist_ok=True)
    if (source := volume.get("configMap")) is not None:
        _fill(own, config, "ConfigMap", source.get("name", ""), source)
    elif (source := volume.get("secret")) is not None:
        _fill(own, config, "Secret", source.get("secretName", ""), source)
    return own


def _fill(folder: Path, config: Sections, kind: str, name: str, source: Mapping[str, Any]) -> None:
    data = config.section(kind, name, optional=bool(source.get("optional")))
    items = source.get("items") or [{"key": key, "path": key} for key in data]
    for item in items:
        if item["key"] not in data:
            raise PodError("CreateContainerConfigError", f"{kind} {name} has no key {item['key']}")
        target = (folder / item["path"]).resolve()
        if not target.is_relative_to(folder.resolve()):
            raise PodError("CreateContainerConfigError", f"{kind} {name}: {item['path']} leaves it")
        files.write(target, data[item["key"]], mode=0o600)
