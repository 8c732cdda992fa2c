"""Corrections: kept safely, under a limit, and turned into a data set."""

import hashlib
import json
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from services import food
from services.classifier import feedback
from services.classifier.feedback import Correction
from services.classifier.shelf import Shelf
from tests.services.classifier.photos import saved, scene
from tests.services.classifier.process import ROOT, Server, baked


def correct(server, photo, **fields):
    """Send a correction."""
    data = {"predicted": "Egg", "corrected": "Rice", "version": 7} | fields
    return server.client.post(f"{server.url}/feedback", files={"photo": photo}, data=data)


def named(photo: bytes) -> str:
    return hashlib.sha256(photo).hexdigest()


def test_a_correction_is_kept_with_hash_version_and_both_labels(server):
    photo = saved(scene(700, 350), "JPEG")

    answer = correct(server, photo, corrected="Noodles/Pasta")

    expected = {
        "photo": named(photo),
        "version": 7,
        "predicted": "Egg",
        "corrected": "Noodles/Pasta",
    }
    assert answer.status_code == 201
    assert answer.json() == expected
    kept = json.loads((server.feedback / f"{named(photo)}.json").read_text())
    assert kept.pop("at")
    assert kept == expected
    with Image.open(server.feedback / f"{named(photo)}.jpg") as picture:
        assert picture.size == (512, 256)


def test_what_a_camera_wrote_into_a_photo_is_not_kept(server):
    exif = Image.Exif()
    exif[0x010E], exif[0x0132], exif[food.ORIENTATION] = "Ann's kitchen", "2026:01:01", 6
    photo = saved(scene(400, 300), "JPEG", exif=exif, comment=b"Ann's kitchen")

    correct(server, photo)

    kept = (server.feedback / f"{named(photo)}.jpg").read_bytes()
    with Image.open(BytesIO(kept)) as picture:
        assert not dict(picture.getexif())
        assert picture.size == (300, 400)
    assert b"Ann" not in kept


def test_the_name_that_a_client_gives_its_file_is_of_no_use(server, tmp_path):
    photo = saved(scene(33, 44))
    for name in ("../../escaped.jpg", "/tmp/escaped.jpg", "\x00", "a" * 999):
        answer = server.client.post(
            f"{server.url}/feedback",
            files={"photo": (name, photo)},
            data={"predicted": "Egg", "corrected": "Soup"},
        )
        assert answer.status_code == 201

    assert not list(server.feedback.parent.rglob("*escaped*"))
    assert json.loads((server.feedback / f"{named(photo)}.json").read_text())["version"] is None


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"corrected": "rice"}, "There is no label 'rice': did you mean 'Rice'?"),
        ({"predicted": "Pizza"}, "There is no label 'Pizza': choose Bread, Dairy product"),
        ({"corrected": "../../etc"}, "There is no label '../../etc'"),
        ({"version": "seven"}, "version: Input should be a valid integer"),
        ({"version": 0}, "version: Input should be greater than or equal to 1"),
    ],
)
def test_a_correction_that_makes_no_sense_is_refused_and_not_kept(server, fields, sentence):
    photo = saved(scene(55, 66), "PNG", compress_level=len(sentence) % 9)

    answer = correct(server, photo, **fields)

    assert answer.status_code == 422
    assert sentence in answer.json()["detail"]
    assert not (server.feedback / f"{named(photo)}.json").exists()


def test_a_broken_photo_corrects_nothing(server):
    before = set(server.feedback.iterdir())

    assert correct(server, b"GIF89a").status_code == 415
    assert set(server.feedback.iterdir()) == before


def test_without_a_folder_nothing_is_kept_and_that_is_said(tmp_path):
    with Server(baked(tmp_path / "model")) as server:
        answer = correct(server, saved(scene()))
        page = server.get("/").text

    assert answer.status_code == 404
    assert "FEEDBACK_DIR" in answer.json()["detail"]
    assert '"keepsFeedback": false' in page


