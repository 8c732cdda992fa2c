"""A real MLflow server, a cache of this session, and small data sets to train on."""

import logging
import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from services import environments, food
from services.trainer import data, training
from services.trainer.sample import composition, icons
from services.trainer.sample.icons import Drawing
from services.trainer.settings import CONFIG, Config, read
from tests.services.trainer import photos

ROOT = Path(__file__).parents[3]
START_SECONDS = 120
# As the trainer's own commands do, before anybody imports torch: these tests have company.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
# What torch notes for its own developers; pytest would format millions of such lines.
logging.getLogger("torch.__trace").propagate = False


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache that nothing is in at first."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="session")
def drawings(cache: Path) -> list[Drawing]:
    """Every drawing of food, fetched once."""
    return icons.drawings(cache)


@pytest.fixture(scope="session")
def small(drawings: list[Drawing], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data set of real drawings by one house: 11 classes, 2 drawings each, easy to learn."""
    folder = tmp_path_factory.mktemp("small") / "set"
    source = tmp_path_factory.mktemp("photos")
    for label in range(len(food.LABELS)):
        some = [one for one in drawings if one.house == "twemoji" and one.label == label][:2]
        for drawing in some:
            photos.write(source, composition.render(drawing.svg), drawing)
    data.prepare(str(source), folder, 1, source)
    return folder


@pytest.fixture(scope="session")
def mlflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a real MLflow server."""
    program = environments.ensure(ROOT / "infra/local/mlflow.txt") / "bin" / "mlflow"
    folder = tmp_path_factory.mktemp("mlflow")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = [f"--backend-store-uri=sqlite:///{folder}/mlflow.db", "--workers=1"]
    options += [f"--artifacts-destination={folder}/files", f"--port={port}", "--host=127.0.0.1"]
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(
            [program, "server", *options],
            cwd=folder,
            env={
                **os.environ,
                "PATH": f"{program.parent}:{os.environ['PATH']}",
                "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
            },
            stdout=log,
            stderr=log,
        )
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_until_healthy(address, server, folder / "log")
        yield address
    finally:
        server.terminate()
        server.wait(30)


@pytest.fixture(scope="session")
def config() -> Config:
    """The settings as they stand in config.yaml."""
    return read(Config, CONFIG)


@pytest.fixture(scope="session")
def trained(
    small: Path, config: Config, mlflow: str, cache: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The working folder of one real training."""
    work = tmp_path_factory.mktemp("work")
    training.train(small, work, config, mlflow, cache)
    return work


def _wait_until_healthy(address: str, server: "subprocess.Popen[bytes]", log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        assert server.poll() is None, log.read_text()
        try:
            urllib.request.urlopen(f"{address}/health", timeout=5).close()
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
        else:
            return
    pytest.fail(f"MLflow was not up in {START_SECONDS} s:\n{log.read_text()}")
