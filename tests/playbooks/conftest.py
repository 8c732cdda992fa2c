"""Machines with a site of their own, for each file that asks for them."""

from pathlib import Path

import pytest

from tests.hosts import machines
from tests.playbooks import lab as labs

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def lab(tmp_path_factory, request):
    """Two machines that the tests of one file share, or `COUNT`; `CHANGES` changes their site."""
    if reason := machines.missing():
        pytest.skip(reason)
    changes = getattr(request.module, "CHANGES", {})
    count = getattr(request.module, "COUNT", 2)
    with labs.lab(tmp_path_factory.mktemp("site"), count, **changes) as made:
        yield made


def pytest_collection_modifyitems(items):
    """A play takes half a minute, and the first test of a file waits for several."""
    for item in items:
        if item.path.parent == HERE:
            item.add_marker(pytest.mark.timeout(900))