def test_corrections_are_counted(server):
    line = 'classifier_corrections_total{corrected="Meat",predicted="Bread",version="4"}'

    correct(server, saved(scene()), predicted="Bread", corrected="Meat", version=4)

    assert server.metric(line) == 1


def test_a_full_shelf_forgets_the_oldest(tmp_path):
    shelf = Shelf(tmp_path, limit=50_000)
    for number in range(100):
        shelf.put(f"{number:03}", "jpg", bytes(2000), {"number": number})

    names = sorted(path.stem for path in tmp_path.glob("*.jpg"))

    assert names[-1] == "099"
    assert names == [f"{number:03}" for number in range(100 - len(names), 100)]
    assert 15 < len(names) < 26
    assert names == sorted(path.stem for path in tmp_path.glob("*.json"))


def test_a_shelf_that_was_full_when_the_server_started_is_kept_under_its_limit(tmp_path):
    (tmp_path / "old.jpg").write_bytes(bytes(90_000))
    (tmp_path / "folder of somebody").mkdir()

    Shelf(tmp_path, limit=50_000).put("new", "jpg", bytes(2000), {})

    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["folder of somebody", "new.jpg", "new.json"]


def test_many_corrections_of_one_photo_at_once_leave_one_that_is_whole(server):
    photo = saved(scene(222, 111))
    labels = list(food.LABELS) * 4

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda label: correct(server, photo, corrected=label), labels))

    assert {answer.status_code for answer in answers} == {201}
    assert json.loads((server.feedback / f"{named(photo)}.json").read_text())["corrected"] in labels
    assert not list(server.feedback.glob(".*"))


def filled(folder, *corrections):
    """Keep some corrections, each of another photo."""
    folder.mkdir()
    shelf = Shelf(folder, 10**9)
    for number, corrected in enumerate(corrections):
        photo = saved(scene(100 + number, 80))
        feedback.keep(shelf, photo, Correction(named(photo), 3, "Egg", corrected))
    return folder


