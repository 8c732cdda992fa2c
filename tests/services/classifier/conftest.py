"""Fixtures for the tests of the classifier."""

import pytest

from tests.services.classifier.process import Server, baked


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """A classifier that keeps corrections; the tests share it."""
    folder = tmp_path_factory.mktemp("classifier")
    with Server(baked(folder / "model"), FEEDBACK_DIR=folder / "feedback") as running:
        running.feedback = folder / "feedback"
        yield running
