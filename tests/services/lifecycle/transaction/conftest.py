"""A platform of its own for each test."""

import pytest

from tests.services.lifecycle.transaction.plain import Platform


@pytest.fixture
def platform(tmp_path, monkeypatch):
    return Platform(tmp_path / "platform", monkeypatch)
