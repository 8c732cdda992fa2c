"""The first model: what it is, byte for byte, and that anything can lay it out."""

import subprocess
import sys

import numpy as np
import onnx
import pytest
from onnx.reference import ReferenceEvaluator
from PIL import Image

from services import food
from services.classifier import model
from services.classifier.bootstrap import build
from tests.services.classifier.photos import saved
from tests.services.classifier.process import BOOTSTRAP, ROOT


def test_the_committed_files_are_what_the_code_beside_them_builds():
    committed = {file.name: file.read_bytes() for file in BOOTSTRAP.iterdir()}

    assert committed == build.files()
    assert sum(map(len, committed.values())) < 10_000


def test_the_network_written_by_hand_is_onnx_through_and_through():
    network = onnx.load_from_string(build.network())

    onnx.checker.check_model(network, full_check=True)
    assert [node.op_type for node in network.graph.node] == ["GlobalAveragePool", "Flatten", "Gemm"]


def test_it_answers_as_onnx_itself_defines_it():
    batch = np.random.default_rng(1).normal(size=(3, 3, 224, 224)).astype(np.float32)

    (defined,) = ReferenceEvaluator(onnx.load_from_string(build.network())).run(
        None, {"input": batch}
    )

    assert model.load(BOOTSTRAP).logits(batch) == pytest.approx(defined, abs=1e-4)


@pytest.mark.parametrize("label", food.LABELS)
def test_it_names_the_label_whose_colour_is_nearest(label):
    plain = saved(Image.new("RGB", (64, 64), build.COLOURS[label]))

    assert model.load(BOOTSTRAP).classify(food.decode(plain)).label == label


def test_it_has_no_version_and_says_so():
    assert model.load(BOOTSTRAP).facts == model.Facts(None, None, None, None)


def test_any_python_lays_it_out_without_a_package(tmp_path):
    out = tmp_path / "new" / "model"

    subprocess.run(
        [sys.executable, "-I", "-S", "-c", "import sys; sys.path.insert(0, sys.argv.pop(1)); "
         "import runpy; runpy.run_module('services.classifier.bootstrap', run_name='__main__')",
         str(ROOT), "--out", str(out)],
        check=True,
        timeout=60,
    )  # fmt: skip

    laid_out = {file.name: file.read_bytes() for file in out.iterdir()}
    assert laid_out == {file.name: file.read_bytes() for file in BOOTSTRAP.iterdir()}
