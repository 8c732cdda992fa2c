"""Who is changing an environment: shown as that, and not as a lie; a dead one with its remedy."""

import io
import json
import os
import subprocess
import time
from pathlib import Path

import psutil
import pytest
from rich.console import Console

from infra.local.state import State
from infra.local.view import board, locks, overview
from tests.unit.infra.local.test_overview import agent, aliases, replica, serving, site, version


def git(state, *arguments, text=b""):
    """Run git on the GitOps repository."""
    command = ["git", f"--git-dir={state.gitops}", *arguments]
    env = {**os.environ, **dict.fromkeys(("GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME"), "Ada")}
    env |= dict.fromkeys(("GIT_AUTHOR_EMAIL", "GIT_COMMITTER_EMAIL"), "ada@example.org")
    done = subprocess.run(command, input=text, capture_output=True, check=True, env=env)
    return done.stdout.decode().strip()


@pytest.fixture
def state(tmp_path):
    made = State(tmp_path)
    subprocess.run(["git", "init", "--quiet", "--bare", str(made.gitops)], check=True)
    return made


def hold(state, environment, **changes):
    """Let an operation of this very process hold an environment."""
    start = Path(f"/proc/{os.getpid()}/stat").read_text().rpartition(")")[2].split()[19]
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    owner = {"host": os.uname().nodename, "boot": boot, "pid": os.getpid(), "start": start}
    facts = {
        "operation": "promote-model-x7",
        "by": "Ada <ada@example.org>",
        "step": "wait",
        "since": "2026-01-01T00:00:00+00:00",
        "uptime": time.clock_gettime(time.CLOCK_BOOTTIME) - 41,
        "owner": {**owner, **changes},
    }
    blob = git(state, "hash-object", "-w", "--stdin", text=json.dumps(facts).encode())
    git(state, "update-ref", f"refs/locks/{environment}", blob)


def fix(state, text):
    """Commit the shares of traffic."""
    blob = git(state, "hash-object", "-w", "--stdin", text=text)
    inner = git(state, "mktree", text=f"100644 blob {blob}\ttraffic.json\n".encode())
    tree = git(state, "mktree", text=f"040000 tree {inner}\tplatform\n".encode())
    git(state, "update-ref", "refs/heads/main", git(state, "commit-tree", tree, "-m", "shares"))


def lying(port):
    """Return a site whose alias canary is behind."""
    return agent([replica(port)]), aliases(staging=7, canary=6, production=7)


def shown(found):
    """Return what a person sees."""
    console = Console(width=300, record=True, file=io.StringIO())
    board.show(found, console)
    return console.export_text()


def test_an_alias_that_is_behind_is_in_progress_while_somebody_who_lives_holds_it(tmp_path, state):
    hold(state, "canary")
    with serving(version(7)) as port, site(tmp_path, *lying(port)) as here:
        found = overview.look(here)

    row = found.environments[1]
    assert row.problems == ()
    assert row.in_progress.alive
    assert found.as_json()["environments"][1]["in_progress"]["step"] == "wait"
    assert "canary is being changed by promote-model-x7 (Ada, step wait, for 4" in shown(found)


def test_what_a_dead_holder_left_is_a_lie_with_its_remedy(tmp_path, state):
    hold(state, "canary", start="1")
    with serving(version(7)) as port, site(tmp_path, *lying(port)) as here:
        found = overview.look(here)

    left, alias = found.environments[1].problems
    assert "its process is dead: what it left is neither finished nor undone" in left
    assert left.endswith("Mend it: ./run invoke repair canary")
    assert alias.startswith("the alias canary names version 6, and what serves is version 7")
    assert alias.endswith("Mend it: ./run invoke repair canary")


def test_a_holder_of_another_machine_is_taken_for_alive(state):
    hold(state, "canary", host="elsewhere", start="1")

    assert locks.read(state).holders["canary"].alive


def test_a_holder_of_an_earlier_boot_of_this_machine_is_dead(state):
    hold(state, "canary", boot="earlier", machine=Path("/etc/machine-id").read_text().strip())

    assert not locks.read(state).holders["canary"].alive


def test_a_process_that_is_gone_is_dead(state):
    gone = max(psutil.pids()) + 4000
    hold(state, "canary", pid=gone)

    assert not locks.read(state).holders["canary"].alive


def test_a_route_that_does_not_hand_out_what_git_says_is_a_lie(tmp_path, state):
    fix(state, b'{"canary": 25}')
    with (
        serving(version(7)) as port,
        site(tmp_path, agent([replica(port)]), aliases(staging=7, canary=7, production=7)) as here,
    ):
        found = overview.look(here)

    assert found.environments[1].problems == (
        "Git says canary gets 25 % of the traffic, and the route says 10 %. "
        "Mend it: ./run invoke repair canary",
    )


def test_garbage_in_a_lock_is_somebody(state):
    blob = git(state, "hash-object", "-w", "--stdin", text=b"garbage")
    git(state, "update-ref", "refs/locks/canary", blob)

    assert str(locks.read(state).holders["canary"]).startswith("somebody (unknown")
