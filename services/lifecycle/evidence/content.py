"""Hold every byte of an image, and of the folder that engines run it from, against its digest.

A layer is read once: its hash is taken and the files that were laid out of it are compared
with that very copy, so nothing can change in between.
"""

import hashlib
import json
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from services.lifecycle.errors import ImageError
from services.lifecycle.evidence.errors import ChangedError
from services.lifecycle.images import laid_out, view
from services.lifecycle.images.layout import Image, Layout

NAMES = ("code layer", "model layer")
VIEW = "unpacked view"


def hold(layout: Layout, digest: str) -> Image:
    """Read an image, as the store has it and as it is laid out.

    Raises:
        ChangedError: naming the part that is missing or not what its digest says.
    """
    manifest = _object(digest, "manifest", _read(layout, digest, digest, "manifest"))
    named = manifest["config"]["digest"]
    config = _object(digest, "config", _read(layout, digest, named, "config"))
    files: laid_out.Files = {}
    for part, layer in zip(parts(manifest["layers"]), manifest["layers"], strict=True):
        content = _read(layout, digest, layer["digest"], part)
        try:
            files |= laid_out.files(content)
        except tarfile.TarError as error:
            raise ChangedError(digest, part, f"cannot be read ({error})") from None
    _require_same_parts(digest, manifest, config)
    image = layout.image(digest)
    rootfs = layout.folder / "unpacked" / digest.removeprefix("sha256:") / "rootfs"
    if change := laid_out.first_change(rootfs, files):
        raise ChangedError(digest, VIEW, change)
    _compare_facts(layout, image, rootfs)
    return image


def parts(layers: Sequence[Any]) -> list[str]:
    """Name the layers of an image for a person."""
    more = [f"layer {number}" for number in range(len(NAMES), len(layers))]
    return [*NAMES, *more][: len(layers)]


def _read(layout: Layout, image: str, digest: str, part: str) -> bytes:
    try:
        content = layout.path(digest).read_bytes()
    except ImageError:
        raise ChangedError(image, part, f"is not in {layout.folder}") from None
    if "sha256:" + hashlib.sha256(content).hexdigest() != digest:
        raise ChangedError(image, part)
    return content


def _object(image: str, part: str, content: bytes) -> Mapping[str, Any]:
    found = json.loads(content)
    if not isinstance(found, dict):
        raise ChangedError(image, part, "is not what the OCI layout asks for")
    return found


def _require_same_parts(
    digest: str, manifest: Mapping[str, Any], config: Mapping[str, Any]
) -> None:
    told = [each["digest"] for each in manifest["layers"]]
    if config["rootfs"]["diff_ids"] != told:
        raise ChangedError(digest, "config", "names other layers than the manifest")


def _compare_facts(layout: Layout, image: Image, rootfs: Path) -> None:
    path = rootfs.parent / "run.json"
    wanted = view.facts(layout, image, rootfs)
    if not path.is_file() or path.read_bytes() != view.written(wanted):
        raise ChangedError(image.digest, VIEW, f"was changed: {path}")
