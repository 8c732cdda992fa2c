"""Photos of somebody's own, and photos that nothing can be learnt from."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.lifecycle.conftest import ROOT

pytestmark = pytest.mark.timeout(1800)
EACH = 30


@pytest.fixture(scope="module")
def photos(canary, tmp_path_factory):
    """A folder per class with pictures of all splits, named as somebody else would."""
    made = tmp_path_factory.mktemp("photos")
    locks = ["requirements.txt", "torch.txt"]
    command = [sys.executable, "-m", "services.environments"]
    command += [f"services/trainer/{name}" for name in locks]
    folder = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    python = Path(folder.stdout.strip()) / "bin" / "python"
    out = made / "food-11"
    sample = [str(python), "-m", "services.trainer", "data", "--source", "sample", "--out", out]
    subprocess.run(sample, cwd=ROOT, check=True, capture_output=True)
    for split in ("training", "validation", "evaluation"):
        for label in (out / split).iterdir():
            target = made / "mine" / label.name
            target.mkdir(parents=True, exist_ok=True)
            for picture in sorted(label.iterdir())[:EACH]:
                shutil.copy(picture, target / f"{split}-{picture.name}")
    return made / "mine"


def said(done):
    return done.stdout + done.stderr


def test_a_folder_per_class_trains_a_version_of_its_own(canary, photos):
    before = canary.status()["environments"]

    done = canary.invoke("train", "--data", str(photos), "--until", "register", "--name", "mine")

    assert done.returncode == 0, said(done)[-4000:]
    run = json.loads(canary.runner("get", "mine", "-o", "json").stdout)
    outputs = {
        parameter["name"]: parameter["value"]
        for node in run["status"]["nodes"].values()
        if node["displayName"].startswith("register")
        for parameter in (node.get("outputs") or {}).get("parameters", [])
    }
    assert int(outputs["version"]) > 1
    assert canary.status()["environments"] == before


def test_bad_data_is_refused_before_training_with_everything_that_is_wrong(canary, photos):
    bad = photos.with_name("bad")
    shutil.copytree(photos, bad)
    labels = sorted(folder.name for folder in bad.iterdir())
    for picture in (bad / labels[0]).iterdir():
        picture.unlink()
    broken = sorted((bad / labels[1]).iterdir())[0]
    broken.write_bytes(b"this is no picture")

    done = canary.invoke("train", "--data", str(bad), "--until", "register", "--name", "bad-data")

    assert done.returncode == 1
    assert labels[0] in said(done)
    assert broken.name in said(done)
    assert "train(0)" not in said(done)


def test_data_that_is_not_there_is_refused_before_anything_starts(canary):
    done = canary.invoke("train", "--data", "nowhere.zip")

    assert done.returncode == 2
    assert "there is no such folder or zip file" in said(done)
