"""Every model test fails on a model that is really bad in that way, and says by how much."""

import json
import shutil
import subprocess
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from services import food
from services.trainer import modelfile, testing
from services.trainer.testing import Report

Check = Callable[..., Report]
PHOTOS = ["photos", 3, food.SIDE, food.SIDE]


@pytest.fixture
def work(trained: Path, tmp_path: Path) -> Path:
    """A copy of a trained model to spoil."""
    for name in ("model", modelfile.WEIGHTS, modelfile.RUN_ID):
        copy = shutil.copytree if (trained / name).is_dir() else shutil.copy
        copy(trained / name, tmp_path / name)
    return tmp_path


@pytest.fixture
def check(work: Path, small: Path) -> Check:
    """Put a model in place, run some of the model tests, and return how they went."""

    def run(only: str, model: onnx.ModelProto | bytes | None = None, **facts: object) -> Report:
        folder = work / modelfile.MODEL
        if model is not None:
            content = model if isinstance(model, bytes) else model.SerializeToString()
            (folder / modelfile.ONNX).write_bytes(content)
            facts = {"onnx_sha256": sha256(content).hexdigest(), **facts}
        (folder / modelfile.FACTS).write_text(json.dumps(modelfile.read(folder) | facts))
        tests = [*testing.command(small, work, None, work / testing.JUNIT), "-k", only]
        subprocess.run(tests, cwd=testing.ROOT, env=testing.environment(), check=False)
        return testing.read(work / testing.JUNIT)

    return run


def test_a_model_that_learnt_nothing(check):
    failures = check("accuracy or recall or parity", _linear(np.zeros((11, 3)))).failures

    assert failures["test_accuracy::test_accuracy"].startswith("accuracy is 0.")
    assert "below the" in failures["test_accuracy::test_accuracy"]
    assert len([name for name in failures if "test_recall_of" in name]) == 10
    assert (
        "of the answers are those of PyTorch"
        in (failures["test_parity::test_it_answers_as_pytorch_does"])
    )


def test_a_model_of_other_classes(check):
    report = check("interface", _linear(np.zeros((10, 3))))

    assert "test_interface::test_it_answers_eleven_finite_logits_for_each_photo[4]" in (
        report.failures
    )


def test_a_model_that_answers_no_numbers(check):
    report = check("interface", _linear(np.full((11, 3), np.nan)))

    assert report.failures[
        "test_interface::test_it_answers_eleven_finite_logits_for_each_photo[1]"
    ].startswith("some logits are not numbers")


def test_a_model_that_takes_one_photo_only(check):
    report = check("interface", _linear(np.zeros((11, 3)), photos=1))

    assert "test_interface::test_it_answers_eleven_finite_logits_for_each_photo[4]" in (
        report.failures
    )


def test_a_model_that_takes_photos_of_another_size(check):
    report = check("interface", _linear(np.zeros((11, 3)), side=256))

    assert "test_interface::test_it_takes_float32_photos_of_224_by_224" in report.failures


def test_a_model_that_answers_to_a_single_pixel(check):
    report = check("behaviour", _nervous())

    for name in ("small_shift", "more_or_less_light", "smaller_jpeg"):
        failed = [why for test, why in report.failures.items() if name in test]
        assert failed, f"no test of {name} failed: {report.failures}"
        assert "of the photos are still answered as before" in failed[0]


def test_weights_that_were_changed_after_training(check, work):
    file = work / modelfile.MODEL / modelfile.ONNX
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)

    failures = check("interface").failures

    assert failures[
        "test_interface::test_the_weights_are_those_that_its_facts_describe"
    ].startswith("model.onnx was changed after training")


def test_a_file_that_is_no_model(check, work):
    half = (work / modelfile.MODEL / modelfile.ONNX).read_bytes()[:100_000]

    report = check("not parity", half)

    assert "test_accuracy::test_accuracy" in report.failures
    assert report.passed < 6


def test_facts_of_other_preprocessing(check):
    report = check("interface", preprocessing={**food.PREPROCESSING, "side": 256})

    why = report.failures["test_interface::test_it_agrees_with_the_classifier_on[preprocessing]"]
    assert "'side': 256" in why
    assert list(report.failures) == [
        "test_interface::test_it_agrees_with_the_classifier_on[preprocessing]"
    ]


def test_facts_of_other_labels(check):
    report = check("interface", labels=[*food.LABELS[1:], food.LABELS[0]])

    assert list(report.failures) == [
        "test_interface::test_it_agrees_with_the_classifier_on[labels]"
    ]


def test_a_model_that_is_worse_than_the_one_in_production(check, work, small, trained):
    check("nothing", _linear(np.zeros((11, 3))))

    report = testing.run_checks(small, work, trained / "model")

    why = report.failures["test_accuracy::test_it_is_no_worse_than_the_version_in_production"]
    assert "for the version in production" in why
    assert "worse, and 0.0" in why


def test_a_good_model_as_good_as_the_one_in_production_passes_all(small, work, trained):
    report = testing.run_checks(small, work, trained / "model")

    assert (report.failures, report.skipped) == ({}, 0)
    assert report.passed >= 20


def _linear(
    weight: np.ndarray, photos: str | int = "photos", side: int = food.SIDE
) -> onnx.ModelProto:
    """Build a model that looks at the mean colour of a photo."""
    return _model(
        [
            helper.make_node("GlobalAveragePool", ["input"], ["mean"]),
            helper.make_node("Flatten", ["mean"], ["colour"]),
            helper.make_node("Gemm", ["colour", "weight"], ["logits"], transB=1),
        ],
        {"weight": weight.astype(np.float32)},
        [photos, 3, side, side],
        len(weight),
    )


def _nervous() -> onnx.ModelProto:
    """Build a model whose answer changes with the slightest change of one pixel."""
    constants = {
        "from": np.array([0, 0, 112, 112]),
        "to": np.array([2**31, 1, 113, 113]),
        "speeds": (900 + 70 * np.arange(11)).reshape(1, 11).astype(np.float32),
    }
    nodes = [
        helper.make_node("Slice", ["input", "from", "to"], ["pixel"]),
        helper.make_node("Flatten", ["pixel"], ["value"]),
        helper.make_node("Mul", ["value", "speeds"], ["angles"]),
        helper.make_node("Sin", ["angles"], ["logits"]),
    ]
    return _model(nodes, constants, PHOTOS, 11)


def _model(
    nodes: list[onnx.NodeProto], constants: dict[str, np.ndarray], shape: list, classes: int
) -> onnx.ModelProto:
    graph = helper.make_graph(
        nodes,
        "bad",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, [shape[0], classes])],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
