"""What was laid out of an image, held against the bytes of its layers."""

import io
import os
import stat
import tarfile
from collections.abc import Iterator
from pathlib import Path

Files = dict[str, memoryview]


def files(layer: bytes) -> Files:
    """Return the files of a layer as parts of its bytes.

    Raises:
        tarfile.TarError: it is no layer.
    """
    content = memoryview(layer)
    with tarfile.open(fileobj=io.BytesIO(layer)) as tar:
        return {
            member.name: content[member.offset_data : member.offset_data + member.size]
            for member in tar
            if member.isfile()
        }


def first_change(rootfs: Path, wanted: Files) -> str:
    """Say what is not as the layers have it, or nothing. A link is never as they have it."""
    there = dict(_walk(str(rootfs)))
    for name, content in wanted.items():
        path = rootfs / name
        if not there.pop(str(path), False) or path.read_bytes() != content:
            return f"was changed: {path}"
    return f"has something that the image has not: {min(there)}" if there else ""


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
