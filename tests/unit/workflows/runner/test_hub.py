"""Those who wait are asked to give up only when nothing goes on any more."""

import asyncio

import pytest

from workflows.runner.engine.hub import PASSES, Hub

HOPS = 50  # from the end of a step to the start of the next, and deep at that


@pytest.fixture
def hub():
    made = Hub(None, None, None, None)
    made.asked = []
    made.idle_checks.append(lambda: made.asked.append("give up?"))
    return made


async def settle():
    for _ in range(PASSES + HOPS + 10):
        await asyncio.sleep(0)


def test_nobody_is_asked_while_the_next_step_is_on_its_way(hub):
    async def main():
        loop = asyncio.get_running_loop()

        def hop(left):
            if left:
                loop.call_soon(hop, left - 1)
            else:
                hub.busy += 1

        hop(HOPS)
        hub.check_idle()
        await settle()

    asyncio.run(main())

    assert hub.asked == []


def test_all_are_asked_when_nothing_is_on_its_way(hub):
    async def main():
        hub.check_idle()
        await settle()

    asyncio.run(main())

    assert hub.asked == ["give up?"]
