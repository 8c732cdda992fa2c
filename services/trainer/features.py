"""Features of photos under a frozen backbone, computed once for each photo."""

import hashlib
import inspect
import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from services import food
from services.trainer import files, inference, progress
from services.trainer.dataset import Picture
from services.trainer.inference import Array, Model

# How many of the newest stores are looked through for photos that are known already.
STORES = 8


def of(pictures: Sequence[Picture], backbone: Path, threads: int) -> Array:
    """Return the features of pictures, in their order, from the cache where it has them."""
    cache = backbone.with_suffix("") / prepared()
    known = _known(cache)
    new = {one.digest: one for one in pictures if one.digest not in known}
    if new:
        with progress.bar("features", len(new)) as advance:
            answers = Model(backbone, threads).photos((p.photo for p in new.values()), advance)
        known.update(zip(new, answers, strict=True))
        _keep(cache, {one.digest: known[one.digest] for one in pictures})
    return np.stack([known[one.digest] for one in pictures])


def prepared() -> str:
    """Name the way from a photo to a tensor: a branch that changes it shares no features."""
    code = "".join(inspect.getsource(module) for module in (food, inference))
    return hashlib.sha256(code.encode()).hexdigest()[:16]


def _known(cache: Path) -> dict[str, Array]:
    known: dict[str, Array] = {}
    stores = sorted(cache.glob("*.npz"), key=lambda store: store.stat().st_mtime)
    for store in stores[-STORES:]:
        with np.load(store) as kept:
            known.update(zip(kept["digests"].tolist(), kept["features"], strict=True))
    return known


def _keep(cache: Path, features: dict[str, Array]) -> None:
    file = io.BytesIO()
    np.savez(file, digests=np.array(list(features)), features=np.stack(list(features.values())))
    name = hashlib.sha256("".join(sorted(features)).encode()).hexdigest()[:16]
    files.write(cache / f"{name}.npz", file.getvalue())
