"""What the model tests need: the model, the photos it never saw, and what is asked of it."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

from services.trainer import dataset, modelfile, settings
from services.trainer.dataset import Picture
from services.trainer.inference import Model
from services.trainer.settings import Thresholds


class HeldOut(NamedTuple):
    """The evaluation split, with its labels and the logits of the model."""

    pictures: tuple[Picture, ...]
    labels: NDArray[np.int64]
    logits: NDArray[np.float32]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Take what is tested from the command line."""
    parser.addoption("--model", type=Path, required=True, help="folder of the model")
    parser.addoption("--data", type=Path, required=True, help="folder of the data set")
    parser.addoption("--trained", type=Path, help="the weights that PyTorch trained")
    parser.addoption("--champion", type=Path, help="folder of the model in production")
    parser.addoption("--threads", type=int, default=2, help="cores to use")


@pytest.fixture(scope="session")
def folder(request: pytest.FixtureRequest) -> Path:
    """The folder of the model."""
    return Path(request.config.getoption("--model"))


@pytest.fixture(scope="session")
def thresholds() -> Thresholds:
    """What is asked of a model."""
    return settings.read(Thresholds, settings.THRESHOLDS)


@pytest.fixture(scope="session")
def threads(request: pytest.FixtureRequest) -> int:
    """How many cores to use."""
    return int(request.config.getoption("--threads"))


@pytest.fixture(scope="session")
def model(folder: Path, threads: int) -> Model:
    """The model, loaded."""
    return Model(folder / modelfile.ONNX, threads)


@pytest.fixture(scope="session")
def evaluation(request: pytest.FixtureRequest) -> tuple[Picture, ...]:
    """The pictures of the evaluation split."""
    found, problems = dataset.read(Path(request.config.getoption("--data")))
    assert not problems, "\n".join(problems)
    return found.split("evaluation")


@pytest.fixture(scope="session")
def held_out(evaluation: tuple[Picture, ...], model: Model) -> HeldOut:
    """What the model answers to photos it never saw."""
    labels = np.array([one.label for one in evaluation])
    return HeldOut(evaluation, labels, model.photos(one.photo for one in evaluation))
