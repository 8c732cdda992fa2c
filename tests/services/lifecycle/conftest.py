"""Real parts for the tests of the lifecycle: git repositories, an MLflow server, a site."""

import contextlib
import hashlib
import json
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.request
from argparse import Namespace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from services import environments
from services.lifecycle.command_line import READING
from services.lifecycle.evidence.signing import PrivateKey
from services.lifecycle.images.layout import Layout
from services.lifecycle.settings import Settings
from services.lifecycle.step import Step
from tests.services.lifecycle.kept import Kept
from tests.services.lifecycle.site_api import Site
from tests.services.lifecycle.world import World

ROOT = Path(__file__).parents[3]
MODEL = "GourmetGramFood11Model"
APP_CODE = {
    "services/__init__.py": "",
    "services/food.py": "LABELS = ()\n",
    "services/classifier/__init__.py": "",
    "services/classifier/__main__.py": "print('serving')\n",
    "services/classifier/requirements.txt": "# no packages\n",
    "services/trainer/__init__.py": "",
    "services/trainer/__main__.py": "print('training')\n",
    "services/trainer/requirements.txt": "# no packages\n",
    "services/trainer/torch.txt": "# no packages\n",
}


def git(*arguments, folder):
    """Run git as somebody with a name."""
    names = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "commit.gpgsign=no")
    done = subprocess.run(
        ["git", *names, *arguments], cwd=folder, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


class Source:
    """A source repository with a little of everything that images are made of."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir()
        git("init", "--quiet", "--initial-branch=main", folder=folder)
        self.commit(APP_CODE)

    def commit(self, files, message="a change"):
        """Write files and commit them."""
        for name, text in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        git("add", ".", folder=self.folder)
        git("commit", "--quiet", "--message", message, folder=self.folder)
        return git("rev-parse", "HEAD", folder=self.folder)


@pytest.fixture
def source(tmp_path):
    return Source(tmp_path / "source")


@pytest.fixture
def layout(tmp_path):
    return Layout.at(f"oci:{tmp_path / 'images'}")


@pytest.fixture
def gitops(tmp_path):
    return make_gitops(tmp_path / "gitops.git")


def make_gitops(folder):
    """Return the address of an empty GitOps repository."""
    folder.mkdir(parents=True)
    git("init", "--quiet", "--bare", "--initial-branch=main", folder=folder)
    # It is gone before it could need tidying up, which git would look for at each push.
    git("config", "receive.autogc", "false", folder=folder)
    return str(folder)


@pytest.fixture(autouse=True)
def no_packages(monkeypatch):
    pretend_no_packages(monkeypatch)


def pretend_no_packages(monkeypatch):
    """Images of the tests have no packages: do not make environments for them."""

    def ensure(*files):
        if all(file.read_text() == "# no packages\n" for file in files):
            return Path("/nonexistent/environment")
        return made(*files)

    made = environments.ensure
    monkeypatch.setattr(environments, "ensure", ensure)


@pytest.fixture
def site():
    running = Site()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def mlflow_folder(tmp_path_factory):
    """Return where MLflow's server keeps its database, `mlflow.db`, and its log."""
    return tmp_path_factory.mktemp("mlflow")


@pytest.fixture(scope="session")
def mlflow(mlflow_folder):
    """Start MLflow's own server once, and return its address."""
    python = environments.ensure(ROOT / "infra" / "local" / "mlflow.txt") / "bin" / "python"
    folder, port = mlflow_folder, _free_port()
    command = [str(python), "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--backend-store-uri", f"sqlite:///{folder}/mlflow.db", "--workers", "1"]
    command += ["--artifacts-destination", str(folder / "artifacts")]
    log = (folder / "log").open("wb")
    server = subprocess.Popen(
        command, stdout=log, stderr=subprocess.STDOUT, start_new_session=True, cwd=folder,
        # Its eight workers for jobs are of no use here.
        env={**os.environ, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"},
    )  # fmt: skip
    address = f"http://127.0.0.1:{port}"
    try:
        _until_healthy(f"{address}/health", server, folder / "log")
        yield address
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGKILL)
        server.wait()
        log.close()


def _free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def _until_healthy(address, server, log, seconds=240):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        assert server.poll() is None, log.read_text()
        try:
            with urllib.request.urlopen(address, timeout=1):
                return
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"MLflow was not ready in {seconds} s:\n{log.read_text()}")


