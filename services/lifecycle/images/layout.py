"""Images on disk in the OCI image layout, addressed by digest.

Standard library only. A blob is written beside its place, synced and moved there, so a
reader sees a whole blob or none, and two writers of the same blob do not meet. The list of
images is rewritten under a lock. Whatever is read is held against its digest.
"""

import hashlib
import json
import os
import platform
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from services.lifecycle.durable import locked, sync_folder, write_whole
from services.lifecycle.errors import AskedWronglyError, ImageError

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar"
REF_NAME = "org.opencontainers.image.ref.name"
NAME = "gourmetops.name"
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
CHUNK = 1 << 20


@dataclass(frozen=True)
class Blob:
    """Some bytes of the store, as a manifest speaks of them."""

    media_type: str
    digest: str
    size: int

    def descriptor(self) -> dict[str, Any]:
        """Return it in the form that manifests hold."""
        return {"mediaType": self.media_type, "digest": self.digest, "size": self.size}


@dataclass(frozen=True)
class Image:
    """One image of the store.

    Attributes:
        digest: Of its manifest; what the image is addressed by.
        layers: From the lowest up.
        labels: What is known about it: commit, run, version, data hash.
        command: What it runs when nobody says otherwise.
    """

    digest: str
    layers: tuple[Blob, ...]
    labels: Mapping[str, str]
    command: tuple[str, ...]


