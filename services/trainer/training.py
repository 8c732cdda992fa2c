"""`train`: from a sound data set to a model folder and a run in MLflow."""

import shutil
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from services import food
from services.trainer import (
    backbone, data, dataset, features, figures, files, finetune, graph, head, modelfile, parity,
    progress, scores, tracking,
)  # fmt: skip
from services.trainer.backbone import EfficientNetLite0
from services.trainer.dataset import CARD, DataSet, Picture
from services.trainer.errors import BadDataError, MissingError
from services.trainer.export import export
from services.trainer.head import Epoch, Examples, Head
from services.trainer.inference import Model
from services.trainer.settings import Config
from services.trainer.tracking import Run

MODEL, RUN_ID, WEIGHTS = "model", "run-id", "trained.pt"


@dataclass(frozen=True)
class Trained:
    """What training leaves: the network, its head, and how it got there."""

    network: EfficientNetLite0
    head: Head
    epochs: list[Epoch]


def train(folder: Path, work: Path, config: Config, address: str, cache: Path) -> dict[str, Any]:
    """Train on a data set, log to MLflow, and leave `work`/model; return the outcome.

    Raises:
        BadDataError: the pictures are not those that the data card describes.
        TrackingError: MLflow does not answer.
    """
    begin = time.monotonic()
    torch.set_num_threads(config.threads)
    all_ = _described(folder)
    _clear(work)
    with tracking.new_run(address, "train") as run:
        run.params(asdict(config))
        run.tags({"data-hash": all_.hash, "requirements-hash": tracking.requirements_hash()})
        run.file(folder / CARD)
        trained = fit(all_, config, cache)
        onnx, metrics = export(trained.network, trained.head, all_, config, cache)
        metrics |= _evaluated(onnx, all_, config, run)
        metrics |= {"best_epoch": trained.head.epoch, "seconds": time.monotonic() - begin}
        _log_metrics(run, trained.epochs, metrics)
        facts = {"quantised": config.quantise, "run": run.id, "commit": tracking.commit()}
        facts |= {"data_hash": all_.hash, "metrics": metrics}
        parity.save(work / WEIGHTS, trained.network, trained.head)
        modelfile.write(work / MODEL, onnx, facts)
        run.folder(work / MODEL, MODEL)
    files.write(work / RUN_ID, run.id)
    return {"run-id": run.id, "data-hash": all_.hash, **metrics}


def fit(all_: DataSet, config: Config, cache: Path) -> Trained:
    """Train the head on frozen features, then the last blocks if that was asked for."""
    network = backbone.BACKBONES[config.backbone]()
    epochs: list[Epoch] = []

    def report(epoch: Epoch) -> None:
        epochs.append(epoch)
        if epoch.number % 20 == 0:
            _say(epoch)

    exported = graph.export(network, cache)
    examples = [_examples(all_.split(s), exported, config) for s in ("training", "validation")]
    best = head.train(examples[0], examples[1], config, report)
    progress.say(f"head: {len(epochs)} epochs, the best is {best.epoch}")
    if config.fine_tune:
        best = finetune.train(network, best, all_, config, report)
    return Trained(network, best, epochs)


def _clear(work: Path) -> None:
    """Take away an earlier model first, so that nobody finds it after a failure."""
    work.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(work / MODEL, ignore_errors=True)
    for name in (RUN_ID, WEIGHTS):
        (work / name).unlink(missing_ok=True)


def _described(folder: Path) -> DataSet:
    if not (folder / CARD).exists():
        raise MissingError(folder / CARD, "python -m services.trainer data")
    all_, problems = dataset.read(folder)
    said = data.read_card(folder)["hash"]
    if said != all_.hash:
        problems.append(f"its card says {said}, and its pictures say {all_.hash}")
    if problems:
        raise BadDataError(str(folder), problems)
    return all_


def _examples(pictures: Sequence[Picture], exported: Path, config: Config) -> Examples:
    found = features.of(pictures, exported, config.threads)
    return Examples.of(found, [one.label for one in pictures])


def _evaluated(onnx: bytes, all_: DataSet, config: Config, run: Run) -> dict[str, float]:
    """Answer the whole evaluation split with the model that will be served."""
    held_out = all_.split("evaluation")
    with tempfile.TemporaryDirectory(prefix="gourmetops-evaluation-") as name:
        file = Path(name, modelfile.ONNX)
        file.write_bytes(onnx)
        with progress.bar("evaluation", len(held_out)) as advance:
            logits = Model(file, config.threads).photos((p.photo for p in held_out), advance)
    found = scores.score(np.array([one.label for one in held_out]), logits)
    with tempfile.TemporaryDirectory(prefix="gourmetops-figures-") as name:
        Path(name, "confusion.png").write_bytes(figures.confusion(found))
        Path(name, "mistakes.png").write_bytes(figures.mistakes(held_out, logits))
        run.folder(Path(name), "figures")
    f1 = zip(food.FOLDERS, found.f1, strict=True)
    progress.say(f"accuracy on photos of houses never seen: {found.accuracy:.1%}")
    return {
        "evaluation_accuracy": found.accuracy,
        "evaluation_f1": float(found.f1.mean()),
        **{f"f1_{name.replace(' ', '_')}": float(value) for name, value in f1},
    }


def _log_metrics(run: Run, epochs: Sequence[Epoch], metrics: dict[str, float]) -> None:
    steps: dict[int, dict[str, float]] = {}
    for epoch in epochs:
        steps[epoch.number] = {k: v for k, v in asdict(epoch).items() if k != "number"}
    run.metrics(steps)
    run.metrics({0: metrics})


def _say(epoch: Epoch) -> None:
    progress.say(
        f"epoch {epoch.number}: loss {epoch.loss:.3f}, validation loss "
        f"{epoch.validation_loss:.3f}, validation accuracy {epoch.validation_accuracy:.1%}"
    )
