"""`down --plan` names exactly what `down` would end and remove, and leaves it."""

import os
import subprocess
import sys

import pytest

from infra.local import site as sites
from infra.local.ports import Block
from infra.local.state import State
from infra.local.supervisor import ownership
from infra.local.view import leaving


@pytest.fixture
def here(tmp_path):
    state = State(tmp_path / "state")
    state.folder.mkdir()
    return state


@pytest.fixture
def running(here):
    """A site with one process."""
    site = sites.new(here, Block(20900))
    site.save()
    env = {**os.environ, ownership.MARK: site.id}
    code = "import time; time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", code], env=env) as process:
        yield process
        process.kill()


def test_the_processes_of_the_site_are_named_and_go_on(here, running):
    found = leaving.look(here, purge=False)

    assert [each["pid"] for each in found.processes] == [running.pid]
    assert "Would stop 1 process:" in found.text()
    assert found.folder == ""
    assert running.poll() is None


def test_with_purge_the_folder_is_named_with_its_size_and_stays(here, running):
    (here.folder / "journal.jsonl").write_bytes(b"x" * 3_000_000)

    found = leaving.look(here, purge=True)

    assert found.size >= 3_000_000
    assert f"Would remove {here.folder}, 3 MB for good" in found.text()
    assert (here.folder / "journal.jsonl").exists()


def test_a_folder_that_is_no_state_folder_would_not_be_removed(here):
    found = leaving.look(here, purge=True)

    assert (found.processes, found.folder) == ([], "")
    assert found.text() == "Nothing is running, and nothing would be removed."
