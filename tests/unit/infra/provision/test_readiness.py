"""The stage that asks nodes: what stops the way, what the next stage mends, what time mends."""

import os
import time

import pytest

from infra.nodes import inspection
from infra.nodes.checks import Finding
from infra.provision import inventory, readiness
from infra.provision.errors import StageError
from infra.provision.ledger import DONE, FAILED, Ledger, Record, now
from infra.provision.setting import Waiting

BOOTS = Finding("node1", "ssh", "unreachable", "nothing listens on its SSH port", "Look at it.")
FINE = Finding("node1", "ssh", "ok")
SWAP = Finding("node1", "swap", "bad", "swap is on", "Run playbooks/prepare.yml.")
SMALL = Finding("node1", "disk", "bad", "1.0 GiB free on /, and 20 are needed", "Take a larger.")
APT = Finding("node1", "packages", "bad", "process 436 holds /var/lib/dpkg/lock", "Wait.")
FOREIGN = Finding("node1", "ssh", "unreachable", "node1 shows the key A, and B is pinned", "…")


@pytest.fixture
def ask(setting, monkeypatch, tmp_path):
    """Let nodes answer so, one answer after another; return what is said."""
    setting.folder.mkdir()
    monkeypatch.setattr(readiness, "POLL", 0.01)
    monkeypatch.setattr(inventory, "filled", lambda given, _results: given.site)

    def run(*answers):
        left = list(answers)
        monkeypatch.setattr(
            inspection, "inspect", lambda *_: left.pop(0) if len(left) > 1 else left[0]
        )
        said = []
        readiness.run(setting, {}, said.append, tmp_path / "log")
        return said

    return run


def made(setting, seconds_ago):
    kept = setting.folder / inventory.PINNED
    kept.write_text("{}")
    os.utime(kept, (time.time() - seconds_ago,) * 2)


def test_a_node_that_is_not_ready_stops_the_way_with_its_remedy(ask):
    with pytest.raises(StageError, match=r"node1: disk: 1\.0 GiB free on /.*Take a larger"):
        ask([FINE, SMALL])


def test_what_the_next_stage_mends_is_told_and_stops_nothing(ask):
    assert "node1: swap: swap is on; the next stage mends that" in ask([FINE, SWAP])


def test_a_server_that_was_made_a_moment_ago_is_waited_for(ask, setting):
    made(setting, seconds_ago=10)

    said = ask([BOOTS], [BOOTS], [FINE])

    assert said[0] == "node1: ssh: nothing listens on its SSH port"
    assert isinstance(said[0], Waiting)
    assert said[-1].startswith("1 of 1 nodes are ready")


def test_a_server_that_was_made_long_ago_is_not(ask, setting):
    made(setting, seconds_ago=readiness.GROWN + 1)
    began = time.monotonic()

    with pytest.raises(StageError, match="nothing listens on its SSH port"):
        ask([BOOTS])

    assert time.monotonic() - began < 2


def test_machines_that_we_did_not_make_are_not_waited_for(ask):
    with pytest.raises(StageError, match="nothing listens"):
        ask([BOOTS])


def test_another_key_than_the_pinned_one_is_told_at_once(ask, setting):
    made(setting, seconds_ago=1)

    with pytest.raises(StageError, match="shows the key A"):
        ask([FOREIGN])


def test_a_package_manager_at_work_is_waited_for_anywhere(ask):
    said = ask([FINE, APT], [FINE, APT], [FINE])

    assert said[0] == "node1: packages: process 436 holds /var/lib/dpkg/lock"
    assert said[-1].startswith("1 of 1 nodes are ready")


def test_a_package_manager_that_never_ends_is_told(ask, monkeypatch):
    monkeypatch.setattr(readiness, "ENDED_BY", 0.05)

    with pytest.raises(StageError, match="holds /var/lib/dpkg/lock"):
        ask([APT])


BUSY = Finding("node1", "ports", "bad", "6443 is taken", "Stop what listens there.")
OLDER = Finding("node1", "bare", "bad", "/etc/kubernetes is there", "Take a fresh image.")


def test_a_cluster_that_is_in_the_way_stops_it(ask):
    with pytest.raises(StageError, match=r"(?s)6443 is taken.*etc/kubernetes is there"):
        ask([BUSY, OLDER])


@pytest.mark.parametrize("state", [DONE, FAILED])
def test_a_cluster_that_kubespray_began_here_is_not_in_its_own_way(ask, setting, state):
    Ledger(setting.folder).write(Record("kubespray", state, "hash", now()))

    assert ask([BUSY, OLDER])
