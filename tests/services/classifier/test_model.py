"""The model folder: what is served, and what is refused before it can answer wrongly."""

import base64
import subprocess
import sys

import numpy as np
import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from services import food
from services.classifier import model
from services.classifier.errors import BrokenModelError, ModelFolderError
from tests.services.classifier.networks import mean_of, replace_network
from tests.services.classifier.photos import saved, scene
from tests.services.classifier.process import ROOT, baked, rewrite


def test_a_baked_model_answers_with_all_labels_and_knows_where_it_is_from(tmp_path):
    classifier = model.load(baked(tmp_path / "model", version=12))

    answer = classifier.classify(food.decode(saved(scene())))

    assert tuple(answer.probabilities) == food.LABELS
    assert sum(answer.probabilities.values()) == pytest.approx(1, abs=1e-12)
    assert answer.confidence == max(answer.probabilities.values())
    assert answer.probabilities[answer.label] == answer.confidence
    assert classifier.facts == model.Facts(12, "run-1", "c0ffee", "sha256:da7a")


def test_a_model_that_was_trained_and_never_registered_has_no_version(tmp_path):
    folder = baked(tmp_path / "model")
    (folder / "version.json").unlink()

    assert model.load(folder).facts == model.Facts(None, "run-1", "c0ffee", "sha256:da7a")


@given(arrays.arrays(np.float32, 11, elements=st.floats(-(2.0**99), 2.0**99, width=32)))
def test_probabilities_sum_to_one_whatever_the_logits_are(logits):
    probabilities = model.softmax(logits)

    assert probabilities.sum() == pytest.approx(1, abs=1e-12)
    assert (probabilities >= 0).all()
    assert probabilities[logits.argmax()] == probabilities.max()


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_logits_that_are_no_numbers_are_an_error_and_not_an_answer(value):
    with pytest.raises(BrokenModelError, match="not finite"):
        model.softmax(np.array([0, value, 1], dtype=np.float32))


def describe(**changes):
    """Change what model.json says."""
    return lambda folder: rewrite(folder / "model.json", **changes)


def preprocess(**changes):
    """Change what model.json says of preprocessing."""
    return describe(preprocessing=food.PREPROCESSING | changes)


def version(**changes):
    """Change what version.json says."""
    return lambda folder: rewrite(folder / "version.json", **changes)


def swap_in(network: bytes):
    """Put in another network."""
    return lambda folder: replace_network(folder, network)


def probe(prepared_as):
    """Bring photos along with the answers to what a training made of them."""

    def bring(folder):
        trained = model.load(folder)
        photo = saved(scene())
        logits = trained.logits(prepared_as(food.to_tensor(photo)))[0]
        brought = {"photo": base64.b64encode(photo).decode(), "logits": logits.tolist()}
        rewrite(folder / "model.json", probes=[brought])

    return bring


def test_a_model_that_answers_its_own_photos_as_at_its_training_is_served(tmp_path):
    folder = baked(tmp_path / "model")
    probe(prepared_as=lambda tensor: tensor)(folder)

    model.load(folder)


def flip_a_bit(folder):
    content = bytearray((folder / "model.onnx").read_bytes())
    content[-9] ^= 1
    (folder / "model.onnx").write_bytes(content)


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (describe(labels=[*food.LABELS[1:], food.LABELS[0]]), "it answers with the labels"),
        (preprocess(side=256), "trained with preprocessing side 256, and this code has 224"),
        (preprocess(mean=[0.485, 0.456, 0.406]), r"trained with preprocessing mean \[0.485"),
        (preprocess(crop=224), "preprocessing crop 224, and this code has None"),
        (describe(format=2), "model.json has format 2, not 1"),
        (flip_a_bit, "model.onnx has SHA-256 .* promises"),
        (lambda folder: (folder / "model.onnx").unlink(), "there is no model.onnx"),
        (lambda folder: (folder / "model.json").unlink(), "there is no model.json"),
        (lambda folder: (folder / "version.json").write_text("7"), "holds no mapping"),
        (lambda folder: (folder / "version.json").write_text("{"), "version.json is not JSON"),
        (version(version="7"), "version.json has version '7'"),
        (version(run="run-2"), "version.json says run 'run-2', and model.json says 'run-1'"),
        (swap_in(b"\x80\x04\x95pickle"), "ONNX Runtime cannot load model.onnx"),
        (swap_in(mean_of(3)), r"answers with shape \(1, 3\), not \(1, 11\)"),
        (swap_in(mean_of(11, "image")), "cannot run on `input` and give `logits`"),
        (probe(prepared_as=lambda tensor: tensor + 1), "photo 1 .* otherwise than at its training"),
        (describe(probes=[{"photo": "%", "logits": []}]), "brings along cannot be read"),
        (describe(probes=[{"photo": "", "logits": [1]}]), "brings along cannot be read"),
    ],
)
def test_a_model_that_this_code_may_not_serve_is_refused_in_words(tmp_path, spoil, sentence):
    folder = baked(tmp_path / "model")
    spoil(folder)

    with pytest.raises(ModelFolderError, match=sentence) as refusal:
        model.load(folder)

    assert str(refusal.value).startswith(f"model folder {folder}: ")


@pytest.mark.parametrize(
    ("environment", "code", "sentence"),
    [
        ({"MODEL_DIR": "/nowhere"}, 1, "there is no model.json. MODEL_DIR must name"),
        ({"PORT": "http"}, 2, "PORT: 'http' is not a number from 0 to 65535."),
        ({"CLASSIFIER_THREADS": "0"}, 2, "CLASSIFIER_THREADS: '0' is not a number from 1"),
        ({"RECORD_SHARE": "nan"}, 2, "RECORD_SHARE: 'nan' is not a number from 0 to 1"),
        ({"ENVIRONMENT": "prod"}, 2, "'prod' is not one of staging, canary, production"),
        ({"FEEDBACK_DIR": "/proc/no"}, 2, "is not a folder that can be written to"),
    ],
)
def test_the_server_says_why_it_does_not_start(environment, code, sentence):
    done = subprocess.run(
        [sys.executable, "-m", "services.classifier"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == code
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_the_network_of_these_tests_is_one(tmp_path):
    onnx.checker.check_model(onnx.load_from_string(mean_of(3)))
