"""The model: a folder that was checked before it is served, and photo -> prediction."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from onnxruntime.capi import onnxruntime_pybind11_state as runtime
from PIL import Image

from services import food
from services.classifier import probes
from services.classifier.errors import BrokenModelError, ModelFolderError

FORMAT = 1
BAKE_AGAIN = "Bake the image again from a registered version."
TRAIN_AGAIN = "Train with the code of this commit, and bake again."
UNREADABLE = (
    runtime.Fail,
    runtime.InvalidArgument,
    runtime.InvalidGraph,
    runtime.InvalidProtobuf,
    runtime.NotImplemented,
    runtime.RuntimeException,
)


@dataclass(frozen=True)
class Facts:
    """Where a model comes from.

    Attributes:
        version: Its number in the registry; None for the bootstrap model.
    """

    version: int | None
    run: str | None
    commit: str | None
    data_hash: str | None


@dataclass(frozen=True)
class Answer:
    """What the model says of one photo."""

    label: str
    confidence: float
    probabilities: dict[str, float]


class Classifier:
    """A loaded model. It may be called from several threads."""

    def __init__(
        self,
        session: onnxruntime.InferenceSession,
        facts: Facts,
        reference: dict[str, Any] | None = None,
    ) -> None:
        self.facts = facts
        self.reference = reference
        self._session = session

    def classify(self, square: Image.Image) -> Answer:
        """Name the food on a photo, as `food.decode` made it."""
        probabilities = softmax(self.logits(food.tensor_of(square))[0])
        shares = dict(zip(food.LABELS, probabilities.tolist(), strict=True))
        label = max(shares, key=lambda name: shares[name])
        return Answer(label, shares[label], shares)

    def logits(self, tensor: NDArray[np.float32]) -> NDArray[np.float32]:
        """Run the network on a batch of tensors."""
        (logits,) = self._session.run(["logits"], {"input": tensor})
        return logits


def softmax(logits: NDArray[np.float32]) -> NDArray[np.float64]:
    """Turn logits into probabilities that sum to 1.

    Raises:
        BrokenModelError: they are not numbers.
    """
    if not np.isfinite(logits).all():
        raise BrokenModelError
    powers = np.exp(logits.astype(np.float64) - logits.max())
    return powers / powers.sum()


def load(folder: Path, threads: int = 1) -> Classifier:
    """Load the model of a folder, if it is one that this code may serve.

    Raises:
        ModelFolderError: a file is missing, was changed, or is of other code.
    """
    description = _json(folder, "model.json")
    _require_same_contract(folder, description)
    facts = _facts(folder, description)
    _require_hash(folder, description)
    classifier = Classifier(_session(folder, threads), facts, _reference(folder, description))
    _require_logits(folder, classifier)
    _require_same_answers(folder, classifier, description)
    return classifier


def _json(folder: Path, name: str) -> dict[str, Any]:
    try:
        content = json.loads((folder / name).read_bytes())
    except FileNotFoundError as error:
        raise ModelFolderError(
            folder, f"there is no {name}", "MODEL_DIR must name a folder with a baked model."
        ) from error
    except ValueError as error:
        raise ModelFolderError(folder, f"{name} is not JSON ({error})", BAKE_AGAIN) from error
    if not isinstance(content, dict):
        raise ModelFolderError(folder, f"{name} holds no mapping", BAKE_AGAIN)
    return content


def _require_same_contract(folder: Path, description: dict[str, Any]) -> None:
    if description.get("format") != FORMAT:
        problem = f"model.json has format {description.get('format')!r}, not {FORMAT}"
        raise ModelFolderError(folder, problem, TRAIN_AGAIN)
    if description.get("labels") != list(food.LABELS):
        problem = f"it answers with the labels {description.get('labels')}, not {food.LABELS}"
        raise ModelFolderError(folder, problem, TRAIN_AGAIN)
    theirs = description.get("preprocessing")
    theirs = theirs if isinstance(theirs, dict) else {}
    for key in sorted(theirs.keys() | food.PREPROCESSING.keys()):
        ours = food.PREPROCESSING.get(key)
        if not _same(theirs.get(key), ours):
            problem = (
                f"it was trained with preprocessing {key} {theirs.get(key)!r}, "
                f"and this code has {ours!r}"
            )
            raise ModelFolderError(folder, problem, TRAIN_AGAIN)


def _same(theirs: Any, ours: Any) -> bool:
    if not isinstance(ours, list):
        return bool(theirs == ours)
    numbers = isinstance(theirs, list) and all(isinstance(part, int | float) for part in theirs)
    return numbers and len(theirs) == len(ours) and bool(np.allclose(theirs, ours, atol=1e-6))


def _facts(folder: Path, description: dict[str, Any]) -> Facts:
    """Read where a model is from. One that was trained but never registered has no version."""
    unregistered = {**description, "version": None}
    registered = (folder / "version.json").exists()
    baked = _json(folder, "version.json") if registered else unregistered
    version = baked.get("version", 0)
    if version is not None and (type(version) is not int or version < 1):
        problem = f"version.json has version {version!r}, not a number from the registry or null"
        raise ModelFolderError(folder, problem, BAKE_AGAIN)
    for key in ("run", "commit", "data_hash"):
        if baked.get(key) != description.get(key):
            problem = (
                f"version.json says {key} {baked.get(key)!r}, "
                f"and model.json says {description.get(key)!r}"
            )
            raise ModelFolderError(folder, problem, BAKE_AGAIN)
    return Facts(version, baked.get("run"), baked.get("commit"), baked.get("data_hash"))


def _require_hash(folder: Path, description: dict[str, Any]) -> None:
    try:
        with (folder / "model.onnx").open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError as error:
        raise ModelFolderError(folder, "there is no model.onnx", BAKE_AGAIN) from error
    wanted = str(description.get("onnx_sha256")).removeprefix("sha256:")
    if found != wanted:
        problem = f"model.onnx has SHA-256 {found}, and model.json promises {wanted}"
        raise ModelFolderError(folder, problem, BAKE_AGAIN)


def _session(folder: Path, threads: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # Idle threads that spin would burn the CPU limit that all of the pod shares.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return onnxruntime.InferenceSession(
            str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"]
        )
    except UNREADABLE as error:
        problem = f"ONNX Runtime cannot load model.onnx ({_first_line(error)})"
        raise ModelFolderError(folder, problem, "Export and train again.") from error


def _require_logits(folder: Path, classifier: Classifier) -> None:
    blank = np.zeros((1, 3, food.SIDE, food.SIDE), dtype=np.float32)
    try:
        shape = classifier.logits(blank).shape
    except (*UNREADABLE, ValueError) as error:
        problem = f"model.onnx cannot run on `input` and give `logits` ({_first_line(error)})"
        raise ModelFolderError(folder, problem, TRAIN_AGAIN) from error
    if shape != (1, len(food.LABELS)):
        problem = f"model.onnx answers with shape {shape}, not {(1, len(food.LABELS))}"
        raise ModelFolderError(folder, problem, TRAIN_AGAIN)


def _reference(folder: Path, description: dict[str, Any]) -> dict[str, Any] | None:
    """Return what live photos are compared with, if the model brings it."""
    found = description.get("reference")
    if found is None:
        return None
    try:
        width = {len(row) for row in found["turn"]} | {len(found["mean"]), len(food.LABELS)}
        good = len(width) == 1 and set(found["labels"]) == set(food.LABELS) and found["photos"] > 0
    except (KeyError, TypeError):
        good = False
    if not good:
        problem = "its `reference`, which live photos are compared with, cannot be read"
        raise ModelFolderError(folder, problem, TRAIN_AGAIN)
    return dict(found)


def _require_same_answers(
    folder: Path, classifier: Classifier, description: dict[str, Any]
) -> None:
    try:
        found = probes.difference(description, classifier.logits)
    except (ValueError, KeyError, TypeError) as error:
        problem = f"the photos that it brings along cannot be read ({_first_line(error)})"
        raise ModelFolderError(folder, problem, TRAIN_AGAIN) from error
    if found:
        remedy = "Photos are prepared in another way here than at its training: mend the trainer."
        raise ModelFolderError(folder, found, remedy)


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0][:200] if str(error) else type(error).__name__
