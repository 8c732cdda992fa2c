"""The model folder that the classifier takes: model.onnx and model.json."""

import json
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from services import food
from services.trainer import files

# What `train` leaves in its working folder.
MODEL, RUN_ID, WEIGHTS = "model", "run-id", "trained.pt"
FORMAT = 1
ONNX, FACTS = "model.onnx", "model.json"


def write(folder: Path, onnx: bytes, facts: Mapping[str, Any]) -> None:
    """Write a model and what is known of it; the folder is there whole or not at all."""
    about = {
        "format": FORMAT,
        "labels": list(food.LABELS),
        "preprocessing": food.PREPROCESSING,
        "onnx_sha256": sha256(onnx).hexdigest(),
        **facts,
    }
    with files.whole_folder(folder, durable=True) as new:
        (new / ONNX).write_bytes(onnx)
        (new / FACTS).write_text(json.dumps(about, indent=2) + "\n")


def read(folder: Path) -> dict[str, Any]:
    """Read what is known of a model."""
    facts: dict[str, Any] = json.loads((folder / FACTS).read_text())
    return facts
