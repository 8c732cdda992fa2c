"""How many may run at once."""

import asyncio

import pytest

from workflows.runner.engine.gates import Boundary, Gate, Slots
from workflows.runner.errors import FailFastFault
from workflows.runner.model.node import FAILED, Node


def test_a_gate_lets_its_number_in_and_the_others_in_turn() -> None:
    async def work() -> list[int]:
        gate, order = Gate(2), []

        async def one(number: int) -> None:
            await gate.enter()
            order.append(number)
            assert gate.held <= 2
            await asyncio.sleep(0.001)
            gate.leave()

        await asyncio.gather(*(one(n) for n in range(7)))
        return order

    assert asyncio.run(work()) == list(range(7))


def test_slots_are_given_back_once() -> None:
    async def work() -> tuple[int, int]:
        outer, inner = Gate(1), Gate(1)
        slots = Slots((outer, inner))
        await slots.enter()
        await slots.enter()
        slots.leave(keep=1)
        held = outer.held, inner.held
        slots.leave()
        slots.leave()
        assert (outer.held, inner.held) == (0, 0)
        return held

    assert asyncio.run(work()) == (1, 0)


def test_a_failed_child_closes_a_template_that_fails_fast() -> None:
    boundary = Boundary("wf", "wf", {"failFast": True}, "", None, 1, False)
    boundary.refuse_if_broken()

    boundary.saw(Node("a", "a", "a", "Pod", FAILED, 0.0))

    with pytest.raises(FailFastFault):
        boundary.refuse_if_broken()


def test_a_result_is_read_where_the_template_says_so() -> None:
    text = """{"value": "{{steps.a.outputs.result}} {{=steps['b-c'].outputs.result}}"}"""
    boundary = Boundary("wf", "wf", {}, text, None, 1, False)

    assert boundary.reads_result("a", "steps")
    assert boundary.reads_result("b-c", "steps")
    assert not boundary.reads_result("a", "tasks")
    assert not boundary.reads_result("d", "steps")
