"""Real hosts for the tests of nodes and inventories."""

from contextlib import ExitStack

import pytest

from tests.unit.infra import sshd
from tests.unit.infra.lab import lab  # noqa: F401 (pytest finds it by name)


@pytest.fixture
def cluster(tmp_path):
    """Start as many hosts as asked for; they end with the test."""
    if None in (sshd.SSHD, sshd.KEYGEN, sshd.CLIENT):
        pytest.skip("needs sshd and ssh: apt-get install openssh-server openssh-client")
    with ExitStack() as stack:
        yield lambda count: stack.enter_context(sshd.hosts(tmp_path, count))
