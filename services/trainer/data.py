"""`data`: bring the sample or somebody's photos into the form of Food-11, or refuse them."""

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

from services.trainer import dataset, faults, files, intake
from services.trainer.dataset import CARD, DataSet
from services.trainer.errors import SourceError
from services.trainer.sample import build, foods, icons

SAMPLE = Path(build.__file__).parent


def prepare(source: str, out: Path, seed: int, cache: Path) -> dict[str, Any]:
    """Fill `out` with a sound data set and its card; return the card.

    `BASE+FOLDER` is a data set with the corrected photos of a folder added to it, as
    `invoke services.feedback --export` makes them.

    Raises:
        BadDataError: the data is bad; `out` is as it was.
        SourceError: there is no such data, or it is no folder and no zip.
        DrawingsError: the sample's drawings could not be had.
    """
    if source == "sample":
        made = _sample(seed, cache)
        with files.whole_folder(out) as new:
            shutil.copytree(made, new, dirs_exist_ok=True)
        return read_card(out)
    base, _, more = source.rpartition("+")
    if base and not Path(source).exists():
        return _with_corrections(base, Path(more), out, seed, cache)
    with files.whole_folder(out) as new:
        strange = intake.take(Path(source), new, seed)
        data = faults.require_sound(new, source, strange)
        return _write_card(new, data, {"source": source, "seed": seed, "licences": {}})


def _with_corrections(base: str, more: Path, out: Path, seed: int, cache: Path) -> dict[str, Any]:
    """Fill `out` with a data set and with photos that people corrected; the last word is theirs."""
    if not (more / CARD).is_file():
        what = f"holds no {CARD}. Make it with `invoke services.feedback --export`"
        raise SourceError(str(more), f"{what}.")
    with files.whole_folder(out) as new:
        facts = prepare(base, new / "base", seed, cache)
        for split in dataset.SPLITS:
            (new / "base" / split).rename(new / split)
        shutil.rmtree(new / "base")
        strange = intake.add(more, new, seed)
        data = faults.require_sound(new, f"{base}+{more}", strange)
        corrections = {**read_card(more), "folder": str(more)}
        kept: dict[str, Any] = {
            name: facts[name] for name in ("licences", "houses") if name in facts
        }
        source = {"source": f"{base}+{more.name}", "seed": seed}
        return _write_card(new, data, {**source, **kept, "corrections": corrections})


def read_card(folder: Path) -> dict[str, Any]:
    """Read what a data set says of itself."""
    card: dict[str, Any] = json.loads((folder / CARD).read_text())
    return card


def _sample(seed: int, cache: Path) -> Path:
    """Return the sample's folder in the cache, made on first use."""
    recipe = "".join(path.read_text() for path in sorted(SAMPLE.glob("*.*")))
    key = hashlib.sha256(f"{recipe}{seed}".encode()).hexdigest()[:16]
    folder = cache / "samples" / key
    if not folder.exists():
        drawings = icons.drawings(cache)
        with files.whole_folder(folder) as new:
            build.build(drawings, new, seed)
            data = faults.require_sound(new, "the sample")
            facts = {"source": "sample", "seed": seed, "licences": icons.licences()}
            _write_card(new, data, {**facts, "houses": foods.HOUSES})
    return folder


def _write_card(folder: Path, data: DataSet, facts: dict[str, Any]) -> dict[str, Any]:
    pictures = {split: sum(counts.values()) for split, counts in data.counts().items()}
    card = {"hash": data.hash, **facts, "pictures": pictures, "classes": data.counts()}
    files.write(folder / CARD, json.dumps(card, indent=2) + "\n")
    return card
