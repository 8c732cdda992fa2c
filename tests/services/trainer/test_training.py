"""Training: what it leaves in MLflow and on disk, again and again the same."""

import base64
import json
import shutil
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import onnx
import pytest
from mlflow import MlflowClient
from PIL import Image

from services import food
from services.trainer import data, modelfile, parity, probes, training
from services.trainer.errors import BadDataError, MissingError, TrackingError
from services.trainer.settings import Config

QUICK = {"epochs": 3, "patience": 3}


@pytest.fixture
def run(trained: Path, mlflow: str):
    """The run of the training that the tests share, as MLflow has it."""
    return MlflowClient(mlflow).get_run((trained / modelfile.RUN_ID).read_text())


@pytest.fixture
def again(small: Path, config: Config, mlflow: str, cache: Path, tmp_path: Path):
    """Train again with other settings; return the working folder."""

    def train(**other: object) -> Path:
        work = tmp_path / f"work-{len(list(tmp_path.iterdir()))}"
        settings = replace(config, **{**QUICK, **other})
        training.train(small, work, settings, mlflow, cache)
        return work

    return train


def test_the_model_folder_is_what_the_classifier_takes(trained, run, small):
    facts = modelfile.read(trained / "model")

    assert sorted(file.name for file in (trained / "model").iterdir()) == [
        "model.json",
        "model.onnx",
    ]
    assert facts["labels"] == list(food.LABELS)
    assert facts["preprocessing"] == food.PREPROCESSING
    assert facts["onnx_sha256"] == sha256((trained / "model/model.onnx").read_bytes()).hexdigest()
    assert facts["run"] == run.info.run_id
    assert facts["data_hash"] == data.read_card(small)["hash"]
    assert (facts["format"], facts["quantised"]) == (1, False)
    assert facts["metrics"]["evaluation_accuracy"] > 0.9


def test_the_model_brings_photos_along_with_its_answers(trained):
    brought = modelfile.read(trained / "model")["probes"]

    assert len(brought) == probes.COUNT
    assert [base64.b64decode(each["photo"]) for each in brought] == [
        probes.photo(number) for number in range(probes.COUNT)
    ]
    assert all(len(each["logits"]) == len(food.LABELS) for each in brought)


def test_the_run_says_how_it_was_made(run, small, config):
    tags, params = run.data.tags, run.data.params

    assert run.info.status == "FINISHED"
    assert tags["data-hash"] == data.read_card(small)["hash"]
    assert tags["requirements-hash"].startswith("sha256:")
    assert len(tags["mlflow.source.git.commit"]) == 40
    assert params["learning_rate"] == str(config.learning_rate)
    assert params["backbone"] == "efficientnet-lite0"


def test_the_run_has_metrics_of_every_epoch_and_class(run, mlflow):
    losses = MlflowClient(mlflow).get_metric_history(run.info.run_id, "validation_loss")
    metrics = run.data.metrics

    assert [metric.step for metric in losses] == list(range(1, len(losses) + 1))
    assert losses[-1].value < losses[0].value
    assert 1 <= metrics["best_epoch"] <= len(losses)
    assert {name for name in metrics if name.startswith("f1_")} == {
        f"f1_{name.replace(' ', '_')}" for name in food.FOLDERS
    }
    assert metrics["parity_fp32_difference"] < 0.001
    assert metrics["parity_fp32_agreement"] == 1.0


def test_the_run_keeps_the_model_the_card_and_pictures(run, mlflow, trained, tmp_path):
    client, run_id = MlflowClient(mlflow), run.info.run_id
    folder = Path(client.download_artifacts(run_id, "", str(tmp_path)))

    assert (folder / "model/model.onnx").read_bytes() == (trained / "model/model.onnx").read_bytes()
    assert (folder / "data-card.json").exists()
    for name in ("confusion.png", "mistakes.png"):
        with Image.open(folder / "figures" / name) as picture:
            assert picture.width > 500


