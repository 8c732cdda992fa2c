"""Recorded requests: nobody is in them, and a replay sees what the model saw."""

import json
import time

import numpy as np
import pytest
from PIL import Image

from services import food
from services.classifier.model import Answer
from services.classifier.recording import Recorder
from services.classifier.shelf import Shelf
from tests.services.classifier.photos import saved, scene
from tests.services.classifier.process import Server, baked


@pytest.fixture
def recording(tmp_path):
    with Server(baked(tmp_path / "model"), RECORD_DIR=tmp_path / "recorded") as server:
        server.recorded = tmp_path / "recorded"
        yield server


def wait_for(folder, number):
    """Wait until a folder holds this many recordings."""
    end = time.monotonic() + 20
    while len(found := sorted(folder.glob("*.json"))) < number:
        assert time.monotonic() < end
        time.sleep(0.02)
    return found


def test_a_recording_gives_the_very_answer_again(recording):
    exif = Image.Exif()
    exif[0x010E], exif[food.ORIENTATION] = "Ann's kitchen", 8
    photo = saved(scene(900, 700), "JPEG", exif=exif)
    answer = recording.predict(photo).json()

    (file,) = wait_for(recording.recorded, 1)

    square = file.with_suffix(".png").read_bytes()
    facts = json.loads(file.read_text())
    assert b"Ann" not in square + file.read_bytes()
    assert np.array_equal(food.to_tensor(square), food.to_tensor(photo))
    assert recording.predict(square).json()["probabilities"] == answer["probabilities"]
    assert facts.keys() == {
        "photo", "hour", "version", "label", "confidence", "probabilities", "seconds",
    }  # fmt: skip
    assert facts["photo"] == answer["photo"]
    assert facts["label"] == answer["label"]
    assert facts["hour"].endswith(":00Z")


def test_what_was_refused_and_the_built_in_picture_are_not_recorded(recording):
    recording.predict(b"GIF89a")
    recording.get("/test")
    recording.predict(saved(scene()))

    wait_for(recording.recorded, 1)
    time.sleep(0.2)

    assert len(list(recording.recorded.glob("*.json"))) == 1


def test_a_mirrored_request_is_answered_and_is_no_live_traffic(recording):
    photo = saved(scene())
    answer = recording.predict(photo, headers={"X-Mirrored": "1"})
    assert answer.json()["label"] == recording.predict(photo).json()["label"]

    wait_for(recording.recorded, 1)

    count = 'classifier_requests_total{path="%s",status="200",version="7"}'
    assert recording.metric(count % "/predict") == recording.metric(count % "mirrored") == 1
    assert recording.metric('classifier_confidence_count{version="7"}') == 1
    assert len(list(recording.recorded.glob("*.json"))) == 1


def test_nothing_is_recorded_unless_a_folder_is_named(server):
    server.predict(saved(scene()))

    assert "RECORD_DIR" not in server.get("/metrics").text
    assert not list(server.feedback.parent.rglob("*.png"))
    assert "looked at and not kept" in server.get("/").text


def test_the_page_says_that_photos_are_recorded(recording):
    assert "squares of 224 pixels" in recording.get("/").text


def test_recordings_stay_under_their_limit(tmp_path):
    recorder = Recorder(Shelf(tmp_path, 300_000), share=1.0)
    answer = Answer("Rice", 1.0, {"Rice": 1.0})
    for number in range(30):
        noise = Image.effect_noise((224, 224), 90 + number).convert("RGB")
        recorder.keep(noise, f"{number:064}", answer, 1, 0.01)

    assert sum(file.stat().st_size for file in tmp_path.iterdir()) <= 300_000
    assert (tmp_path / f"{29:064}.png").exists()


def test_replicas_that_share_a_folder_stay_under_one_limit_together(tmp_path):
    replicas = [Shelf(tmp_path, 300_000) for _ in range(2)]
    most = 0
    for number in range(200):
        replicas[number % 2].put(f"{number:064}", "png", bytes(5_000), {"number": number})
        most = max(most, sum(file.stat().st_size for file in tmp_path.iterdir()))

    assert 200_000 < most <= 300_000
    assert (tmp_path / f"{199:064}.png").exists()


def test_a_share_of_requests_is_drawn(tmp_path):
    assert not any(Recorder(Shelf(tmp_path, 1), share=0.0).wants() for _ in range(100))
    assert all(Recorder(Shelf(tmp_path, 1), share=1.0).wants() for _ in range(100))
