"""Two versions, baked once for the tests of a file; the second is on its way to canary."""

import pytest

from tests.services.lifecycle.faults.moves import Baked
from tests.spoiling import Spoiler


@pytest.fixture(scope="module")
def baked(tmp_path_factory, mlflow):
    """Two versions, baked by the real processes, the first of them in canary; made once."""
    made = Baked.make(tmp_path_factory.mktemp("baked"), mlflow)
    yield made
    made.site.stop()


@pytest.fixture
def way(baked, tmp_path):
    """The second version on its way to canary, in a copy of all that was made once."""
    return baked.copy(tmp_path / "here")


@pytest.fixture
def troubled(way):
    registry = Spoiler(way.values["MLFLOW_TRACKING_URI"])
    way.values["MLFLOW_TRACKING_URI"] = registry.url
    yield registry
    registry.stop()
