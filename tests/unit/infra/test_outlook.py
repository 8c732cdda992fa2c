"""`up --plan`: each stage says what it would do, and nothing is made or started."""

import json
import subprocess
from types import SimpleNamespace

import pytest

from infra import outlook
from infra.local import state as files
from infra.local.state import State


@pytest.fixture
def site(tmp_path):
    """A site whose state folder is there, and nothing of it runs."""
    return SimpleNamespace(state=State(tmp_path))


def told(stages):
    return {each.stage: each.does for each in stages}


def test_on_a_fresh_machine_every_stage_would_do_something_and_no_folder_is_made(
    tmp_path, monkeypatch
):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    state = State(tmp_path / "state")

    found = outlook.look(state, None, "canary")

    assert set(told(found).values()) == {"runs", "downloads"}
    missing = [each for each in found if each.does == "downloads"]
    assert {each.stage.removeprefix("packages ") for each in missing} == set(outlook.SIZES)
    assert all("GB" in each.why for each in missing)
    assert not state.folder.exists()
    assert not (tmp_path / "cache").exists()


def test_up_to_the_platform_no_model_is_spoken_of(tmp_path):
    stages = told(outlook.look(State(tmp_path / "state"), None, "platform"))

    assert "model" not in stages


def test_releases_are_looked_up_in_git(tmp_path):
    state = State(tmp_path)
    work = tmp_path / "work"
    for name in ("staging", "canary"):
        folder = work / "environments" / name
        folder.mkdir(parents=True)
        (folder / "release.json").write_text("{}")
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org", "-C", str(work)]
    for words in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-q", "-m", "x"]):
        subprocess.run([*git, *words], check=True)
    subprocess.run(["git", "clone", "-q", "--bare", str(work), str(state.gitops)], check=True)

    stages = outlook.look(state, None, "platform")

    (found,) = [each for each in stages if each.stage == "environments"]
    assert (found.does, found.why) == ("runs", "makes the first release of production")


def remember(site, **last):
    files.write_json(site.state.folder / "up.json", {"data": "sample", "run": "train-1", **last})


def serving(monkeypatch, **versions):
    monkeypatch.setattr(outlook, "served", lambda _site, name: versions.get(name))


def test_a_model_that_serves_stands(site, monkeypatch):
    remember(site, until="canary")
    serving(monkeypatch, canary=7)

    assert outlook.model(site, None, "canary").why == "version 7 serves in canary"


def test_one_that_up_left_in_staging_goes_on_to_canary(site, monkeypatch):
    remember(site, until="staging")
    serving(monkeypatch, staging=7)

    way = outlook.model(site, None, "canary")

    assert (way.way, way.why) == ("promote", "version 7 goes from staging to canary")


def test_a_run_that_broke_off_is_gone_on_with(site, monkeypatch):
    remember(site, until="canary")
    serving(monkeypatch)
    monkeypatch.setattr(outlook, "_broke_off", lambda _site, name: name == "train-1")

    assert outlook.model(site, None, "canary").run == "train-1"


def test_other_photos_are_trained_on_although_a_model_serves(site, monkeypatch):
    remember(site, until="canary")
    serving(monkeypatch, canary=7)

    way = outlook.model(site, "/photos", "canary")

    assert (way.way, way.data) == ("train", "/photos")
    assert json.loads((site.state.folder / "up.json").read_text())["data"] == "sample"
