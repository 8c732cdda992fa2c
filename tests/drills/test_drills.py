"""Every drill, on a real site: what is broken moves nothing, and a person can read why."""

import pytest

from services.drills import catalogue, running

pytestmark = pytest.mark.timeout(900)


@pytest.mark.parametrize("name", catalogue.every())
def test_nothing_that_serves_is_moved_and_the_reason_can_be_read(site, name):
    made, good = site

    result = running.one(made, good, catalogue.every()[name], print)

    assert result.wrong == ()
    assert result.reason
