"""The command line: outputs as files, refusals as sentences, exit codes that mean something."""

import json
import os
import signal
import subprocess
import sys

import pytest

from services.lifecycle.command_line import VERBS
from tests.services.lifecycle.conftest import ROOT


def call(*arguments, values=None):
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": os.environ.get("HOME", "/"),
        **(values or {}),
    }
    command = [sys.executable, "-m", "services.lifecycle", *arguments]
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_explains_itself(verb):
    done = call(verb, "--help")

    assert done.returncode == 0
    assert "--outputs DIR" in done.stdout


def test_an_unknown_verb_exits_2():
    assert call("bakee").returncode == 2


def test_a_missing_setting_is_named_and_exits_2():
    done = call("build-image", "--kind", "app")

    assert done.returncode == 2
    assert "GOURMET_SOURCE is not set" in done.stderr
    assert "Traceback" not in done.stderr


def test_outputs_become_files_and_one_line_of_json(values, source, tmp_path):
    done = call("check-training-image", "--outputs", str(tmp_path / "out"), values=values)

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["state"] == "missing"
    assert (tmp_path / "out" / "state").read_text() == "missing"
    assert (tmp_path / "out" / "commit").read_text() == json.loads(done.stdout)["commit"]


def test_a_failure_exits_1_and_leaves_its_sentence_in_the_journal(values, tmp_path):
    asked = ["--environment", "staging", "--version", "7", "--digest", "sha256:" + "0" * 64]
    done = call("release", *asked, "--operation", "deploy-1", values=values)

    assert done.returncode == 1
    assert done.stderr.startswith("release: ")
    (entry,) = (tmp_path / "state" / "journal.jsonl").read_text().splitlines()
    told = json.loads(entry)
    assert (told["operation"], told["state"]) == ("deploy-1", "failed")
    assert told["reason"] in done.stderr


def test_a_version_that_is_no_number_exits_2(values):
    asked = ["--environment", "staging", "--digest", "sha256:" + "0" * 64]
    done = call("release", *asked, "--version", "1.0.7", values=values)

    assert done.returncode == 2
    assert "'1.0.7' is no model version" in done.stderr


def test_an_interrupted_verb_exits_130_and_leaves_no_folder(values, tmp_path):
    asked = ["--environment", "staging", "--version", "7", "--digest", "sha256:" + "0" * 64]
    environment = {**os.environ, **values, "GOURMET_SITE_API": "http://127.0.0.1:9"}
    environment["TMPDIR"] = str(tmp_path)
    command = [sys.executable, "-m", "services.lifecycle", "wait", *asked, "--deadline", "60"]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True
    ) as process:
        assert "waiting: the site does not answer" in process.stderr.readline()
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 130

    assert list(tmp_path.glob("lifecycle-*")) == []


@pytest.mark.parametrize("word", ["one", "7.5"])
def test_a_misspelt_version_is_one_sentence_without_the_usage_of_a_program(word):
    done = call("hold", f"--version={word}", "--reason=x")

    assert done.returncode == 2
    assert done.stderr == (
        f"hold: {word!r} is no model version. Give a number such as 7, or none (bootstrap).\n"
    )


def test_a_plan_speaks_in_the_name_of_the_command_that_it_is_of(values):
    done = call("rehearse", "hold", "--version=none", "--reason=x", values=values)

    assert done.returncode == 2
    assert done.stderr.startswith("hold: Only a version of the registry can be on hold")


@pytest.mark.parametrize(
    ("lift", "example"),
    [
        ([], "invoke hold 3 --reason 'it is slow on large photos'"),
        (["--lift"], "invoke hold 3 --lift --reason 'the photos were to blame'"),
    ],
)
def test_a_hold_and_its_lifting_without_a_reason_are_told_what_to_say(values, lift, example):
    done = call("hold", "--version=3", "--reason=", *lift, values=values)

    assert done.returncode == 2
    assert done.stderr.strip().endswith(f"takes a reason. Say: {example}")


def test_a_slip_by_hand_is_told_and_not_journalled(values, tmp_path):
    done = call("approve", "--version=none", "--target=production", values=values)

    assert done.returncode == 2
    assert not (tmp_path / "state" / "journal.jsonl").exists()


def test_a_step_that_was_asked_wrongly_is_journalled_for_its_workflow(values, tmp_path):
    asked = ["approve", "--version=none", "--target=production", "--operation=promote-1"]

    assert call(*asked, values=values).returncode == 2
    assert '"operation":"promote-1"' in (tmp_path / "state" / "journal.jsonl").read_text()
