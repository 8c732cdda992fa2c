"""What was laid out of an image, held against the bytes of its layers."""

import io
import os
import stat
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

CHUNK = 1 << 18


class Part(NamedTuple):
    """The bytes of one file in a layer."""

    layer: bytes
    start: int
    size: int


Files = dict[str, Part]


def files(layer: bytes) -> Files:
    """Return where the files of a layer lie in its bytes.

    Raises:
        tarfile.TarError: it is no layer.
    """
    with tarfile.open(fileobj=io.BytesIO(layer)) as tar:
        return {
            member.name: Part(layer, member.offset_data, member.size)
            for member in tar
            if member.isfile()
        }


def first_change(rootfs: Path, wanted: Files) -> str:
    """Say what is not as the layers have it, or nothing. A link is never as they have it."""
    there = dict(_walk(str(rootfs)))
    for name, part in wanted.items():
        path = f"{rootfs}/{name}"
        if not there.pop(path, False) or not _holds(path, part):
            return f"was changed: {path}"
    return f"has something that the image has not: {min(there)}" if there else ""


def _holds(path: str, part: Part) -> bool:
    """Say whether a file has just these bytes; piece by piece, which is twice as fast as whole."""
    layer, place, end = part.layer, part.start, part.start + part.size
    with open(path, "rb", buffering=0) as file:  # noqa: PTH123 - hot
        while chunk := file.read(CHUNK):
            if chunk != layer[place : min(place + len(chunk), end)]:
                return False
            place += len(chunk)
    return place == end


def _walk(folder: str) -> Iterator[tuple[str, bool]]:
    """Give every entry that is no folder, and whether it is a plain file."""
    if not os.path.isdir(folder) or os.path.islink(folder):  # noqa: PTH112, PTH114 - hot
        return
    with os.scandir(folder) as entries:
        for entry in entries:
            mode = entry.stat(follow_symlinks=False).st_mode
            if stat.S_ISDIR(mode):
                yield from _walk(entry.path)
            else:
                yield entry.path, stat.S_ISREG(mode)
