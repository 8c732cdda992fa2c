"""At most one training is asked for in a cool-down: by twenty at once, and after kills."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from services.lifecycle.photos import request
from services.lifecycle.releasing.gitops import GitOps

DAY = timedelta(days=1)
NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
ASK = """
import sys
from datetime import timedelta
from pathlib import Path
from services.lifecycle.photos import request
from services.lifecycle.releasing.gitops import GitOps
found, new = request.ask(GitOps(sys.argv[1], Path(sys.argv[2])), "drift", timedelta(days=1))
print(found.run, new)
"""


@pytest.fixture
def repository(tmp_path):
    """A bare repository with one commit."""
    bare, tree = tmp_path / "gitops.git", tmp_path / "tree"
    git = ["git", "-c", "user.name=T", "-c", "user.email=t@example.org"]
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(bare)], check=True)
    subprocess.run(["git", "clone", "-q", str(bare), str(tree)], check=True, capture_output=True)
    commit = ["commit", "-q", "--allow-empty", "-m", "first"]
    subprocess.run([*git, "-C", str(tree), *commit], check=True)
    push = ["-C", str(tree), "push", "-q", "origin", "HEAD:main"]
    subprocess.run([*git, *push], check=True, capture_output=True)
    return bare


@pytest.fixture
def gitops(repository, tmp_path):
    return GitOps(str(repository), tmp_path / "work")


def test_the_same_name_is_given_until_the_cool_down_is_over(gitops):
    first, new = request.ask(gitops, "drift", DAY, NOW)
    later = [request.ask(gitops, "drift", DAY, NOW + timedelta(hours=h)) for h in (1, 23)]
    after, again = request.ask(gitops, "drift", DAY, NOW + timedelta(hours=24))

    assert new
    assert later == [(first, False), (first, False)]
    assert again
    assert after.run != first.run


def test_a_clock_that_goes_back_asks_for_nothing_new(gitops):
    first, _ = request.ask(gitops, "drift", DAY, NOW)

    assert request.ask(gitops, "drift", DAY, NOW - timedelta(days=30)) == (first, False)


def test_twenty_processes_at_once_ask_once(repository, tmp_path):
    def ask(number):
        command = [sys.executable, "-c", ASK, str(repository), str(tmp_path / str(number))]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
        return done.stdout.split()

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(ask, range(20)))

    assert len({name for name, _ in answers}) == 1
    assert [new for _, new in answers].count("True") == 1


def test_a_request_that_nobody_can_read_is_replaced(gitops):
    gitops.held(request.NAME)
    gitops.swap(request.NAME, "", b"no request")

    _, new = request.ask(gitops, "drift", DAY, NOW)

    assert new
