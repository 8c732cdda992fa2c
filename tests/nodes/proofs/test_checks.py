"""Each promise is proven: a good node keeps it, and one violation breaks it, by its own name."""

import pytest

from tests.hosts import machines
from tests.nodes.audit import catalogue
from tests.nodes.proofs.violations import cluster
from tests.nodes.proofs.violations import machine as whole

IN_SHELL = {
    **whole.SYSTEM, **whole.ACCESS, **cluster.WORKER, **cluster.CONTROL_PLANE, **cluster.ETCD_NODES
}  # fmt: skip
BY_THE_MACHINE = {"clock", "disk"}


def said(machine, name):
    return list(catalogue.BY_NAME[name].judge(machine.node()))


def test_every_promise_has_a_violation():
    assert {*IN_SHELL, *BY_THE_MACHINE} == set(catalogue.BY_NAME)


@pytest.mark.parametrize("name", catalogue.BY_NAME)
def test_a_good_node_keeps_every_promise(machine, name):
    assert said(machine, name) == []


@pytest.mark.parametrize("name", IN_SHELL)
def test_one_violation_breaks_it(machine, name):
    violation = IN_SHELL[name]
    machine.host.run(violation.breaks)
    try:
        wrong = said(machine, name)
    finally:
        machine.host.run(violation.mends)

    assert violation.said in "; ".join(wrong)
    assert said(machine, name) == []


def test_a_clock_that_is_ahead_is_seen(machine):
    machine.host.set_clock(60)
    try:
        (wrong,) = said(machine, "clock")
    finally:
        machine.host.set_clock(0)

    assert wrong.startswith(("its clock is 59", "its clock is 60"))
    assert said(machine, "clock") == []


def test_a_full_disk_is_seen(machine):
    machine.host.fill_disk()
    try:
        wrong = said(machine, "disk")
    finally:
        machine.host.free_disk()

    assert any("% of its space left" in sentence for sentence in wrong)
    assert said(machine, "disk") == []


def test_what_was_broken_is_mended(machine):
    assert machines.missing() is None
    wrong = {check.name: said(machine, check.name) for check in catalogue.ALL}

    assert {name: words for name, words in wrong.items() if words} == {}
