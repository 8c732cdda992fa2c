"""The instants between effects: each has a name in the table, and stands in the code."""

import os
import re
import signal
import subprocess
import sys

import pytest

from services.lifecycle import failpoints
from tests.services.lifecycle.conftest import ROOT

CODE = ROOT / "services" / "lifecycle"
PROGRAM = "from services.lifecycle import failpoints; failpoints.reach('after-commit'); print('on')"


def reached():
    """Return every name that stands in the code."""
    texts = [path.read_text() for path in CODE.rglob("*.py") if path.name != "failpoints.py"]
    return {name for text in texts for name in re.findall(r'failpoints\.reach\("([^"]+)"\)', text)}


def test_the_table_and_the_code_agree():
    assert reached() == set(failpoints.POINTS)


def run(**more):
    env = {**os.environ, **more}
    command = [sys.executable, "-c", PROGRAM]
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)


def test_without_the_variable_nothing_happens():
    assert run().stdout == "on\n"


@pytest.mark.parametrize(("action", "code"), [("kill", -signal.SIGKILL), ("term", -signal.SIGTERM)])
def test_a_process_is_killed_where_it_was_asked(action, code):
    done = run(GOURMETOPS_FAILPOINT=f"after-commit:{action}")

    assert (done.returncode, done.stdout) == (code, "")


@pytest.mark.parametrize(("action", "words"), [("full", "No space left"), ("io", "Input/output")])
def test_the_disk_fails_where_it_was_asked(action, words):
    assert words in run(GOURMETOPS_FAILPOINT=f"after-commit:{action}").stderr


def test_it_happens_once_where_a_file_says_so(tmp_path):
    once = tmp_path / "once"
    once.touch()
    asked = {"GOURMETOPS_FAILPOINT": "after-commit:kill", "GOURMETOPS_FAILPOINT_ONCE": str(once)}

    assert run(**asked).returncode == -signal.SIGKILL
    assert run(**asked).stdout == "on\n"


def test_another_instant_is_passed():
    assert run(GOURMETOPS_FAILPOINT="after-alias:kill").stdout == "on\n"


def test_a_name_that_is_not_in_the_table_is_not_taken():
    assert (
        "no failpoint is called 'after-comit'"
        in run(GOURMETOPS_FAILPOINT="after-comit:kill").stderr
    )
