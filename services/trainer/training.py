"""`train`: from a sound data set to a model folder and a run in MLflow."""

import shutil
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from services.trainer import (
    data,
    dataset,
    files,
    fitting,
    modelfile,
    parity,
    probes,
    reference,
    tracking,
)
from services.trainer.dataset import CARD, DataSet
from services.trainer.errors import BadDataError, MissingError
from services.trainer.evaluation import evaluate
from services.trainer.export import export
from services.trainer.head import Epoch
from services.trainer.modelfile import MODEL, RUN_ID, WEIGHTS
from services.trainer.settings import Config
from services.trainer.tracking import Run


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
        trained = fitting.fit(all_, config, cache)
        onnx, metrics = export(trained.network, trained.head, all_, config, cache)
        scored, held_out = evaluate(onnx, all_, config.threads, run)
        metrics |= scored
        metrics |= {"best_epoch": trained.head.epoch, "seconds": time.monotonic() - begin}
        _log_metrics(run, trained.epochs, metrics)
        facts = {"quantised": config.quantise, "run": run.id, "commit": tracking.commit()}
        facts |= {"data_hash": all_.hash, "metrics": metrics}
        facts |= {"probes": probes.answered(onnx, config.threads)}
        facts |= {"reference": reference.of(held_out)}
        parity.save(work / WEIGHTS, trained.network, trained.head)
        modelfile.write(work / MODEL, onnx, facts)
        run.folder(work / MODEL, MODEL)
    files.write(work / RUN_ID, run.id)
    return {"run-id": run.id, "data-hash": all_.hash, **metrics}


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


def _log_metrics(run: Run, epochs: Sequence[Epoch], metrics: dict[str, float]) -> None:
    steps: dict[int, dict[str, float]] = {}
    for epoch in epochs:
        steps[epoch.number] = {k: v for k, v in asdict(epoch).items() if k != "number"}
    run.metrics(steps)
    run.metrics({0: metrics})