class Trained:
    """What the trainer leaves in MLflow, made without training."""

    def __init__(self, tracking, folder):
        from mlflow import MlflowClient

        self.client = MlflowClient(tracking_uri=tracking)
        self.folder = folder
        name = f"experiment-{folder.name}-{time.monotonic_ns()}"
        self.experiment = self.client.create_experiment(name)

    def run(self, *, tests="passed", status="FINISHED", weights=b"weights", promised=None):
        """Log a run with a model, and return its id."""
        run = self.client.create_run(self.experiment).info.run_id
        model = write_model(self.folder / run, run, weights, promised)
        self.client.log_artifacts(run, str(model), "model")
        if tests:
            self.client.set_tag(run, "gourmetops.tests", tests)
        if status != "RUNNING":
            self.client.set_terminated(run, status)
        return run


def write_model(folder, run, weights=b"weights", promised=None):
    """Write a model folder as the trainer does."""
    folder.mkdir(parents=True)
    (folder / "model.onnx").write_bytes(weights)
    facts = {
        "format": 1,
        "run": run,
        "commit": "c" * 40,
        "data_hash": "sha256:" + "d" * 64,
        "onnx_sha256": promised or hashlib.sha256(weights).hexdigest(),
    }
    (folder / "model.json").write_text(json.dumps(facts))
    return folder


@pytest.fixture
def trained(mlflow, tmp_path):
    return Trained(mlflow, tmp_path / "models")


@pytest.fixture
def signing_key(tmp_path):
    """Return the file of a key of this test's own, which signs what it bakes."""
    return make_signing_key(tmp_path)


def make_signing_key(folder):
    """Write a new key and return its file."""
    path = folder / "ed25519.pem"
    key = Ed25519PrivateKey.generate()
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return path


@pytest.fixture
def values(tmp_path, source, gitops, signing_key):
    return make_values(tmp_path, source, gitops, signing_key)


def make_values(folder, source, gitops, signing_key):
    """Return what the ConfigMap `platform` would say; tests with servers add their addresses."""
    return {
        "GOURMET_SITE": "local",
        "GOURMET_MODEL": f"{MODEL}-{folder.name}-{time.monotonic_ns()}",
        "GOURMET_REGISTRY": "registry.local",
        "GOURMET_IMAGES": f"oci:{folder / 'images'}",
        "GOURMET_GITOPS": gitops,
        "GOURMET_SOURCE": str(source.folder),
        "GOURMET_STATE": str(folder / "state"),
        "GOURMET_SIGNING_KEY": str(signing_key),
        "GOURMET_PUBLIC_KEYS": str(PrivateKey.read(signing_key).public),
    }


class Verbs:
    """Runs verbs as `__main__` does, each in an empty folder of its own."""

    def __init__(self, values, folder):
        self.values = values
        self.folder = folder
        self.said = []

    def __call__(self, verb, **asked):
        work = self.folder / f"step-{time.monotonic_ns()}"
        work.mkdir(parents=True)
        name = verb.__name__.rpartition(".")[2].replace("_", "-")
        try:
            step = Step(Settings(self.values), work, self.said.append, only_looks=name in READING)
            return verb.run(step, Namespace(**{"operation": "by-hand-1", **asked}))
        finally:
            shutil.rmtree(work)

    @property
    def step(self):
        """Return a step of its own, to look at what the others did."""
        work = self.folder / "looking"
        work.mkdir(parents=True, exist_ok=True)
        return Step(Settings(self.values), work, say=self.said.append)


@pytest.fixture
def verbs(values, tmp_path):
    return Verbs(values, tmp_path / "steps")


@pytest.fixture
def world(verbs, values, site, mlflow, trained):
    values["MLFLOW_TRACKING_URI"] = mlflow
    values["GOURMET_SITE_API"] = site.url
    return World(verbs, site, trained)


@pytest.fixture(scope="module")
def kept(request, mlflow, mlflow_folder, tmp_path_factory):
    """The world as this file's `furnish` leaves it, made once."""
    folder = tmp_path_factory.mktemp("kept") / "world"
    folder.mkdir()
    source, running = Source(folder / "source"), Site()
    values = make_values(folder, source, make_gitops(folder / "gitops.git"),
                         make_signing_key(folder))  # fmt: skip
    values |= {"MLFLOW_TRACKING_URI": mlflow, "GOURMET_SITE_API": running.url}
    world = World(Verbs(values, folder / "steps"), running, Trained(mlflow, folder / "models"))
    with pytest.MonkeyPatch.context() as patch:
        pretend_no_packages(patch)
        request.module.furnish(world)
    yield Kept(folder, world, mlflow_folder / "mlflow.db")
    running.stop()


@pytest.fixture
def furnished(kept):
    """The world as this file's `furnish` left it, whatever other tests did to it since."""
    return kept.again()
