"""The commands that the steps of a workflow run, as processes."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml
from mlflow import MlflowClient

from services.trainer import modelfile
from tests.services.trainer import photos

ROOT = Path(__file__).parents[3]
SECONDS = 240
MODEL = "GourmetGramFood11Model"


@pytest.fixture
def environment(mlflow: str, cache: Path) -> dict[str, str]:
    """Environment variables as a step has them, with the cache of this session."""
    home = cache.parent / "home"
    (home / "gourmetops").mkdir(parents=True, exist_ok=True)
    if not (home / "gourmetops" / "trainer").exists():
        (home / "gourmetops" / "trainer").symlink_to(cache)
    return {
        **os.environ,
        "MLFLOW_TRACKING_URI": mlflow,
        "XDG_CACHE_HOME": str(home),
        "GIT_COMMIT": "0123456789abcdef0123456789abcdef01234567",
    }


@pytest.fixture
def trainer(environment: dict[str, str]):
    """Run one command to its end."""

    def run(*arguments: object, **changed: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command(*arguments),
            cwd=ROOT,
            env=environment | changed,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )

    return run


def command(*arguments: object) -> list[str]:
    """Return the command line of a verb."""
    return [sys.executable, "-m", "services.trainer", *map(str, arguments)]


def test_from_photos_to_a_tested_model(trainer, small, mlflow, tmp_path):
    out, work, outputs = (tmp_path / name for name in ("data", "work", "outputs"))

    made = trainer("data", "--source", small, "--out", out, "--outputs", outputs)
    trained = trainer("train", "--data", out, "--work", work, "--outputs", outputs)
    tested = trainer("test", "--data", out, "--work", work, "--outputs", outputs)

    assert [made.returncode, trained.returncode, tested.returncode] == [0, 0, 0], tested.stdout
    said = json.loads(made.stdout) | json.loads(trained.stdout)
    assert (outputs / "data-hash").read_text() == said["data-hash"]
    assert (outputs / "run-id").read_text() == said["run-id"]
    assert float((outputs / "evaluation_accuracy").read_text()) > 0.9
    assert (outputs / "failed").read_text() == "0"
    run = MlflowClient(mlflow).get_run(said["run-id"])
    assert run.data.tags["gourmetops.tests"] == "passed"
    assert run.data.tags["mlflow.source.git.commit"].startswith("0123456789abcdef")
    assert run.data.metrics["tests_failed"] == 0


def test_a_branch_that_trains_nothing_fails_its_tests_and_says_by_how_much(
    trainer, small, mlflow, tmp_path
):
    trainer("train", "--epochs", 0, "--data", small, "--work", tmp_path)

    tested = trainer("test", "--data", small, "--work", tmp_path, "--outputs", tmp_path / "out")

    assert tested.returncode == 1
    assert "FAILED test_accuracy::test_accuracy: accuracy is 0.1" in tested.stdout
    assert "below the" in tested.stdout
    run_id = (tmp_path / "run-id").read_text()
    client = MlflowClient(mlflow)
    assert client.get_run(run_id).data.tags["gourmetops.tests"] == "failed"
    names = {file.path for file in client.list_artifacts(run_id, "report")}
    assert names == {"report/junit.xml", "report/report.txt", "report/report.json"}
    kept = json.loads((tmp_path / "report" / "report.json").read_text())
    assert kept["failures"]["test_accuracy::test_accuracy"] in tested.stdout


def test_it_is_compared_with_what_the_alias_production_names(
    trainer, small, trained, mlflow, tmp_path
):
    client = MlflowClient(mlflow)
    client.create_registered_model(MODEL)
    best = (trained / modelfile.RUN_ID).read_text()
    version = client.create_model_version(MODEL, f"runs:/{best}/model", run_id=best)
    client.set_registered_model_alias(MODEL, "production", version.version)
    trainer("train", "--epochs", 1, "--data", small, "--work", tmp_path)

    tested = trainer("test", "--data", small, "--work", tmp_path)

    assert f"compared with version {version.version}" in tested.stderr
    assert json.loads(tested.stdout.splitlines()[-1])["skipped"] == 0


def test_a_champion_that_is_not_there_is_asked_wrongly(trainer, small, trained):
    tested = trainer("test", "--champion-version", 99, "--data", small, "--work", trained)

    assert tested.returncode == 2
    assert "GourmetGramFood11Model has no such version or alias" in tested.stderr


def test_terminated_in_mid_training_it_leaves_no_model_and_a_killed_run(
    environment, small, mlflow, tmp_path
):
    work = tmp_path / "work"
    arguments = ("train", "--epochs", 1_000_000, "--data", small, "--work", work)
    patient = _branch(tmp_path / "branch", patience=1_000_000)
    training = subprocess.Popen(
        command(*arguments), cwd=patient, env=environment, stderr=subprocess.PIPE, text=True
    )
    assert training.stderr is not None
    _wait_for("epoch ", training)

    training.send_signal(signal.SIGTERM)

    assert training.wait(60) == 130
    assert "Interrupted" in training.stderr.read()
    training.stderr.close()
    assert list(work.iterdir()) == []
    newest = MlflowClient(mlflow).search_runs(["1"], order_by=["attributes.start_time DESC"])[0]
    assert newest.info.status == "KILLED"


def test_terminated_while_it_takes_data_in_it_leaves_nothing(environment, tmp_path):
    source = photos.food11(tmp_path / "photos", each=60)
    taking = subprocess.Popen(
        command("data", "--source", source, "--out", tmp_path / "here" / "data"),
        cwd=ROOT,
        env=environment,
        stderr=subprocess.DEVNULL,
    )
    _wait_until(lambda: any((tmp_path / "here").glob(".data-*/training/*")))

    taking.terminate()

    assert taking.wait(60) == 130
    assert list((tmp_path / "here").iterdir()) == []


def test_bad_data_ends_with_1_and_its_list(trainer, tmp_path):
    source = photos.food11(tmp_path / "photos")
    (source / "training" / "Egg" / "0.jpg").write_bytes(b"not a photo")

    refused = trainer("data", "--source", source, "--out", tmp_path / "out")

    assert refused.returncode == 1
    assert "1 problem, so nothing is trained on it.\n  unreadable: training/Egg/0.jpg" in (
        refused.stderr
    )
    assert refused.stdout == ""


@pytest.mark.parametrize(
    ("arguments", "changed", "said"),
    [
        (("train",), {"MLFLOW_TRACKING_URI": ""}, "MLFLOW_TRACKING_URI is not set"),
        (("test",), {}, "there is no such file. Make it with `python -m services.trainer train`"),
    ],
)
def test_what_is_missing_is_named_and_ends_with_2(trainer, tmp_path, arguments, changed, said):
    refused = trainer(*arguments, "--data", tmp_path, "--work", tmp_path / "none", **changed)

    assert refused.returncode == 2
    assert said in refused.stderr


def test_an_unknown_verb_is_asked_wrongly(trainer):
    assert trainer("tain").returncode == 2


def _branch(folder: Path, **changed: object) -> Path:
    """Copy the code of the trainer and change its config.yaml, as a branch does."""
    (folder / "services").mkdir(parents=True)
    for name in ("__init__.py", "food.py"):
        shutil.copy(ROOT / "services" / name, folder / "services" / name)
    shutil.copytree(ROOT / "services/trainer", folder / "services/trainer")
    config = folder / "services/trainer/config.yaml"
    config.write_text(yaml.safe_dump(yaml.safe_load(config.read_text()) | changed))
    return folder


def _wait_for(words: str, process: "subprocess.Popen[str]") -> None:
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith(words):
            return
    pytest.fail(f"it ended with {process.wait()} and never said {words!r}")


def _wait_until(happens) -> None:
    until = time.monotonic() + SECONDS
    while not happens():
        assert time.monotonic() < until
        time.sleep(0.005)
