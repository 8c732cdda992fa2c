"""The volumes that a template mounts, as folders of this machine."""

import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workflows.runner.errors import NodeFault, PodFault
from workflows.runner.machine.box import Mount
from workflows.runner.model.library import Library, MissingObjectError

_IGNORED = ("downwardAPI", "projected", "ephemeral")


@dataclass
class Volumes:
    """Where the volumes of one workflow lie.

    Attributes:
        run: Folder of the run's own claims.
        shared: Folder of claims that outlive workflows.
        claims: Names that volumeClaimTemplates define.
    """

    run: Path
    shared: Path
    library: Library
    claims: tuple[str, ...] = ()

    def mounts(
        self,
        wanted: Iterable[Mapping[str, Any]],
        defined: Mapping[str, Mapping[str, Any]],
        pod: Path,
    ) -> list[Mount]:
        """Give what a container's volumeMounts mean.

        Args:
            wanted: The volumeMounts.
            defined: Volumes by name: the template's over the workflow's.
            pod: Folder for what lives as long as the pod.

        Raises:
            NodeFault: a volume is not there.
        """
        mounts = []
        for mount in wanted:
            source = self._source(mount["name"], defined, pod)
            read_only = bool(mount.get("readOnly"))
            if mount.get("subPath"):
                source = source / mount["subPath"]
                if not source.exists():
                    source.mkdir(parents=True)
            mounts.append(Mount(source, mount["mountPath"], read_only))
        return mounts

    def _source(self, name: str, defined: Mapping[str, Mapping[str, Any]], pod: Path) -> Path:
        if name not in defined:
            if name in self.claims:
                return self.claim(self.run / "claims" / name)
            raise NodeFault(f"volume '{name}' not found in workflow spec")
        volume = defined[name]
        if volume.get("hostPath"):
            return self._host(volume["hostPath"])
        if volume.get("persistentVolumeClaim"):
            claim = volume["persistentVolumeClaim"].get("claimName", name)
            return self.claim(self.shared / claim)
        folder = pod / "volumes" / name
        if not folder.exists():
            folder.mkdir(parents=True)
            self._fill(folder, volume)
        return folder

    @staticmethod
    def claim(folder: Path) -> Path:
        """Give the folder of a claim, made on first use."""
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    @staticmethod
    def _host(volume: Mapping[str, Any]) -> Path:
        path = Path(volume["path"])
        if volume.get("type") in ("DirectoryOrCreate", None, "") and not path.exists():
            path.mkdir(parents=True)
        if volume.get("type") == "FileOrCreate" and not path.exists():
            path.touch()
        if not path.exists():
            raise PodFault(f"hostPath {path} is not on this machine")
        return path

    def _fill(self, folder: Path, volume: Mapping[str, Any]) -> None:
        if volume.get("configMap") is not None:
            self._files(folder, "ConfigMap", volume["configMap"], volume["configMap"].get("name"))
        elif volume.get("secret") is not None:
            self._files(folder, "Secret", volume["secret"], volume["secret"].get("secretName"))
        elif volume.get("projected") is not None:
            for source in volume["projected"].get("sources") or ():
                for field, kind in (("configMap", "ConfigMap"), ("secret", "Secret")):
                    if source.get(field):
                        self._files(folder, kind, source[field], source[field].get("name"))

    def _files(self, folder: Path, kind: str, wanted: Mapping[str, Any], name: str | None) -> None:
        try:
            data = data_of(self.library.get(kind, name or ""))
        except MissingObjectError as error:
            if wanted.get("optional"):
                return
            raise PodFault(f"volume: {error}: put it in a file beside the workflow") from error
        items = wanted.get("items")
        paths = {i["key"]: i["path"] for i in items} if items else {key: key for key in data}
        for key, path in paths.items():
            if key not in data:
                raise PodFault(f'volume: references non-existent {kind} key "{key}" of {name}')
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data[key])
            target.chmod(0o600 if kind == "Secret" else 0o644)

    def collect(self) -> None:
        """Delete the run's own claims."""
        shutil.rmtree(self.run / "claims", ignore_errors=True)


def data_of(found: Mapping[str, Any]) -> dict[str, bytes]:
    """Give the content of a ConfigMap or Secret by key."""
    import base64

    encoded = "binaryData" if found.get("kind") == "ConfigMap" else "data"
    plain = "data" if found.get("kind") == "ConfigMap" else "stringData"
    data = {key: base64.b64decode(value) for key, value in (found.get(encoded) or {}).items()}
    data.update({key: str(value).encode() for key, value in (found.get(plain) or {}).items()})
    return data
