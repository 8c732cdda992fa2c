"""Take in photos from outside: a folder or a zip, with splits or without.

Without splits (a folder per class, or `CLASS_N.jpg`), each picture's own hash decides where
it goes, so adding pictures never moves another from one split to the next.
"""

import hashlib
import shutil
import stat
import tempfile
import zipfile
import zlib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from services import food
from services.trainer import dataset
from services.trainer.dataset import SPLITS
from services.trainer.errors import BadDataError, SourceError

MAX_BYTES = 8 * 2**30
MAX_RATIO = 100
MAX_ENTRIES = 200_000
# Of 100 pictures without a split: the first 70 train, the next 15 validate, the rest evaluate.
SHARES = (70, 85, 100)


def take(source: Path, into: Path, seed: int) -> list[str]:
    """Copy the photos of a folder or zip into the form of Food-11.

    Returns:
        What is called something that we cannot understand.

    Raises:
        SourceError: there is no such folder or zip.
        BadDataError: a zip that is broken or means harm. Nothing of it was unpacked.
    """
    if source.is_dir():
        return _copy(_root(source), into, seed)
    if source.is_file() and zipfile.is_zipfile(source):
        with tempfile.TemporaryDirectory(prefix=".zip-", dir=into) as folder:
            _unpack(source, Path(folder))
            return _copy(_root(Path(folder)), into, seed)
    what = "is neither a folder nor a zip" if source.exists() else "there is no such thing"
    raise SourceError(str(source), f"{what}. Give a folder, a zip, or `sample`.")


def _root(folder: Path) -> Path:
    """Step into the one folder that a zip is often wrapped in."""
    entries = [entry for entry in folder.iterdir() if entry.name[0] not in "._"]
    if len(entries) == 1 and entries[0].is_dir():
        name = entries[0].name
        if name not in SPLITS and dataset.label_of_folder(name) is None:
            return _root(entries[0])
    return folder


def _copy(root: Path, into: Path, seed: int) -> list[str]:
    have = [split for split in SPLITS if (root / split).is_dir()]
    for split in have:
        shutil.copytree(root / split, into / split, ignore_dangling_symlinks=True)
    if have:
        return []
    problems: list[str] = []
    classes: dict[int, dict[Path, str]] = {label: {} for label in range(len(food.LABELS))}
    for file, label in dataset.labelled(root, root, problems):
        classes[label][file] = hashlib.sha256(file.read_bytes()).hexdigest()
    for label, files in classes.items():
        splits = assign(sorted(set(files.values())), seed)
        for split in SPLITS:
            (into / split / food.FOLDERS[label]).mkdir(parents=True)
        for file, digest in files.items():
            name = f"{digest[:12]}_{file.name}"
            shutil.copy(file, into / splits[digest] / food.FOLDERS[label] / name)
    return problems


def add(more: Path, into: Path, seed: int) -> list[str]:
    """Add corrected photos, a folder per class, to a data set in the form of Food-11.

    A photo that it has already keeps its split and takes the corrected label; it is never there
    twice. Another gets its split by its own hash.

    Returns:
        What is called something that we cannot understand.
    """
    problems: list[str] = []
    have, known = dataset.read(into)
    there = {one.digest: one for one in have.pictures}
    classes: dict[int, dict[str, Path]] = {label: {} for label in range(len(food.LABELS))}
    for file, label in dataset.labelled(more, more, problems):
        classes[label][hashlib.sha256(file.read_bytes()).hexdigest()] = file
    for label, files in classes.items():
        splits = assign(sorted(files.keys() - there.keys()), seed)
        for digest, file in files.items():
            old = there.get(digest)
            if old:
                old.file.unlink()
            split = old.split if old else splits[digest]
            folder = into / split / food.FOLDERS[label]
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, folder / f"corrected_{digest[:12]}{file.suffix}")
    return known + problems


def assign(digests: Sequence[str], seed: int) -> dict[str, str]:
    """Give each picture of a class its split, and each split a picture if there are three."""
    numbers = {
        one: int(hashlib.sha256(f"{seed} {one}".encode()).hexdigest(), 16) for one in digests
    }
    splits = {one: _split(number % 100) for one, number in numbers.items()}
    for split in SPLITS:
        if split not in splits.values() and len(splits) >= len(SPLITS):
            count = Counter(splits.values())
            spare = [one for one in splits if count[splits[one]] > 1]
            splits[min(spare, key=numbers.__getitem__)] = split
    return splits


def _split(number: int) -> str:
    return next(split for split, until in zip(SPLITS, SHARES, strict=True) if number < until)


def _unpack(source: Path, folder: Path) -> None:
    with zipfile.ZipFile(source) as archive:
        entries = [entry for entry in archive.infolist() if not entry.is_dir()]
        problems = [problem for entry in entries if (problem := _harm(entry))]
        problems += _too_much(entries)
        if problems:
            raise BadDataError(str(source), problems)
        damaged = [entry.filename for entry in entries if not _extract(archive, entry, folder)]
    if damaged:
        problems = [f"{name}: damaged in the zip; pack it again" for name in damaged]
        raise BadDataError(str(source), problems)


def _extract(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, folder: Path) -> bool:
    """Unpack one entry; the size and checksum that it claims hold, or it is damaged."""
    try:
        archive.extract(entry, folder)
    # NotImplementedError: zipfile's word for a compression that it does not know.
    except (zipfile.BadZipFile, EOFError, zlib.error, NotImplementedError):
        return False
    return True


def _harm(entry: zipfile.ZipInfo) -> str | None:
    path = PurePosixPath(entry.filename.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or ":" in path.parts[0]:
        return f"{entry.filename}: leaves the folder that the zip is unpacked in"
    if stat.S_ISLNK(entry.external_attr >> 16):
        return f"{entry.filename}: a link, and a zip of photos has none"
    if entry.flag_bits & 1:
        return f"{entry.filename}: encrypted; pack it without a password"
    if entry.file_size > MAX_RATIO * max(entry.compress_size, 1024):
        return f"{entry.filename}: unpacks to {entry.file_size / 2**20:.0f} MB; no photo does"
    return None


def _too_much(entries: list[zipfile.ZipInfo]) -> list[str]:
    size = sum(entry.file_size for entry in entries)
    if size > MAX_BYTES or len(entries) > MAX_ENTRIES:
        return [
            f"unpacks to {size / 2**30:.1f} GB in {len(entries)} files, and "
            f"{MAX_BYTES / 2**30:.0f} GB in {MAX_ENTRIES} files is the most we take"
        ]
    return []
