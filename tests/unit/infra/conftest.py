"""Real hosts for the tests of nodes and inventories."""

from contextlib import ExitStack

import pytest

from tests.unit.infra import sshd


@pytest.fixture(scope="session")
def privileges():
    with sshd.privilege_folder():
        yield


@pytest.fixture
def cluster(tmp_path, privileges):
    """Start as many hosts as asked for; they end with the test."""
    if sshd.SSHD is None or sshd.KEYGEN is None:
        pytest.skip("needs sshd: apt-get install openssh-server")
    with ExitStack() as stack:
        yield lambda count: stack.enter_context(sshd.hosts(tmp_path, count))
