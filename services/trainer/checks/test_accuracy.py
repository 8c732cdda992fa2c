"""The model is right often enough on photos it never saw, and no worse than its champion."""

from pathlib import Path

import pytest

from services import food
from services.trainer import modelfile, scores
from services.trainer.checks.conftest import HeldOut
from services.trainer.inference import Model
from services.trainer.settings import Thresholds


def test_accuracy(held_out: HeldOut, thresholds: Thresholds) -> None:
    reached = scores.score(held_out.labels, held_out.logits).accuracy

    assert reached >= thresholds.accuracy, (
        f"accuracy is {reached:.3f}, {thresholds.accuracy - reached:.3f} below the "
        f"{thresholds.accuracy} that is asked for"
    )


@pytest.mark.parametrize("label", range(len(food.LABELS)), ids=food.FOLDERS)
def test_recall_of(label: int, held_out: HeldOut, thresholds: Thresholds) -> None:
    reached = float(scores.score(held_out.labels, held_out.logits).recall[label])

    assert reached >= thresholds.class_recall, (
        f"{reached:.3f} of the photos of {food.LABELS[label]} are recognised, "
        f"{thresholds.class_recall - reached:.3f} below the {thresholds.class_recall} "
        "that is asked for"
    )


def test_it_is_no_worse_than_the_version_in_production(
    request: pytest.FixtureRequest, held_out: HeldOut, thresholds: Thresholds, threads: int
) -> None:
    folder: Path | None = request.config.getoption("--champion")
    if folder is None:
        pytest.skip("there is no version in production to compare with")
    champion = Model(folder / modelfile.ONNX, threads)
    logits = champion.photos(one.photo for one in held_out.pictures)
    have = scores.score(held_out.labels, held_out.logits).accuracy
    best = scores.score(held_out.labels, logits).accuracy

    assert have >= best - thresholds.champion_margin, (
        f"accuracy is {have:.3f}, and {best:.3f} for the version in production: "
        f"{best - have:.3f} worse, and {thresholds.champion_margin} is allowed"
    )
