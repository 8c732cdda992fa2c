"""Image layers that are the same bytes for the same files, on any day and by anybody."""

import io
import tarfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

ROOT = "app"


class Entry(NamedTuple):
    """One file of a layer."""

    path: str
    content: bytes | Path
    executable: bool


def from_archive(archive: bytes) -> list[Entry]:
    """Read the files of a `git archive`."""
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        return list(_members(tar))


def from_folder(folder: Path, below: str) -> list[Entry]:
    """Take the files of a folder, to lie below a folder of the image."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return [Entry(f"{below}/{path.relative_to(folder).as_posix()}", path, False) for path in files]


def write(entries: Iterable[Entry], to: BinaryIO) -> None:
    """Write a layer: sorted, below /app, without times, owners or names of people."""
    files = sorted(entries)
    with tarfile.open(fileobj=to, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for folder in _folders(entry.path for entry in files):
            tar.addfile(_header(f"{ROOT}/{folder}".rstrip("/"), tarfile.DIRTYPE, 0o755))
        for entry in files:
            _add(tar, entry)


def _members(tar: tarfile.TarFile) -> Iterator[Entry]:
    for member in tar:
        content = tar.extractfile(member) if member.isfile() else None
        if content is not None:
            yield Entry(member.name, content.read(), bool(member.mode & 0o100))


def _folders(paths: Iterable[str]) -> list[str]:
    parents = {str(parent) for path in paths for parent in Path(path).parents}
    return sorted("" if parent == "." else parent for parent in parents)


def _add(tar: tarfile.TarFile, entry: Entry) -> None:
    header = _header(f"{ROOT}/{entry.path}", tarfile.REGTYPE, 0o755 if entry.executable else 0o644)
    if isinstance(entry.content, bytes):
        header.size = len(entry.content)
        tar.addfile(header, io.BytesIO(entry.content))
        return
    header.size = entry.content.stat().st_size
    with entry.content.open("rb") as file:
        tar.addfile(header, file)


def _header(name: str, kind: bytes, mode: int) -> tarfile.TarInfo:
    header = tarfile.TarInfo(name)
    header.type = kind
    header.mode = mode
    return header
