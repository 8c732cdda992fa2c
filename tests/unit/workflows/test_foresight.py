"""`train --plan`: what the lifecycle tells and what the runner would run, on one page."""

import json
import sys

import pytest
import yaml

from workflows import foresight
from workflows.submission import SubmissionError

WANTED = {"branch": "HEAD", "data": "sample", "until": "canary"}
# Stands in for the lifecycle, which needs a site; it answers only what it is asked here.
LIFECYCLE = """
import json, sys
asked = sys.argv[1:]
assert asked[:3] == ["--branch=HEAD", "--data=sample", "--until=canary"], asked
print(json.dumps({"command": "train"}) if asked[3:] == ["--json"] else "Train on sample")
"""


@pytest.fixture
def site(tmp_path, monkeypatch):
    """Make the files of a site that was started once."""
    state = tmp_path / "state"
    for folder in ("runs", "objects", "images"):
        (state / folder).mkdir(parents=True)
    image = "registry.local/lifecycle@sha256:" + "1" * 64
    platform = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": "platform",
            "namespace": "argo",
            "labels": {"workflows.argoproj.io/configmap-type": "Parameter"},
        },
        "data": {"lifecycle-image": image},
    }
    (state / "platform.yaml").write_text(yaml.safe_dump(platform))
    (state / "images.yaml").write_text('"registry.local/**": {run: store, binds: []}\n')
    monkeypatch.setenv("GOURMET_STATE", str(state))
    monkeypatch.setattr(foresight, "LIFECYCLE", (sys.executable, "-c", LIFECYCLE))
    return state


def test_the_nodes_are_those_of_the_workflow_with_the_images_that_they_run(site, capsys):
    before = sorted(site.rglob("*"))

    assert foresight.show(WANTED, ["sample"], as_json=False) == 0

    told = capsys.readouterr().out
    assert told.startswith("Train on sample\n")
    assert "Data sample: our own drawings" in told
    assert "check-training-image: container  registry.local/lifecycle@sha256:111111111111" in told
    assert "train: container  the training image  (after data)" in told
    assert "Nothing was started." in told
    assert sorted(site.rglob("*")) == before


def test_as_json_both_are_one_object(site, capsys):
    assert foresight.show(WANTED, ["sample"], as_json=True) == 0

    facts = json.loads(capsys.readouterr().out)
    assert facts["command"] == "train"
    assert facts["workflow"]["entry"]["template"] == "train-model"
    assert facts["photos"][0]["name"] == "sample"


def test_photos_are_counted_and_not_read(site, tmp_path, capsys, monkeypatch):
    photos = tmp_path / "photos"
    photos.mkdir()
    (photos / "one.png").write_bytes(b"x" * 2_000_000)
    code = LIFECYCLE.replace("--data=sample", f"--data={photos}")
    monkeypatch.setattr(foresight, "LIFECYCLE", (sys.executable, "-c", code))

    wanted = {**WANTED, "data": str(photos)}
    assert foresight.show(wanted, [str(photos)], as_json=False) == 0

    assert f"Data {photos}: 1 file, 2.0 MB, hashed when they are read" in capsys.readouterr().out


def test_photos_that_are_not_there_are_refused_before_anything_is_asked(site):
    with pytest.raises(SubmissionError, match="/nowhere: there is no such folder or zip file"):
        foresight.show(WANTED, ["/nowhere"], as_json=False)


def test_what_the_lifecycle_refuses_ends_with_its_code(site, capsys, monkeypatch):
    monkeypatch.setattr(foresight, "LIFECYCLE", (sys.executable, "-c", "raise SystemExit(2)"))

    assert foresight.show(WANTED, ["sample"], as_json=False) == 2

    assert capsys.readouterr().out == ""
