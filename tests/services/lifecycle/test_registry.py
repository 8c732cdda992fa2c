"""How long a registry that gives no answer is waited for."""

import socket

import pytest

from services.lifecycle.clients import registry, web
from services.lifecycle.clients.registry import Registry
from services.lifecycle.errors import RegistryError


@pytest.fixture
def silent():
    """A server that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        yield listener


def url(listener):
    return f"http://127.0.0.1:{listener.getsockname()[1]}"


def callers(listener):
    """Return how many people called since."""
    for number in range(100):
        try:
            listener.accept()[0].close()
        except BlockingIOError:
            return number
    return pytest.fail("far too many")


def test_who_only_looks_asks_one_that_says_nothing_once(silent, monkeypatch):
    monkeypatch.setattr(registry, "IMPATIENT", 0.2)
    asked = Registry(url(silent), "model", only_looks=True)

    for _ in range(3):
        with pytest.raises(RegistryError, match="timed out"):
            asked.alias("canary")

    assert callers(silent) == 1


def test_who_moves_something_asks_it_again_each_time(silent, monkeypatch):
    monkeypatch.setattr(registry, "DEADLINE", 0.2)
    asked = Registry(url(silent), "model")

    for _ in range(3):
        with pytest.raises(RegistryError, match="timed out"):
            asked.alias("canary")

    assert callers(silent) == 3


def test_only_who_moves_something_waits_for_one_that_may_be_starting(monkeypatch):
    pauses = []
    monkeypatch.setattr(web.time, "sleep", pauses.append)
    monkeypatch.setattr(registry, "PATIENCE", 0.05)

    for only_looks in (True, False):
        with pytest.raises(RegistryError, match="Connection refused"):
            Registry("http://127.0.0.1:9", "model", only_looks=only_looks).alias("canary")
        assert bool(pauses) is not only_looks
