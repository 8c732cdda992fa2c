"""Corrections by people: kept beside the photo, and exported as a data set.

`python -m services.classifier.feedback export --from DIR --out FOLDER` lays the corrected
photos out as one folder per label with a card, which the trainer takes as data beside other
photos; `--from` may be repeated.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from services import food
from services.classifier import corrected
from services.classifier.corrected import Corrected
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


def export(sources: Sequence[Path], out: Path, *, named: bool = False) -> dict[str, Any]:
    """Make a version of a data set of the corrections; return where it is and its card.

    Of a photo that was corrected in several folders, or sent in several files, the last word
    counts, and it is there once.

    Args:
        sources: The FEEDBACK_DIRs of classifiers.
        out: The folder to make.
        named: Make it in `out` instead, under a name that its content gives; a version that is
            there already is left as it is.

    Raises:
        ExportError: there is nothing to export, something in the way, or a picture that must
            not be in a data set.
    """
    if not named and out.exists() and any(out.iterdir()):
        raise ExportError(f"{out} is not empty: name a new folder.")
    photos = corrected.once(_photos(sources))
    if not photos:
        raise ExportError(f"{_named(sources)} holds no correction yet: there is nothing to export.")
    card = corrected.card(photos)
    folder = out / corrected.name(card) if named else out
    if not (folder / corrected.CARD).exists():
        corrected.write(photos, card, folder)
    return {"out": str(folder), **card}


def _photos(sources: Sequence[Path]) -> list[Corrected]:
    """Return what was corrected, the oldest first; all that is wrong is said at once."""
    kept = [correction for source in sources for correction in _corrections(source)]
    last = {found.photo: (at, found, picture) for at, found, picture in sorted(kept, key=_when)}
    there = [each for each in last.values() if each[2].exists()]
    photos, wrong = [], []
    for at, found, picture in there:
        content = picture.read_bytes()
        if why := corrected.problem(content):
            wrong.append(f"{picture}: {why}")
        photos.append(Corrected(content, found.corrected, found.version, at[:10]))
    if wrong:
        raise ExportError(f"{'; '.join(wrong)} Move these pictures away, and export again.")
    return photos


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
    place = verb.add_mutually_exclusive_group(required=True)
    place.add_argument("--out", type=Path, metavar="FOLDER", help="the folder to make")
    place.add_argument("--into", type=Path, metavar="FOLDER", help="make one there, so named")
    chosen = parser.parse_args(arguments)
    folder, named = chosen.out or chosen.into, bool(chosen.into)
    try:
        print(json.dumps(export(chosen.sources, folder, named=named), ensure_ascii=False))
    except ClassifierError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
