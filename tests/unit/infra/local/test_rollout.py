"""The arithmetic of rolling updates, on plain values and on random histories."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.local.desired.rollout import Member, Steps, Strategy, next_steps, strategy

ONE = Strategy(desired=1, surge=1, unavailable=0)


@pytest.mark.parametrize(
    ("members", "steps"),
    [
        pytest.param([], Steps(start=1), id="nothing runs"),
        pytest.param([("a", "old", True)], Steps(start=1), id="the new one starts beside"),
        pytest.param([("a", "old", True), ("b", "new", False)], Steps(), id="wait until ready"),
        pytest.param(
            [("a", "old", True), ("b", "new", True)], Steps(retire=("a",)), id="then the old goes"
        ),
        pytest.param([("b", "new", True)], Steps(), id="done"),
        pytest.param(
            [("a", "old", True), ("x", "older", False)],
            Steps(retire=("x",)),
            id="a broken one makes room first",
        ),
    ],
)
def test_one_replica_is_replaced_without_a_gap(members, steps):
    assert next_steps(ONE, "new", [Member(*member) for member in members], 0) == steps


def test_recreate_starts_nothing_until_all_old_ones_are_gone():
    plan = Strategy(desired=1, surge=1, unavailable=0, recreate=True)
    old = [Member("a", "old", True)]

    assert next_steps(plan, "new", old, leaving=0) == Steps(retire=("a",))
    assert next_steps(plan, "new", [], leaving=1) == Steps()
    assert next_steps(plan, "new", [], leaving=0) == Steps(start=1)


def test_scaling_down_takes_the_unready_and_the_youngest_first():
    members = [
        Member("old", "new", True, created=1),
        Member("young", "new", True, created=2),
        Member("broken", "new", False, created=0),
    ]

    assert next_steps(ONE, "new", members, 0).retire == ("broken", "young")


@pytest.mark.parametrize(
    ("spec", "plan"),
    [
        ({}, Strategy(1, 1, 0)),
        ({"replicas": 4}, Strategy(4, 1, 1)),
        ({"replicas": 10}, Strategy(10, 3, 2)),
        (
            {"replicas": 3, "strategy": {"rollingUpdate": {"maxSurge": 0, "maxUnavailable": 0}}},
            Strategy(3, 0, 1),
        ),
        ({"strategy": {"type": "Recreate"}}, Strategy(1, 1, 0, recreate=True)),
    ],
)
def test_a_strategy_is_read_as_kubernetes_reads_it(spec, plan):
    assert strategy(spec) == plan


@given(
    desired=st.integers(1, 5),
    surge=st.integers(0, 3),
    unavailable=st.integers(0, 3),
    readiness=st.randoms(use_true_random=False),
    old=st.integers(0, 5),
)
def test_an_update_keeps_its_promises_and_ends(desired, surge, unavailable, readiness, old):
    if surge == unavailable == 0:
        unavailable = 1
    plan = Strategy(desired, surge, min(unavailable, desired))
    members = {f"o{i}": Member(f"o{i}", "old", True, i) for i in range(min(old, desired))}
    enough = len(members) == desired

    for turn in range(200):
        steps = next_steps(plan, "new", list(members.values()), 0)
        for name in steps.retire:
            del members[name]
        for number in range(steps.start):
            name = f"n{turn}-{number}"
            members[name] = Member(name, "new", False, turn)
        assert len(members) <= desired + surge
        ready = sum(member.ready for member in members.values())
        assert not enough or ready >= desired - plan.unavailable
        waiting = [member for member in members.values() if not member.ready]
        if not waiting and steps == Steps():
            break
        for member in waiting:
            if readiness.random() < 0.6:
                members[member.name] = Member(member.name, member.template, True, member.created)

    assert [member.template for member in members.values()] == ["new"] * desired
