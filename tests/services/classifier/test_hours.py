"""Photos by the hour: sums that can be compared, and in which nobody can be found."""

import json
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from services import food
from services.classifier import hours
from services.classifier.errors import ModelFolderError
from services.classifier.hours import Hours
from services.classifier.model import load
from tests.services.classifier.photos import saved, scene
from tests.services.classifier.process import Server, baked, rewrite

REFERENCE = {
    "photos": 471,
    "labels": dict.fromkeys(food.LABELS, 42),
    "mean": [0.0] * 11,
    "turn": np.eye(11)[:2].tolist(),
}


@pytest.fixture
def served(tmp_path):
    folder = baked(tmp_path / "model", version=7)
    rewrite(folder / "model.json", reference=REFERENCE)
    with Server(folder) as server:
        yield server


def told(server):
    return server.client.get(f"{server.url}/photos").json()


def predict(server, photo):
    return server.client.post(f"{server.url}/predict", files={"photo": photo}).json()


def test_a_photo_that_is_sent_again_counts_once(served):
    photos = [saved(scene(100 + number, 80)) for number in range(5)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda photo: predict(served, photo), photos * 4))

    found = told(served)
    (hour,) = found["hours"].values()

    assert found["version"] == 7
    assert found["reference"] == REFERENCE
    assert hour["photos"] == sum(hour["labels"].values()) == 5
    assert hour["labels"][answers[0]["label"]] >= 1


def test_the_sum_is_that_of_the_points_of_the_answers(served):
    answers = [predict(served, saved(scene(200 + number, 90))) for number in range(3)]

    (hour,) = told(served)["hours"].values()

    logs = np.log([[max(one["probabilities"][x], 1e-6) for x in food.LABELS] for one in answers])
    points = (logs - logs.mean(axis=1, keepdims=True))[:, :2]
    assert hour["sum"] == pytest.approx(points.sum(axis=0), abs=1e-4)


def test_nothing_told_names_a_photo_or_a_moment(served):
    answer = predict(served, saved(scene()))

    text = json.dumps(told(served))

    assert answer["photo"] not in text
    assert answer["photo"][:16] not in text
    assert all(name.endswith(":00Z") for name in told(served)["hours"])


def test_only_the_last_hours_are_kept(monkeypatch):
    kept = Hours(None)
    shares = dict.fromkeys(food.LABELS, 1 / 11)
    for number in range(60):
        moment = f"2026-05-{1 + number // 24:02}T{number % 24:02}:00Z"
        fixed = type("Clock", (), {"now": lambda _zone, m=moment: Moment(m)})
        monkeypatch.setattr(hours, "datetime", fixed)
        kept.see("ab" * 32, "Egg", shares)

    assert len(kept.told()) == hours.KEPT
    assert max(kept.told()) == "2026-05-03T11:00Z"


class Moment(str):
    """A moment that is written as one text."""

    def strftime(self, _form):
        return str(self)


def test_a_model_without_a_reference_is_served_and_counted(tmp_path):
    with Server(baked(tmp_path / "model")) as server:
        predict(server, saved(scene()))
        found = told(server)

    (hour,) = found["hours"].values()
    assert (found["reference"], hour["photos"], hour["sum"]) == (None, 1, [])


def test_a_reference_that_does_not_fit_is_refused(tmp_path):
    folder = baked(tmp_path / "model")
    rewrite(folder / "model.json", reference={**REFERENCE, "mean": [0.0] * 3})

    with pytest.raises(ModelFolderError, match="cannot be read"):
        load(folder)