def test_the_graph_takes_any_number_of_photos_and_names_no_file_of_this_machine(trained):
    file = trained / "model/model.onnx"
    graph = onnx.load(file).graph

    assert graph.input[0].name == "input"
    assert graph.output[0].name == "logits"
    assert graph.input[0].type.tensor_type.shape.dim[0].dim_param != ""
    assert b"/services/trainer" not in file.read_bytes()


def test_the_same_seed_gives_the_same_model_and_another_seed_another(again):
    one, same, other = again(seed=1), again(seed=1), again(seed=2)
    hashes = [modelfile.read(work / "model")["onnx_sha256"] for work in (one, same, other)]

    assert hashes[0] == hashes[1]
    assert hashes[0] != hashes[2]


def test_features_are_computed_once_for_each_photo(again, capsys):
    again(seed=3)
    capsys.readouterr()

    again(seed=4)

    assert "features" not in capsys.readouterr().err


def test_it_stops_when_the_validation_loss_no_longer_falls(again):
    work = again(learning_rate=50.0, epochs=60, patience=4)
    facts = modelfile.read(work / "model")

    assert facts["metrics"]["best_epoch"] <= 56


def test_int8_is_smaller_and_still_answers_alike(again, trained):
    work = again(quantise=True, epochs=60)
    facts = modelfile.read(work / "model")

    assert facts["quantised"] is True
    assert facts["metrics"]["parity_int8_agreement"] >= 0.9
    sizes = [(folder / "model/model.onnx").stat().st_size for folder in (work, trained)]
    assert sizes[0] < sizes[1] / 3


def test_fine_tuning_changes_the_network_itself(again, config):
    plain = again(epochs=2)
    tuned = again(fine_tune=1, epochs=2)
    networks = [parity.load(work / modelfile.WEIGHTS)[0] for work in (plain, tuned)]
    stems, tops = ([part(n) for n in networks] for part in (_stem, _top))

    assert (stems[0] == stems[1]).all()
    assert (tops[0] != tops[1]).any()
    assert modelfile.read(tuned / "model")["metrics"]["parity_fp32_agreement"] == 1.0


def test_pictures_that_are_not_those_of_the_card_are_refused(
    small, config, mlflow, cache, tmp_path
):
    shutil.copytree(small, tmp_path / "changed")
    next((tmp_path / "changed" / "training" / "Egg").iterdir()).unlink()

    with pytest.raises(BadDataError, match=r"its card says sha256:.*, and its pictures say"):
        training.train(tmp_path / "changed", tmp_path / "work", config, mlflow, cache)


def test_data_without_a_card_was_never_checked(config, mlflow, cache, tmp_path):
    with pytest.raises(MissingError, match=r"services\.trainer data"):
        training.train(tmp_path, tmp_path / "work", config, mlflow, cache)


def test_no_mlflow_is_said_at_once(small, config, cache, tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")

    with pytest.raises(TrackingError, match=r"MLflow at http://127\.0\.0\.1:9"):
        training.train(small, tmp_path / "work", config, "http://127.0.0.1:9", cache)

    assert not (tmp_path / "work" / "model").exists()


def test_a_failure_takes_the_model_of_before_away(small, config, cache, tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    (tmp_path / "model").mkdir()
    (tmp_path / "run-id").write_text("of yesterday")

    with pytest.raises(TrackingError):
        training.train(small, tmp_path, config, "http://127.0.0.1:9", cache)

    assert not (tmp_path / "model").exists()
    assert not (tmp_path / "run-id").exists()


def test_json_of_the_facts_can_be_read_by_anybody(trained):
    text = (trained / "model" / modelfile.FACTS).read_text()

    assert json.loads(text, parse_constant=pytest.fail)["format"] == modelfile.FORMAT


def _stem(network):
    return network.state_dict()["_conv_stem.weight"]


def _top(network):
    return network.state_dict()["_conv_head.weight"]
