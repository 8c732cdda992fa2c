"""Killed all at once and started again; stopped, and started once more for the next file."""

import os
import signal
import socket
import urllib.parse
from pathlib import Path

import pytest

pytestmark = [pytest.mark.timeout(1800), pytest.mark.in_order]


@pytest.fixture(scope="module", autouse=True)
def up_again(canary):
    yield
    done = canary.invoke("up", "--yes")
    assert done.returncode == 0, done.stdout + done.stderr


def processes(state):
    """Find the processes that carry the state folder's name in their environment or command."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            text = (entry / "environ").read_bytes() + (entry / "cmdline").read_bytes()
        except OSError:
            continue
        if os.fsencode(state) in text:
            found.append(int(entry.name))
    return found


def test_after_a_kill_of_everything_up_goes_on_with_what_was_there(canary):
    before = canary.status()
    ours = processes(canary.state)
    assert ours
    for pid in ours:
        os.kill(pid, signal.SIGKILL)

    done = canary.invoke("up", "--yes")

    assert done.returncode == 0, done.stdout + done.stderr
    assert "train-model" not in done.stdout
    assert canary.status() == before


def test_down_leaves_no_process_and_no_port(canary):
    addresses = [urllib.parse.urlsplit(url) for url in canary.status()["addresses"].values()]

    done = canary.invoke("down")

    assert done.returncode == 0, done.stdout + done.stderr
    assert processes(canary.state) == []
    for address in addresses:
        with socket.socket() as probe:
            assert probe.connect_ex((address.hostname, address.port)) != 0


def test_down_again_says_that_nothing_runs_and_status_says_how_to_start(canary):
    assert "Nothing was running." in canary.invoke("down").stdout

    status = canary.invoke("status")

    assert status.returncode == 1
    assert "./run invoke up" in status.stderr
