"""The sample data: real drawings, split by house, the same bytes for the same seed."""

import json
from collections import Counter
from pathlib import Path

import pytest

from services import food
from services.trainer import data, dataset
from services.trainer.errors import DrawingsError
from services.trainer.sample import build, foods, icons
from services.trainer.sample.icons import Drawing


@pytest.fixture
def few(drawings: list[Drawing], monkeypatch: pytest.MonkeyPatch) -> list[Drawing]:
    """One drawing per house and class, each shown once."""
    monkeypatch.setattr(build, "PICTURES", dict.fromkeys(dataset.SPLITS, 1))
    return list({(one.house, one.label): one for one in drawings}.values())


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(few, tmp_path):
    hashes = []
    for folder, seed in (("one", 1), ("again", 1), ("other", 2)):
        build.build(few, tmp_path / folder, seed)
        found, _problems = dataset.read(tmp_path / folder)
        hashes.append(found.hash)

    assert hashes[0] == hashes[1]
    assert hashes[0] != hashes[2]


def test_every_class_is_drawn_in_every_split(drawings):
    have = {(foods.HOUSES[one.house], one.label) for one in drawings}

    assert have == {(split, label) for split in dataset.SPLITS for label in range(11)}


def test_no_house_is_in_two_splits_of_what_is_written(few, tmp_path):
    build.build(few, tmp_path, 1)

    splits = {(file.name.split("_")[0], file.parts[-3]) for file in tmp_path.rglob("*.jpg")}

    assert max(Counter(house for house, _split in splits).values()) == 1
    assert {house for house, _split in splits} == set(foods.HOUSES)


def test_both_sets_of_the_same_people_are_in_the_same_split():
    assert foods.HOUSES["noto"] == foods.HOUSES["noto-v1"]


def test_there_are_some_620_drawings_by_seven_houses(drawings):
    assert 600 <= len(drawings) <= 700
    assert {one.house for one in drawings} == set(foods.HOUSES)
    assert all("<svg" in one.svg for one in drawings)


@pytest.mark.parametrize(
    ("drawing", "label"),
    [
        ("curry-rice", "Rice"),
        ("curryandrice", "Rice"),
        ("meatonbone", "Meat"),
        ("hot-dog", "Bread"),
        ("fire-engine", None),
    ],
)
def test_a_drawing_is_known_by_its_name_in_any_house(drawing, label):
    found = foods.label_of(drawing)

    assert (None if found is None else food.LABELS[found]) == label


def test_the_card_says_what_it_is_made_of(small_sample):
    card = json.loads((small_sample / dataset.CARD).read_text())
    found, problems = dataset.read(small_sample)

    assert problems == []
    assert card["hash"] == found.hash
    assert card["seed"] == 1
    assert card["licences"]["openmoji"] == "1.2.29, CC-BY-SA-4.0"
    assert card["classes"] == found.counts()
    assert card["pictures"]["training"] == sum(found.counts()["training"].values())


def test_the_second_time_it_comes_from_the_cache(small_sample, tmp_path, monkeypatch):
    monkeypatch.setattr(build, "build", None)

    data.prepare("sample", tmp_path / "again", 1, tmp_path / "cache")

    again = tmp_path / "again" / dataset.CARD
    assert again.read_bytes() == (small_sample / dataset.CARD).read_bytes()


def test_a_package_that_is_not_the_pinned_one_is_refused(tmp_path):
    lock = _lock_of_one(tmp_path, tampered=True)

    with pytest.raises(DrawingsError, match="its hash differs"):
        icons.fetch(lock)


def test_without_a_network_a_person_is_told_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9")
    monkeypatch.setenv("npm_config_fetch_retries", "0")
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "npm"))

    with pytest.raises(DrawingsError, match="Connect to the network"):
        icons.fetch(_lock_of_one(tmp_path, tampered=False))


def test_no_registry_is_named_in_the_lock():
    assert "resolved" not in icons.LOCK.read_text()
    assert "://" not in icons.LOCK.read_text()


@pytest.fixture
def small_sample(few, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The sample by way of `data.prepare`, with few pictures."""
    monkeypatch.setattr(icons, "drawings", lambda _cache: few)
    data.prepare("sample", tmp_path / "sample", 1, tmp_path / "cache")
    return tmp_path / "sample"


def _lock_of_one(folder: Path, *, tampered: bool) -> Path:
    """Write a lock that pins the smallest set alone."""
    name = "node_modules/@iconify-json/fxemoji"
    lock = json.loads(icons.LOCK.read_text())
    entry = {k: v for k, v in lock["packages"][name].items() if k != "dependencies"}
    if tampered:
        entry["integrity"] = lock["packages"]["node_modules/@iconify-json/noto"]["integrity"]
    wanted = {"@iconify-json/fxemoji": entry["version"]}
    lock["packages"] = {"": {"dependencies": wanted}, name: entry}
    (folder / "package.json").write_text(json.dumps({"private": True, "dependencies": wanted}))
    (folder / "package-lock.json").write_text(json.dumps(lock))
    return folder / "package-lock.json"
