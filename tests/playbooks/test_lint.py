"""The playbooks against ansible-lint's strictest profile."""

import os
import subprocess

from services import environments
from tests.playbooks.lab import LOCK, PLAYBOOKS


def test_ansible_lint_finds_nothing_in_profile_production(tmp_path):
    beside = environments.ensure(LOCK) / "bin"

    done = subprocess.run(
        [beside / "ansible-lint", "--offline", "--nocolor", "--strict"],
        cwd=PLAYBOOKS, capture_output=True, text=True, check=False,
        env={**os.environ, "PATH": f"{beside}:{os.environ['PATH']}", "XDG_CACHE_HOME": tmp_path},
    )  # fmt: skip

    assert done.returncode == 0, done.stdout
    assert "Profile 'production' was required, and it passed" in done.stdout + done.stderr
