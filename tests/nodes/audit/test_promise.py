"""The promise that a site keeps, asked of every node at once."""

import pytest

from tests.nodes.audit.asking import UnreachableError
from tests.nodes.audit.check import Check
from tests.nodes.audit.state import ANSWERS, FACTS, HELD, REPORT


@pytest.fixture
def answered(name: str, request: pytest.FixtureRequest) -> None:
    """A node that does not answer is an error, which is not a failure."""
    request.config.stash[ANSWERS].reached(name)


@pytest.mark.usefixtures("answered")
def test_node_answers(name: str) -> None:
    assert name


def test_promise(name: str, check: Check, request: pytest.FixtureRequest) -> None:
    stash = request.config.stash
    try:
        wrong = stash[ANSWERS].of(name, check.name)
    except UnreachableError as away:
        pytest.skip(str(away))
    held = [w for w in stash[HELD] if w.covers(stash[FACTS].site, name, check.name)]
    if wrong and held:
        pytest.xfail(str(held[0]))
    if wrong:
        pytest.fail(f"{name}: {check.name}: {'; '.join(wrong)}. {check.remedy}.", pytrace=False)


def test_waivers_hold(request: pytest.FixtureRequest) -> None:
    if wrong := request.config.stash[REPORT].wrong:
        pytest.fail("\n".join(wrong), pytrace=False)
