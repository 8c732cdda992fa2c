"""Corrections by people: kept beside the photo, and exported as a data set.

`python -m services.classifier.feedback export --from DIR --out FOLDER` lays the corrected
photos out as one folder per label, which the trainer takes as data; `--from` may be repeated.
"""

import argparse
import json
import shutil
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from services import food
from services.classifier.errors import ClassifierError, UnknownLabelError
from services.classifier.shelf import Shelf

LONGEST = 512  # pixels: more than training looks at, less than a person can be found by
QUALITY = 92


@dataclass(frozen=True)
class Correction:
    """What a person said of one answer.

    Attributes:
        photo: SHA-256 of the bytes that were sent.
        version: The version that answered; None for the bootstrap model.
    """

    photo: str
    version: int | None
    predicted: str
    corrected: str

    def __post_init__(self) -> None:
        for label in (self.predicted, self.corrected):
            if label not in food.LABELS:
                raise UnknownLabelError(label, food.LABELS)


class ExportError(ClassifierError):
    """The corrections cannot be made a data set."""


def keep(shelf: Shelf, photo: bytes, correction: Correction) -> None:
    """Keep a correction with its photo, drawn anew without EXIF and not too large.

    A second correction of the same photo takes the place of the first.

    Raises:
        BadPhotoError: the bytes are not a photo that we take.
    """
    picture = BytesIO()
    food.decode(photo, LONGEST).save(picture, "JPEG", quality=QUALITY)
    facts = {**asdict(correction), "at": datetime.now(UTC).isoformat(timespec="seconds")}
    shelf.put(correction.photo, "jpg", picture.getvalue(), facts)


def export(sources: Sequence[Path], out: Path) -> dict[str, Any]:
    """Lay corrected photos out as `out/<folder of the label>/<hash>.jpg`; return the counts.

    Of a photo that was corrected in several folders, the last word counts.

    Raises:
        ExportError: there is nothing to export, or something in the way.
    """
    if out.exists() and any(out.iterdir()):
        raise ExportError(f"{out} is not empty: name a new folder.")
    kept = [correction for source in sources for correction in _corrections(source)]
    last = {found.photo: (found, picture) for _, found, picture in sorted(kept, key=_when)}
    there = [(found, picture) for found, picture in last.values() if picture.exists()]
    if not there:
        raise ExportError(f"{_named(sources)} holds no correction yet: there is nothing to export.")
    for found, picture in there:
        folder = out / food.FOLDERS[food.LABELS.index(found.corrected)]
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(picture, folder / picture.name)
    labels = Counter(found.corrected for found, _ in there)
    return {"out": str(out), "photos": len(there), "labels": dict(sorted(labels.items()))}


def _corrections(source: Path) -> Iterator[tuple[str, Correction, Path]]:
    """Yield when each correction was made, what it says, and its picture."""
    if not source.is_dir():
        raise ExportError(f"{source} is no folder: name the FEEDBACK_DIR of a classifier.")
    for file in sorted(source.glob("*.json")):
        try:
            facts = json.loads(file.read_text())
            at = str(facts.pop("at"))
            correction = Correction(**facts)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ExportError(f"{file} is no correction ({error}): move it away.") from error
        if correction.photo != file.stem:
            raise ExportError(f"{file} is no correction (it names another photo): move it away.")
        yield at, correction, file.with_suffix(".jpg")


def _when(kept: tuple[str, Correction, Path]) -> str:
    return kept[0]


def _named(sources: Sequence[Path]) -> str:
    return ", ".join(map(str, sources))


def main(arguments: Sequence[str]) -> int:
    """Run the command line; return its exit code."""
    parser = argparse.ArgumentParser(prog="services.classifier.feedback", description=__doc__)
    verbs = parser.add_subparsers(required=True)
    verb = verbs.add_parser("export", help="make a data set of the corrections")
    verb.add_argument(
        "--from", dest="sources", type=Path, action="append", required=True, metavar="DIR"
    )
    verb.add_argument("--out", type=Path, required=True, metavar="FOLDER")
    chosen = parser.parse_args(arguments)
    try:
        print(json.dumps(export(chosen.sources, chosen.out), ensure_ascii=False))
    except ClassifierError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
