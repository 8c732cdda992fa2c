"""Data of many forms is brought into that of Food-11."""

import hashlib
import json
import shutil
import zipfile
from pathlib import Path

import pytest

from services import food
from services.trainer import data, dataset, intake
from services.trainer.dataset import CARD
from services.trainer.errors import BadDataError, SourceError
from tests.services.trainer import photos


@pytest.fixture
def per_class(tmp_path: Path) -> Path:
    """A folder per class, without splits."""
    for label, name in enumerate(food.FOLDERS):
        (tmp_path / "photos" / name).mkdir(parents=True)
        for number in range(20):
            photo = photos.jpeg(1000 * label + number)
            (tmp_path / "photos" / name / f"{number}.jpg").write_bytes(photo)
    return tmp_path / "photos"


def prepared(source: Path, out: Path) -> dataset.DataSet:
    """Prepare a source and read what came of it."""
    data.prepare(str(source), out, 1, out.parent)
    return dataset.read(out)[0]


def test_class_folders_and_class_in_the_file_name_are_the_same_data(tmp_path):
    folders = photos.food11(tmp_path / "folders", each=2)
    flat = tmp_path / "flat"
    for number, file in enumerate(sorted(folders.rglob("*.jpg"))):
        split, name = file.parts[-3:-1]
        (flat / split).mkdir(parents=True, exist_ok=True)
        shutil.copy(file, flat / split / f"{food.FOLDERS.index(name)}_{number}.jpg")

    assert prepared(folders, tmp_path / "a").hash == prepared(flat, tmp_path / "b").hash


@pytest.mark.parametrize("wrapped_in", ["", "Food-11/", "a/b/"])
def test_a_zip_is_the_same_data_as_its_folder(tmp_path, wrapped_in):
    folder = photos.food11(tmp_path / "folder")
    with zipfile.ZipFile(tmp_path / "photos.zip", "w") as new:
        for file in sorted(folder.rglob("*.jpg")):
            new.write(file, f"{wrapped_in}{file.relative_to(folder)}")

    assert prepared(tmp_path / "photos.zip", tmp_path / "out").hash == (
        prepared(folder, tmp_path / "other").hash
    )


@pytest.mark.parametrize("name", ["Noodles-Pasta", "noodles_pasta", "Noodles Pasta", "NOODLES"])
def test_a_class_is_known_however_it_is_written(name):
    expected = None if name == "NOODLES" else food.LABELS.index("Noodles/Pasta")

    assert dataset.label_of_folder(name) == expected


def test_without_splits_each_class_is_in_every_split_and_no_picture_twice(per_class, tmp_path):
    found = prepared(per_class, tmp_path / "out")

    assert all(count > 0 for have in found.counts().values() for count in have.values())
    assert len({one.digest for one in found.pictures}) == 220
    assert len(found.split("training")) > 110


def test_the_split_depends_on_content_alone(per_class, tmp_path):
    one = prepared(per_class, tmp_path / "one")
    for file in sorted(per_class.rglob("*.jpg")):
        file.rename(file.with_name(f"renamed-{file.name}"))

    assert prepared(per_class, tmp_path / "other").hash == one.hash


def test_more_pictures_move_none_from_one_split_to_another():
    digests = [f"{number:064x}" for number in range(200)]
    few, many = intake.assign(digests[:100], 1), intake.assign(digests, 1)

    assert all(many[digest] == split for digest, split in few.items())


def test_three_pictures_are_enough_for_a_class():
    for first in range(50):
        splits = intake.assign([f"{first:02d}{number:062d}" for number in range(3)], 1)

        assert sorted(splits.values()) == ["evaluation", "training", "validation"]


def test_the_hash_knows_split_label_and_content_but_no_names(tmp_path):
    one = dataset.read(photos.food11(tmp_path / "one"))[0].hash
    other = photos.food11(tmp_path / "other")
    file = other / "training" / "Egg" / "0.jpg"
    renamed = file.rename(file.with_name("7.jpg"))
    assert dataset.read(other)[0].hash == one

    renamed.write_bytes(photos.jpeg(4242))
    assert dataset.read(other)[0].hash != one

    renamed.write_bytes((tmp_path / "one/training/Egg/0.jpg").read_bytes())
    renamed.rename(other / "training" / "Meat" / "7.jpg")
    assert dataset.read(other)[0].hash != one


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """A sound data set with its card."""
    data.prepare(str(photos.food11(tmp_path / "photos", each=2)), tmp_path / "base", 1, tmp_path)
    return tmp_path / "base"


def corrections(folder: Path, *photos: tuple[str, bytes]) -> Path:
    """Make a folder of corrected photos, as the classifier exports them."""
    for label, photo in photos:
        (folder / label).mkdir(parents=True, exist_ok=True)
        (folder / label / f"{hashlib.sha256(photo).hexdigest()}.jpg").write_bytes(photo)
    (folder / CARD).write_text(json.dumps({"hash": "sha256:c0", "source": "corrections"}))
    return folder


def test_corrected_photos_are_added_once_and_the_last_word_is_theirs(base, tmp_path):
    known = sorted((base / "evaluation" / "Soup").iterdir())[0].read_bytes()
    new = photos.jpeg(10_007)
    more = corrections(tmp_path / "more", ("Rice", known), ("Egg", new))

    card = data.prepare(f"{base}+{more}", tmp_path / "out", 1, tmp_path)
    again = data.prepare(f"{base}+{more}", tmp_path / "again", 1, tmp_path)

    found, problems = dataset.read(tmp_path / "out")
    labels = {one.digest: (one.split, food.LABELS[one.label]) for one in found.pictures}
    assert problems == []
    assert len(labels) == len(found.pictures) == len(dataset.read(base)[0].pictures) + 1
    assert labels[hashlib.sha256(known).hexdigest()] == ("evaluation", "Rice")
    assert labels[hashlib.sha256(new).hexdigest()][1] == "Egg"
    assert card["hash"] == again["hash"] != data.read_card(base)["hash"]
    assert card["corrections"]["hash"] == "sha256:c0"


def test_a_folder_that_was_not_exported_is_no_correction(base, tmp_path):
    (tmp_path / "more" / "Egg").mkdir(parents=True)

    with pytest.raises(SourceError, match=r"holds no data-card\.json.*services\.feedback --export"):
        data.prepare(f"{base}+{tmp_path / 'more'}", tmp_path / "out", 1, tmp_path)


def test_a_corrected_photo_that_is_broken_is_refused_and_nothing_is_made(base, tmp_path):
    more = corrections(tmp_path / "more", ("Rice", b"no photo"))

    with pytest.raises(BadDataError, match="unreadable"):
        data.prepare(f"{base}+{more}", tmp_path / "out", 1, tmp_path)
    assert not (tmp_path / "out").exists()
