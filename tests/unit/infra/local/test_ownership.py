"""Only processes that a site started are ever ended."""

import os
import subprocess
import sys

import pytest

from infra.local.supervisor import ownership

SLEEP = "import time; time.sleep(60)"


@pytest.fixture
def start():
    started = []

    def begin(mark, code=SLEEP):
        env = {**os.environ, ownership.MARK: mark} if mark else dict(os.environ)
        process = subprocess.Popen([sys.executable, "-c", code], env=env, stdout=subprocess.PIPE)
        started.append(process)
        return process

    yield begin
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()


def test_a_process_is_known_by_the_mark_it_carries_and_so_are_its_children(start):
    begin = f"subprocess.Popen([sys.executable, '-c', {SLEEP!r}])"
    child = f"import subprocess, sys; print({begin}.pid, flush=True); {SLEEP}"
    parent = start("site-1", child)
    stranger = start("site-2")
    grandchild = int(parent.stdout.readline())

    found = {process.pid for process in ownership.processes_of("site-1")}

    assert found == {parent.pid, grandchild}
    assert ownership.end(ownership.processes_of("site-1"), 5) == []
    assert stranger.poll() is None


def test_a_process_that_ignores_sigterm_is_ended_all_the_same(start):
    deaf = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True); "
    process = start("site-3", deaf + SLEEP)
    process.stdout.readline()

    assert ownership.end(ownership.processes_of("site-3"), 0.3) == []