def test_corrections_become_one_folder_for_each_label(tmp_path):
    kept = filled(tmp_path / "kept", "Noodles/Pasta", "Rice", "Rice")

    done = subprocess.run(
        [sys.executable, "-m", "services.classifier.feedback", "export",
         "--from", str(kept), "--out", str(tmp_path / "data")],
        cwd=ROOT, capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip

    photos = sorted((tmp_path / "data").rglob("*.jpg"))
    told = json.loads(done.stdout)
    card = json.loads((tmp_path / "data" / "data-card.json").read_text())
    assert told == {"out": str(tmp_path / "data"), **card}
    assert (card["photos"], card["labels"]) == (3, {"Noodles/Pasta": 1, "Rice": 2})
    assert card["corrected"] == {"version 3": 3}
    assert [path.parent.name for path in photos] == ["Noodles-Pasta", "Rice", "Rice"]
    assert all(np.isfinite(food.to_tensor(path.read_bytes())).all() for path in photos)


def test_a_correction_without_its_photo_is_left_out(tmp_path):
    kept = filled(tmp_path / "kept", "Rice", "Soup")
    min(kept.glob("*.jpg")).unlink()

    assert feedback.export([kept], tmp_path / "data")["photos"] == 1


def test_the_corrections_of_several_environments_are_one_data_set(tmp_path):
    canary = filled(tmp_path / "canary", "Rice", "Soup")
    production = filled(tmp_path / "production", "Meat")  # the photo that is Rice in canary
    (again,) = production.glob("*.json")
    again.write_text(json.dumps(json.loads(again.read_text()) | {"at": "2999-01-01"}))

    done = feedback.export([production, canary], tmp_path / "data")

    assert done["labels"] == {"Meat": 1, "Soup": 1}


def test_the_same_corrections_are_the_same_version_of_the_data_set(tmp_path):
    kept = filled(tmp_path / "kept", "Rice", "Soup")
    first = feedback.export([kept], tmp_path / "data", named=True)
    stood = {path: path.stat().st_mtime_ns for path in Path(first["out"]).rglob("*")}

    again = feedback.export([kept], tmp_path / "data", named=True)
    photo = saved(scene(500, 80))
    feedback.keep(Shelf(kept, 10**9), photo, Correction(named(photo), 3, "Egg", "Meat"))
    other = feedback.export([kept], tmp_path / "data", named=True)

    assert again == first
    assert {path: path.stat().st_mtime_ns for path in Path(first["out"]).rglob("*")} == stood
    assert other["hash"] != first["hash"]
    assert other["out"] != first["out"]
    assert Path(first["out"]).name == f"corrections-{first['hash'][7:19]}"


def test_a_photo_that_was_sent_in_two_files_is_there_once_with_the_last_word(tmp_path):
    kept = tmp_path / "kept"
    kept.mkdir()
    shelf = Shelf(kept, 10**9)
    plain, noted = saved(scene(), "JPEG"), saved(scene(), "JPEG", comment=b"Ann's kitchen")
    feedback.keep(shelf, plain, Correction(named(plain), 3, "Egg", "Rice"))
    feedback.keep(shelf, noted, Correction(named(noted), 3, "Egg", "Soup"))
    later = kept / f"{named(noted)}.json"
    later.write_text(json.dumps(json.loads(later.read_text()) | {"at": "2999-01-01T00:00:00"}))

    assert feedback.export([kept], tmp_path / "data")["labels"] == {"Soup": 1}


def test_a_data_set_says_the_day_and_never_the_hour_or_the_sender(tmp_path):
    kept = filled(tmp_path / "kept", "Rice")
    at = json.loads(next(kept.glob("*.json")).read_text())["at"]

    feedback.export([kept], tmp_path / "data")

    card = (tmp_path / "data" / "data-card.json").read_text()
    assert json.loads(card)["days"] == [at[:10]]
    assert at not in card


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda picture: picture.write_bytes(b"no picture"), "send JPEG"),
        (
            lambda picture: picture.write_bytes(saved(scene(), "JPEG", comment=b"Ann's kitchen")),
            "more than pixels (comment)",
        ),
    ],
    ids=["no picture", "a note of the camera"],
)
def test_a_picture_that_must_not_be_in_a_data_set_is_refused_and_nothing_is_made(
    tmp_path, spoil, sentence
):
    kept = filled(tmp_path / "kept", "Rice", "Soup")
    spoil(min(kept.glob("*.jpg")))

    with pytest.raises(feedback.ExportError, match=re.escape(sentence)):
        feedback.export([kept], tmp_path / "data")
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        ("missing", "is no folder: name the FEEDBACK_DIR"),
        ("empty", "holds no correction yet"),
        ("in the way", "is not empty: name a new folder"),
        ("junk", "is no correction"),
        ("label", "There is no label 'Pizza'"),
        ("path", "is no correction"),
    ],
)
def test_what_cannot_be_exported_is_refused_in_words(tmp_path, capsys, spoil, sentence):
    kept, out = filled(tmp_path / "kept", "Rice"), tmp_path / "data"
    file = next(kept.glob("*.json"))
    match spoil:
        case "missing":
            kept = tmp_path / "nowhere"
        case "empty":
            file.unlink()
        case "in the way":
            out.mkdir()
            (out / "mine").touch()
        case "junk":
            file.write_text("{")
        case "label":
            file.write_text(file.read_text().replace("Rice", "Pizza"))
        case "path":
            file.write_text(json.dumps(json.loads(file.read_text()) | {"photo": "../../etc"}))

    code = feedback.main(["export", "--from", str(kept), "--out", str(out)])

    assert code == 1
    assert sentence in capsys.readouterr().err
