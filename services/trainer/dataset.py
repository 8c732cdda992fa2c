"""A folder of food photos in the form of Food-11, read as a list of labelled pictures.

Three splits, each with a folder per class (`training/Bread/7.jpg`) or with the class in the
name of the file (`training/0_7.jpg`, as Food-11 is handed out). Both are read.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from services import food

SPLITS = ("training", "validation", "evaluation")
SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")
CARD = "data-card.json"
NUMBERED = re.compile(r"(\d+)_.+")


@dataclass(frozen=True)
class Picture:
    """One labelled photo."""

    file: Path
    split: str
    label: int
    digest: str

    @property
    def photo(self) -> bytes:
        """The bytes of the photo."""
        return self.file.read_bytes()


@dataclass(frozen=True)
class DataSet:
    """All pictures of a data set, in an order that depends on their content alone."""

    pictures: tuple[Picture, ...]

    @property
    def hash(self) -> str:
        """The hash of what is in it: which photo is in which split under which label."""
        facts = (f"{one.split} {one.label} {one.digest}\n" for one in self.pictures)
        return "sha256:" + hashlib.sha256("".join(facts).encode()).hexdigest()

    def split(self, name: str) -> tuple[Picture, ...]:
        """Return the pictures of one split."""
        return tuple(one for one in self.pictures if one.split == name)

    def counts(self) -> dict[str, dict[str, int]]:
        """Count the pictures per split and class."""
        have = Counter((one.split, one.label) for one in self.pictures)
        return {
            split: {name: have[split, label] for label, name in enumerate(food.LABELS)}
            for split in SPLITS
        }


def read(folder: Path) -> tuple[DataSet, list[str]]:
    """Read a folder in the form of Food-11; return it and what cannot be understood."""
    problems: list[str] = []
    pictures: list[Picture] = []
    for split in SPLITS:
        if not (folder / split).is_dir():
            problems.append(f"missing split: there is no folder {split}/")
            continue
        for file, label in labelled(folder / split, folder, problems):
            digest = hashlib.sha256(file.read_bytes()).hexdigest()
            pictures.append(Picture(file, split, label, digest))
    ordered = sorted(pictures, key=lambda one: (one.split, one.label, one.digest, one.file.name))
    return DataSet(tuple(ordered)), problems


def labelled(folder: Path, root: Path, problems: list[str]) -> Iterator[tuple[Path, int]]:
    """Yield the pictures of one folder with their labels, in the order of their names."""
    for entry in sorted(folder.iterdir()):
        name = entry.relative_to(root)
        if entry.name.startswith(".") or entry.name == CARD:
            continue
        label = label_of_folder(entry.name) if entry.is_dir() else label_of_file(entry.name)
        if label is None:
            problems.append(f"{name}: {_unknown(entry)}")
            continue
        files = sorted(_files(entry)) if entry.is_dir() else [entry]
        yield from ((file, label) for file in files)


def label_of_folder(name: str) -> int | None:
    """Return the label that a folder is named after; case and punctuation do not count."""
    return LABELS.get(_plain(name))


def label_of_file(name: str) -> int | None:
    """Return the label in a name such as `3_125.jpg`."""
    numbered = NUMBERED.fullmatch(name)
    if not numbered or Path(name).suffix.lower() not in SUFFIXES:
        return None
    return int(numbered[1]) if int(numbered[1]) < len(food.LABELS) else None


def _files(folder: Path) -> Iterable[Path]:
    return (file for file in folder.rglob("*") if file.is_file() and file.name[0] != ".")


def _plain(name: str) -> str:
    return re.sub(r"[^a-z]", "", name.lower())


def _unknown(entry: Path) -> str:
    if entry.is_dir():
        close = get_close_matches(entry.name, food.FOLDERS, n=1)
        hint = f"did you mean {close[0]}?" if close else f"classes are {', '.join(food.FOLDERS)}"
        return f"no class of this name; {hint}"
    if entry.suffix.lower() in SUFFIXES:
        return f"its name has no class; name it CLASS_N{entry.suffix}, CLASS from 0 to 10"
    return "neither a picture nor the folder of a class"


LABELS = {_plain(name): label for label, name in enumerate(food.LABELS)}
