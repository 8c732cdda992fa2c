"""How a person's commands become the runner's: refused in plain words, or handed over."""

import json
import subprocess
import sys

import pytest

from workflows import submission
from workflows.submission import SubmissionError


@pytest.fixture
def site(tmp_path, monkeypatch):
    """Say that a local site was started here."""
    monkeypatch.setenv("GOURMET_STATE", str(tmp_path))
    (tmp_path / "platform.yaml").write_text("kind: ConfigMap\n")
    (tmp_path / "images.yaml").write_text('"registry.local/**": {run: store, binds: [/a]}\n')
    return tmp_path


@pytest.fixture
def called(monkeypatch):
    """Keep the command that would be run."""
    commands = []
    monkeypatch.setattr(submission, "call", lambda command, **_env: commands.append(command) or 0)
    return commands


def test_a_run_is_handed_our_files_the_sites_facts_and_its_parameters(site, called):
    assert submission.run("promote-model", {"target": "canary"}) == 0

    (command,) = called
    assert command[:4] == [sys.executable, "-m", "workflows.runner", "run"]
    assert str(submission.HERE / "promote-model.yaml") in command
    assert str(site / "platform.yaml") in command
    text = " ".join(command)
    assert "--from promote-model -p target=canary" in text
    assert f"--state {site}/runs" in text
    assert f"--images {site}/images.yaml" in text


def test_a_misspelt_workflow_names_the_nearest(site):
    with pytest.raises(SubmissionError, match=r"Did you mean promote-model\?"):
        submission.run("promote-modle", {})


def test_without_a_site_the_command_that_starts_one_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("GOURMET_STATE", str(tmp_path))

    with pytest.raises(SubmissionError, match=r"Run: \./run invoke up"):
        submission.run("promote-model", {})


def test_named_data_stays_visible_to_steps(site, tmp_path):
    photos = tmp_path / "photos"
    photos.mkdir()

    submission.show(str(photos))
    submission.show(str(photos))

    text = (site / "images.yaml").read_text()
    assert text.count(str(photos)) == 1
    assert "/a" in text


def test_named_data_that_is_not_there_is_refused(site):
    with pytest.raises(SubmissionError, match="there is no such folder or zip file"):
        submission.show("/no/such/photos")


def test_what_an_environment_serves_is_read_from_git(site):
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org", "-C", str(site / "work")]
    folder = site / "work" / "environments" / "staging"
    folder.mkdir(parents=True)
    (folder / "release.json").write_text(json.dumps({"version": 7}))
    for arguments in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-q", "-m", "x"]):
        subprocess.run([*git, *arguments], check=True)
    subprocess.run(
        ["git", "clone", "-q", "--bare", str(site / "work"), str(site / "gitops.git")], check=True
    )

    assert submission.released("staging") == "7"
    with pytest.raises(SubmissionError, match="canary serves no trained version yet"):
        submission.released("canary")
