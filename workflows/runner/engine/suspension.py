"""Waiting for people: suspended nodes and workflows, and what wakes them."""

import asyncio

from workflows.runner.engine.run import Run
from workflows.runner.errors import StuckFault

_NOBODY_SECONDS = 0.2


async def wait_for_resume(
    run: Run, node_name: str, *, on_exit: bool = False, timeout: float | None = None
) -> dict[str, str]:
    """Wait until somebody resumes a node.

    Returns:
        What was set for its outputs.

    Raises:
        TimeoutError: its own time is over first.
        StuckFault: nobody is there to resume it.
        InterruptedWaitError: the run ends.
    """
    if node_name in run.hub.answers:
        return run.hub.answers.pop(node_name)
    loop = asyncio.get_running_loop()
    woken: asyncio.Future[dict[str, str]] = loop.create_future()
    suspended(run)[node_name] = woken

    def nobody_is_there() -> None:
        if not woken.done() and timeout is None and not run.hub.wait_for_people:
            woken.set_exception(
                StuckFault(
                    f"suspended: nobody is at the terminal to resume it. `resume {run.name}` "
                    "goes on from here"
                )
            )

    run.hub.idle_checks.append(nobody_is_there)
    loop.call_later(_NOBODY_SECONDS, run.hub.check_idle)
    try:
        return await run.waits.until(woken, on_exit=on_exit, timeout=timeout)
    finally:
        run.hub.idle_checks.remove(nobody_is_there)
        suspended(run).pop(node_name, None)


def suspended(run: Run) -> dict[str, "asyncio.Future[dict[str, str]]"]:
    """Give who waits in a run, by node name."""
    return run.hub.suspended.setdefault(run.name, {})


def resume(run: Run, node_name: str | None, values: dict[str, str]) -> int:
    """Wake suspended nodes: one by its name or last part, or all. Give how many."""
    count = 0
    for name, woken in list(suspended(run).items()):
        node = run.find(name)
        known = (name, node.display_name if node else "", node.id if node else "")
        if (node_name is None or node_name in known) and not woken.done():
            woken.set_result(values)
            count += 1
    return count
