"""Find everything that is wrong with a data set, so that a person mends it in one go."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from services import food
from services.trainer import dataset
from services.trainer.dataset import SPLITS, DataSet, Picture
from services.trainer.errors import BadDataError

THREADS = 2


def find(data: DataSet, folder: Path) -> list[str]:
    """List what is wrong with the pictures of a data set."""
    return [*_empty_classes(data, folder), *_unreadable(data, folder), *_twice(data, folder)]


def require_sound(folder: Path, called: str, known: Sequence[str] = ()) -> DataSet:
    """Read a data set and return it.

    Args:
        folder: Where it is.
        called: What a person calls it.
        known: Problems that were seen before.

    Raises:
        BadDataError: with every problem that there is.
    """
    data, problems = dataset.read(folder)
    problems = [*known, *problems, *find(data, folder)]
    if problems:
        raise BadDataError(called, problems)
    return data


def _empty_classes(data: DataSet, folder: Path) -> Iterator[str]:
    splits = {split: have for split, have in data.counts().items() if (folder / split).is_dir()}
    for name in food.LABELS:
        empty = [split for split, have in splits.items() if not have[name]]
        if empty:
            where = "any split" if empty == list(splits) else " and ".join(empty)
            yield f"class with no image: {name} in {where}"


def _unreadable(data: DataSet, folder: Path) -> Iterator[str]:
    with ThreadPoolExecutor(THREADS) as pool:
        for one, problem in zip(data.pictures, pool.map(_decode, data.pictures), strict=True):
            if problem:
                yield f"unreadable: {one.file.relative_to(folder)}: {problem}"


def _decode(picture: Picture) -> str | None:
    try:
        food.decode(picture.photo)
    except food.BadPhotoError as error:
        return str(error)
    return None


def _twice(data: DataSet, folder: Path) -> Iterator[str]:
    same: dict[str, list[Picture]] = defaultdict(list)
    for one in data.pictures:
        same[one.digest].append(one)
    for copies in same.values():
        names = " and ".join(str(one.file.relative_to(folder)) for one in copies)
        if len({one.split for one in copies}) > 1:
            yield f"the same image in {_listed(copies)}: {names}"
        elif len({one.label for one in copies}) > 1:
            yield f"the same image under two labels: {names}"


def _listed(copies: list[Picture]) -> str:
    have = {one.split for one in copies}
    return " and ".join(split for split in SPLITS if split in have)