class Layout:
    """A folder of images."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def at(cls, address: str) -> "Layout":
        """Open the store that an address such as oci:/path/to/images names."""
        kind, _, path = address.partition(":")
        if kind != "oci" or not path.startswith("/"):
            raise AskedWronglyError(
                f"GOURMET_IMAGES is {address!r}, and must be oci: and an absolute path."
            )
        layout = cls(Path(path))
        layout._prepare()
        return layout

    def add(self, media_type: str, write: Callable[[BinaryIO], None]) -> Blob:
        """Store what `write` writes; bytes that are there already are stored once."""
        handle, name = tempfile.mkstemp(dir=self.folder / "ingest")
        try:
            with os.fdopen(handle, "w+b") as file:
                write(file)
                file.flush()
                os.fsync(file.fileno())
            digest, size = _hash(Path(name))
            target = self._blob(digest)
            Path(name).replace(target)
            sync_folder(target.parent)
        finally:
            Path(name).unlink(missing_ok=True)
        return Blob(media_type, digest, size)

    def push(
        self,
        name: str,
        layers: Sequence[Blob],
        *,
        command: Sequence[str],
        labels: Mapping[str, str],
        tag: str | None = None,
    ) -> Image:
        """Store an image of these layers, and let the tag name it from now on."""
        config = self.add_json(CONFIG, _config(layers, command, labels))
        manifest = {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": config.descriptor(),
            "layers": [layer.descriptor() for layer in layers],
            "annotations": dict(sorted(labels.items())),
        }
        blob = self.add_json(MANIFEST, manifest)
        self._list(blob, name, tag)
        return Image(blob.digest, tuple(layers), dict(labels), tuple(command))

    def image(self, digest: str) -> Image:
        """Read an image by its digest.

        Raises:
            ImageError: it is not here, or its manifest or config was changed.
        """
        manifest = json.loads(self.read(digest))
        config = json.loads(self.read(manifest["config"]["digest"]))["config"]
        layers = tuple(
            Blob(each["mediaType"], each["digest"], each["size"]) for each in manifest["layers"]
        )
        return Image(digest, layers, config.get("Labels", {}), tuple(config.get("Cmd", ())))

    def verify(self, digest: str) -> Image:
        """Read an image and hold every byte of it against its digest.

        Raises:
            ImageError: something is missing or was changed.
        """
        image = self.image(digest)
        for layer in image.layers:
            found, _ = _hash(self.path(layer.digest))
            if found != layer.digest:
                raise ImageError(_changed(self.folder, layer.digest))
        return image

    def read(self, digest: str) -> bytes:
        """Return a small blob (a manifest or config), held against its digest."""
        content = self.path(digest).read_bytes()
        if "sha256:" + hashlib.sha256(content).hexdigest() != digest:
            raise ImageError(_changed(self.folder, digest))
        return content

    def path(self, digest: str) -> Path:
        """Name the file of a blob that must be there."""
        path = self._blob(digest)
        if not path.is_file():
            raise ImageError(
                f"{self.folder}: there is no {digest}. It was never built here, or was removed; "
                "build or bake it again."
            )
        return path

    def find(self, name: str, tag: str) -> str | None:
        """Return the digest that a tag names now, or None."""
        wanted = f"{name}:{tag}"
        for entry in self._index()["manifests"]:
            if entry["annotations"].get(REF_NAME) == wanted:
                return str(entry["digest"])
        return None

    def names(self, digest: str) -> list[str]:
        """Return the names under which an image was pushed."""
        entries = self._index()["manifests"]
        return sorted({e["annotations"][NAME] for e in entries if e["digest"] == digest})

    def digests(self) -> list[str]:
        """Return the digests of all images."""
        entries = self._index()["manifests"]
        return sorted({str(entry["digest"]) for entry in entries if NAME in entry["annotations"]})

    def listed(self) -> list[dict[str, Any]]:
        """Return the entries of the list: images, and what is said about them."""
        entries: list[dict[str, Any]] = self._index()["manifests"]
        return entries

    def relist(self, change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]]) -> None:
        """Change the list, while nobody else does."""
        with locked(self.folder / "index.lock"):
            index = self._index()
            index["manifests"] = change(index["manifests"])
            write_whole(self.folder / "index.json", json.dumps(index, indent=1).encode())

    def add_json(self, media_type: str, content: Any) -> Blob:
        """Store a document, written the same way for the same content."""
        text = json.dumps(content, sort_keys=True, separators=(",", ":")).encode()
        return self.add(media_type, lambda file: void(file.write(text)))

    def _prepare(self) -> None:
        for folder in ("blobs/sha256", "ingest", "unpacked"):
            (self.folder / folder).mkdir(parents=True, exist_ok=True)
        marker = self.folder / "oci-layout"
        if not marker.exists():
            write_whole(marker, b'{"imageLayoutVersion":"1.0.0"}')

    def _blob(self, digest: str) -> Path:
        algorithm, _, value = digest.partition(":")
        if algorithm != "sha256" or len(value) != 64 or not set(value) <= set("0123456789abcdef"):
            raise ImageError(
                f"{digest!r} is no digest. Images are named by sha256: and 64 hexadecimal digits."
            )
        return self.folder / "blobs" / "sha256" / value

    def _index(self) -> dict[str, Any]:
        path = self.folder / "index.json"
        if not path.exists():
            return {"schemaVersion": 2, "manifests": []}
        index: dict[str, Any] = json.loads(path.read_text())
        return index

    def _list(self, manifest: Blob, name: str, tag: str | None) -> None:
        reference = f"{name}:{tag}" if tag else None

        def change(known: list[dict[str, Any]]) -> list[dict[str, Any]]:
            entries = [e for e in known if not _is(e, manifest.digest, name, tag)]
            for entry in entries:
                if reference and entry["annotations"].get(REF_NAME) == reference:
                    del entry["annotations"][REF_NAME]
            annotations = {NAME: name} | ({REF_NAME: reference} if reference else {})
            return [*entries, {**manifest.descriptor(), "annotations": annotations}]

        self.relist(change)


def void(_value: object) -> None:
    """Drop a value, where a function that returns nothing is asked for."""


def _is(entry: Mapping[str, Any], digest: str, name: str, tag: str | None) -> bool:
    annotations = entry["annotations"]
    same = entry["digest"] == digest and annotations[NAME] == name
    return same and (annotations.get(REF_NAME) in (None, f"{name}:{tag}"))


def _config(
    layers: Sequence[Blob], command: Sequence[str], labels: Mapping[str, str]
) -> dict[str, Any]:
    machine = platform.machine()
    return {
        "architecture": ARCHITECTURES.get(machine, machine),
        "os": "linux",
        "config": {"Cmd": list(command), "Labels": dict(labels), "WorkingDir": "/app"},
        "rootfs": {"type": "layers", "diff_ids": [layer.digest for layer in layers]},
    }


def _hash(path: Path) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
            size += len(chunk)
    return f"sha256:{digest.hexdigest()}", size


def _changed(folder: Path, digest: str) -> str:
    return (
        f"{folder}: the file of {digest} is not what its digest says: it was changed after it was "
        "stored. Nothing is run from it; remove it and bake again."
    )
