"""One site for all drills: a version is trained for real, and serves in all environments."""

import pytest

from services.drills import stage


@pytest.fixture(scope="session")
def site():
    """A site of the drills' own, and the good version that serves everywhere on it."""
    with stage.own() as made:
        yield made, stage.bring_to_production(made)
