"""Corrected photos as a version of a data set: named by its content, with a card, and checked."""

import hashlib
import io
import json
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from services import food

CARD = "data-card.json"
# What a picture of ours holds beside its pixels; whatever else it holds may be somebody's.
HARMLESS = {"jfif", "jfif_version", "jfif_unit", "jfif_density", "dpi", "progressive"}


@dataclass(frozen=True)
class Corrected:
    """One photo with its right label.

    Attributes:
        version: Of the model that was corrected; None for the bootstrap model.
        day: On which it was corrected; never the hour.
    """

    picture: bytes
    label: str
    version: int | None
    day: str

    @property
    def digest(self) -> str:
        """Return the hash of the picture itself, whatever it was sent as."""
        return hashlib.sha256(self.picture).hexdigest()


def problem(picture: bytes) -> str:
    """Say why a picture must not be in a data set, or nothing."""
    try:
        food.decode(picture)
    except food.BadPhotoError as error:
        return str(error)
    with Image.open(io.BytesIO(picture)) as image:
        told = sorted(image.info.keys() - HARMLESS) + ["EXIF"] * bool(image.getexif())
    return f"it holds more than pixels ({', '.join(told)}), which may be personal" if told else ""


def once(photos: Iterable[Corrected]) -> list[Corrected]:
    """Keep each picture once, with the last word on it, in an order that only content makes."""
    last = {photo.digest: photo for photo in photos}
    return sorted(last.values(), key=lambda photo: (photo.label, photo.digest))


def card(photos: list[Corrected]) -> dict[str, Any]:
    """Describe a data set; the same photos under the same labels have the same hash."""
    facts = "".join(f"{photo.label} {photo.digest}\n" for photo in photos)
    return {
        "hash": "sha256:" + hashlib.sha256(facts.encode()).hexdigest(),
        "source": "corrections",
        "photos": len(photos),
        "labels": dict(sorted(Counter(photo.label for photo in photos).items())),
        "corrected": dict(Counter(f"version {photo.version or 'none'}" for photo in photos)),
        "days": sorted({photo.day for photo in photos}),
    }


def name(described: dict[str, Any]) -> str:
    """Name a version of the data set by its content."""
    return f"corrections-{described['hash'].removeprefix('sha256:')[:12]}"


def write(photos: list[Corrected], described: dict[str, Any], out: Path) -> None:
    """Lay the photos out as one folder for each label; `out` is there whole or not at all."""
    out.parent.mkdir(parents=True, exist_ok=True)
    new = Path(tempfile.mkdtemp(dir=out.parent, prefix=f".{out.name}."))
    try:
        for photo in photos:
            folder = new / food.FOLDERS[food.LABELS.index(photo.label)]
            folder.mkdir(exist_ok=True)
            (folder / f"{photo.digest}.jpg").write_bytes(photo.picture)
        (new / CARD).write_text(json.dumps(described, indent=2) + "\n")
        new.chmod(0o755)
        if out.is_dir() and not any(out.iterdir()):
            out.rmdir()
        os.rename(new, out)  # noqa: PTH104 - refuses a folder that came meanwhile with files
    finally:
        shutil.rmtree(new, ignore_errors=True)
