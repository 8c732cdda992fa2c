"""A model folder: what the trainer left, and whether it is still that."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.lifecycle.errors import LifecycleError

MODEL, FACTS, VERSION = "model.onnx", "model.json", "version.json"


class ModelError(LifecycleError):
    """A model folder is incomplete, or was changed."""


@dataclass(frozen=True)
class Model:
    """What a model folder says of itself.

    Attributes:
        hash: Of every file, and so of the run it is from as well.
        likeness: Of what decides its answers alone: weights, labels and preprocessing. The same
            code trained on the same data once more has the same.
    """

    run: str
    commit: str
    data_hash: str
    hash: str
    likeness: str


def read(folder: Path, where: str) -> Model:
    """Read a model folder and hold its weights against their hash.

    Raises:
        ModelError: a file is missing, or the weights are not the ones described.
    """
    missing = [name for name in (MODEL, FACTS) if not (folder / name).is_file()]
    if missing:
        raise ModelError(f"{where}: no {' and no '.join(missing)}. Train again.")
    try:
        facts = json.loads((folder / FACTS).read_text())
        promised = facts["onnx_sha256"].removeprefix("sha256:")
        model = Model(
            run=facts["run"] or "",
            commit=facts["commit"] or "",
            data_hash=facts["data_hash"] or "",
            hash=_hash(folder),
            likeness=_likeness(promised, facts),
        )
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        raise ModelError(f"{where}/{FACTS}: cannot be read ({error!r}). Train again.") from None
    if _file_hash(folder / MODEL) != promised:
        raise ModelError(
            f"{where}/{MODEL}: the weights are not those that {FACTS} describes. They were changed "
            "or cut off after training; train again."
        )
    return model


def stamp(folder: Path, version: int | None, model: Model) -> None:
    """Write which version this is beside the model, for whoever serves it."""
    facts = {
        "version": version,
        "run": model.run or None,
        "commit": model.commit or None,
        "data_hash": model.data_hash or None,
    }
    (folder / VERSION).write_text(json.dumps(facts, indent=2) + "\n")


def _hash(folder: Path) -> str:
    files = sorted(p for p in folder.rglob("*") if p.is_file() and p.name != VERSION)
    lines = [f"{p.relative_to(folder).as_posix()} {_file_hash(p)}\n" for p in files]
    return "sha256:" + hashlib.sha256("".join(lines).encode()).hexdigest()


def _likeness(weights: str, facts: dict[str, Any]) -> str:
    parts = [weights, facts.get("labels"), facts.get("preprocessing")]
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"))
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def _file_hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
