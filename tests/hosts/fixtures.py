"""Fixtures that hand out test machines; import them in a conftest.py to use them there.

from tests.hosts.fixtures import hosts, three_hosts  # noqa: F401 (pytest finds them by name)
"""

from collections.abc import Iterator

import pytest

from tests.hosts import machines


@pytest.fixture
def hosts() -> Iterator[machines.Hosts]:
    """Three bare machines for one test."""
    yield from _three()


@pytest.fixture(scope="module")
def three_hosts() -> Iterator[machines.Hosts]:
    """Three machines that the tests of one file share."""
    yield from _three()


def _three() -> Iterator[machines.Hosts]:
    if reason := machines.missing():
        pytest.skip(reason)
    with machines.running(3) as hosts:
        yield hosts
