"""What the workflows of one process share: machine, objects, locks, and who is busy."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from workflows.runner.engine.gates import Gate
from workflows.runner.ledger.runs import State
from workflows.runner.machine.images import ImageMap
from workflows.runner.machine.sandbox import Sandbox
from workflows.runner.model.library import Library

# More than there are from the end of one step to the start of the next, however deep they lie.
PASSES = 1000


@dataclass
class Hub:
    """Everything that is not of one workflow alone.

    Attributes:
        environment: What containers get of this machine's own variables.
        owner: What tells this process from every other, for the steps to see.
        objects: Folder of live objects for `resource` templates.
        wait_for_people: Whether a suspended node waits when nothing else goes on.
        stubs: Outcomes by node, in place of running it.
        pods: Lets only so many leaves have processes at once; daemons that are ready do not count.
        children: The runs that resource nodes made, by the ids of the nodes.
        busy: How many processes, timers and requests are under way.
    """

    library: Library
    images: ImageMap
    sandbox: Sandbox
    state: State
    environment: Mapping[str, str] = field(default_factory=dict)
    owner: str = ""
    objects: Path | None = None
    wait_for_people: bool = False
    stubs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    busy: int = 0
    listeners: list[Callable[[Any], None]] = field(default_factory=list)
    runs: dict[str, Any] = field(default_factory=dict)
    pods: Gate = field(default_factory=lambda: Gate(None))
    children: dict[str, str] = field(default_factory=dict)
    tasks: set["asyncio.Task[Any]"] = field(default_factory=set)
    idle_checks: list[Callable[[], None]] = field(default_factory=list)
    locks: Any = None
    make_store: Callable[[], Any] | None = None
    artifacts: Any = None
    answers: dict[str, dict[str, str]] = field(default_factory=dict)
    suspended: dict[str, dict[str, "asyncio.Future[dict[str, str]]"]] = field(default_factory=dict)
    interrupted: int | None = None
    programs: dict[tuple[str, str, str], str | None] = field(default_factory=dict)
    visible: dict[str, tuple[str, ...]] = field(default_factory=dict)
    next_change: "asyncio.Future[None] | None" = None

    @cached_property
    def store(self) -> Any:
        """The objects that `resource` templates work on, read when the first one asks."""
        assert self.make_store is not None
        return self.make_store()

    @contextmanager
    def working(self) -> Iterator[None]:
        """Count as busy: what waits may hope for a change."""
        self.busy += 1
        try:
            yield
        finally:
            self.busy -= 1
            if self.busy == 0:
                asyncio.get_running_loop().call_later(0.05, self.check_idle)

    def check_idle(self, passes: int = PASSES) -> None:
        """Ask those who wait to give up when nothing goes on that could help them.

        Between two steps nobody is busy for some passes of the event loop, and on a loaded
        machine a timer can end right there: so many passes go by before anybody is asked.
        """
        if self.busy or not self.idle_checks:
            return
        if passes:
            asyncio.get_running_loop().call_soon(self.check_idle, passes - 1)
            return
        for check in list(self.idle_checks):
            check()

    def change(self) -> "asyncio.Future[None]":
        """Give what is done when the phase of any workflow changes next."""
        if self.next_change is None or self.next_change.done():
            self.next_change = asyncio.get_running_loop().create_future()
        return self.next_change

    def changed(self, run: Any) -> None:
        """Tell everybody that the phase of a workflow changed."""
        if self.next_change is not None and not self.next_change.done():
            self.next_change.set_result(None)
        for tell in list(self.listeners):
            tell(run)

    def spawn(self, coroutine: Any) -> "asyncio.Task[Any]":
        """Start something beside, and keep it alive until it ends."""
        task = asyncio.get_running_loop().create_task(coroutine)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        return task
