"""The model is the file that the classifier can serve."""

import json
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from services import food
from services.trainer import modelfile
from services.trainer.inference import Model


def test_the_weights_are_those_that_its_facts_describe(folder: Path) -> None:
    have = sha256((folder / modelfile.ONNX).read_bytes()).hexdigest()

    assert have == modelfile.read(folder)["onnx_sha256"], "model.onnx was changed after training"


@pytest.mark.parametrize(
    ("fact", "agreed"),
    [("labels", list(food.LABELS)), ("preprocessing", food.PREPROCESSING)],
    ids=["labels", "preprocessing"],
)
def test_it_agrees_with_the_classifier_on(folder: Path, fact: str, agreed: object) -> None:
    said = modelfile.read(folder).get(fact)

    assert json.dumps(said) == json.dumps(agreed), (
        f"model.json says {fact} are {said}, and services/food.py says {agreed}"
    )


def test_it_takes_float32_photos_of_224_by_224(model: Model) -> None:
    assert model.input.name == "input"
    assert model.input.type == "tensor(float)"
    assert model.input.shape[1:] == [3, food.SIDE, food.SIDE]


@pytest.mark.parametrize("photos", [1, 4])
def test_it_answers_eleven_finite_logits_for_each_photo(model: Model, photos: int) -> None:
    noise = np.random.default_rng(1).normal(size=(photos, 3, food.SIDE, food.SIDE))

    answer = model(noise.astype(np.float32))

    assert model.output.name == "logits"
    assert answer.dtype == np.float32
    assert answer.shape == (photos, len(food.LABELS))
    assert np.isfinite(answer).all(), "some logits are not numbers"
