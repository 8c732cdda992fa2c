"""Questions to OpenStack: one process answers those that come one after another."""

from contextlib import suppress

import psutil
import pytest

from infra.provision.cloud import asking
from infra.provision.errors import CloudError

NAMES = iter(("asks", "asks-again"))


def clients():
    """Return the processes that answer for this one."""
    found = []
    for each in psutil.Process().children():
        with suppress(psutil.ZombieProcess, psutil.NoSuchProcess):
            if "infra.provision.cloud.cloudside" in each.cmdline():
                found.append(each)
    return found


@pytest.fixture
def ask(person):
    file = person(next(NAMES)).folder / "clouds.yaml"
    already = clients()

    def asks(cloud):
        return asking.ask(file, cloud, "lease-find", name="nobody's")

    yield asks
    for each in clients():
        if each not in already:
            each.kill()


def test_questions_one_after_another_are_answered_by_one_process(ask):
    before = clients()

    assert [ask("kvm-lease"), ask("kvm-lease")] == [None, None]
    with pytest.raises(CloudError, match="Cloud other was not found"):
        ask("other")
    assert ask("kvm-lease") is None

    assert len(clients()) == len(before) + 1


def test_one_that_was_killed_is_told_and_the_next_question_is_answered_by_another(ask):
    ask("kvm-lease")
    for each in clients():
        each.kill()
        each.wait(10)

    with pytest.raises(CloudError, match="the client ended without an answer"):
        ask("kvm-lease")

    assert ask("kvm-lease") is None
