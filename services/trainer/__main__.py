"""The trainer's commands: `data`, `train` and `test`. Exit 0 fine, 1 bad, 2 asked wrongly."""

import argparse
import json
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import Any

from services.trainer import files, settings
from services.trainer.errors import MissingSettingError, TrainerError

INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    signal.signal(signal.SIGTERM, _interrupt)
    # A thread of PyTorch that waits sleeps, so that other programs can have the core.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    asked = _parser().parse_args(argv)
    try:
        code, facts = VERBS[asked.verb](asked)
    except TrainerError as error:
        print(error, file=sys.stderr)
        return error.code
    except KeyboardInterrupt:
        print("Interrupted; no half-written model or data was left.", file=sys.stderr)
        return INTERRUPTED
    print(json.dumps(facts))
    if asked.outputs:
        _write_outputs(asked.outputs, facts)
    return code


def _data(asked: argparse.Namespace) -> tuple[int, dict[str, Any]]:
    from services.trainer import data

    card = data.prepare(asked.source, asked.out, asked.seed, files.cache())
    return 0, {"data-hash": card["hash"], "pictures": card["pictures"]}


def _train(asked: argparse.Namespace) -> tuple[int, dict[str, Any]]:
    from services.trainer import training

    config = settings.with_flags(
        settings.read(settings.Config, settings.CONFIG),
        epochs=asked.epochs,
        fine_tune=asked.fine_tune,
        quantise=asked.quantise,
        seed=asked.seed,
        threads=asked.threads,
    )
    return 0, training.train(asked.data, asked.work, config, _mlflow(), files.cache())


def _test(asked: argparse.Namespace) -> tuple[int, dict[str, Any]]:
    from services.trainer import testing

    outcome = testing.test(asked.data, asked.work, asked.champion, _mlflow())
    return int(outcome["failed"] > 0), outcome


VERBS = {"data": _data, "train": _train, "test": _test}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m services.trainer", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    data = verbs.add_parser("data", help="bring photos into the form of Food-11, or refuse them")
    data.add_argument("--source", default="sample", help="sample, a folder or a zip")
    data.add_argument("--out", type=Path, required=True, help="the folder to fill")
    data.add_argument("--seed", type=int, default=1, help="of the sample, and of splitting")
    train = verbs.add_parser("train", help="train a model and log it to MLFLOW_TRACKING_URI")
    for name in ("epochs", "fine-tune", "seed", "threads"):
        train.add_argument(f"--{name}", type=int, help="instead of what config.yaml says")
    train.add_argument("--quantise", action="store_true", default=None, help="export INT8")
    test = verbs.add_parser("test", help="test the model; exit 1 if it must not be registered")
    champion = test.add_mutually_exclusive_group()
    champion.add_argument("--champion-version", dest="champion", help="compare with this version")
    champion.add_argument(
        "--champion", help="an alias, a model folder, or none (default: the alias production)"
    )
    for verb in (train, test):
        verb.add_argument("--data", type=Path, required=True, help="what `data` made")
        verb.add_argument("--work", type=Path, required=True, help="where the model goes")
    for verb in (data, train, test):
        verb.add_argument("--outputs", type=Path, help="write a file per fact here, for Argo")
    return parser


def _mlflow() -> str:
    address = os.environ.get("MLFLOW_TRACKING_URI")
    if not address:
        raise MissingSettingError("MLFLOW_TRACKING_URI", "the address of MLflow")
    return address


def _write_outputs(folder: Path, facts: Mapping[str, Any]) -> None:
    for name, value in facts.items():
        text = value if isinstance(value, str) else json.dumps(value)
        files.write(folder / name, text)


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
