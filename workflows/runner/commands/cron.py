"""`cron`: run the CronWorkflows of files on schedule, by this machine's clock or a faster one."""

import asyncio
import signal
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from workflows.runner.commands import program
from workflows.runner.commands.cronworkflow import Child, Cron
from workflows.runner.commands.program import Settings
from workflows.runner.engine import stored
from workflows.runner.engine.hub import Hub
from workflows.runner.engine.run import Run
from workflows.runner.errors import UsageError
from workflows.runner.flow.operate import operate
from workflows.runner.language.manifest import Document
from workflows.runner.ledger.runs import RunFolder
from workflows.runner.model import submit
from workflows.runner.model.library import Library
from workflows.runner.model.node import ERROR, FAILED, SUCCEEDED


class Clock:
    """A clock that may have started at another time and may run faster."""

    def __init__(self, since: datetime | None, speed: float) -> None:
        self.speed = speed
        self._began = time.monotonic()
        self._since = since or datetime.now(UTC)

    def now(self) -> datetime:
        """Give the time."""
        return self._since + timedelta(seconds=(time.monotonic() - self._began) * self.speed)

    def seconds_until(self, moment: datetime) -> float:
        """Give how long to sleep until a time."""
        return max(0.0, (moment - self.now()).total_seconds() / self.speed)


def cron(
    files: Sequence[str], settings: Settings, seconds: float | None, since: str | None, speed: float
) -> int:
    """Run CronWorkflows until told to end, or for so many seconds of their clock.

    Raises:
        UsageError: the files have none.
    """
    documents = program.read_files(files)
    program.check(documents)
    crons = [d.data for d in documents if d.data.get("kind") == "CronWorkflow"]
    if not crons:
        raise UsageError("the files have no CronWorkflow")
    if speed <= 0:
        raise UsageError("--speed must be more than 0")
    library, images = Library.of(documents), program.image_map(settings)
    for data in crons:
        made = submit.stamp(submit.from_cron(data, time.time()))
        program.refuse_unknown_images(made, library, images)
    hub = program.make_hub(settings, library, images)
    program.clean_up_all(hub)
    clock = Clock(_moment(since), speed)
    return asyncio.run(_Keeper(hub, documents, clock).work(crons, seconds))


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError as error:
        raise UsageError(f"--since {text}: write it as 2026-01-31T08:00:00Z") from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)


class _Keeper:
    def __init__(self, hub: Hub, documents: Sequence[Document], clock: Clock) -> None:
        self.hub = hub
        self.documents = [document.data for document in documents]
        self.clock = clock
        self.over = asyncio.Event()

    async def work(self, crons: Sequence[dict[str, Any]], seconds: float | None) -> int:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._interrupt, number)
        end = None if seconds is None else self.clock.now() + timedelta(seconds=seconds)
        folder = self.hub.state.path / ".cron"
        kept = [Cron(d, folder / f"{d['metadata']['name']}.json", self._start) for d in crons]
        for one in kept:
            one.ended = [self._child(run) for run in ended_children(self.hub, one.name)]
        await asyncio.gather(*(self._keep(one, end) for one in kept))
        while self.hub.tasks:
            await asyncio.gather(*self.hub.tasks, return_exceptions=True)
        for one in kept:
            one.look_after_children()
        for run in list(self.hub.runs.values()):
            program.close(run)
        return 130 if self.hub.interrupted is not None else 0

    async def _keep(self, one: Cron, end: datetime | None) -> None:
        now = self.clock.now()
        missed = one.missed(now)
        if missed is not None:
            self._tell(one, missed, one.fire(missed))
        while not self.over.is_set():
            due = one.next_due(now)
            if due is None or (end is not None and due > end):
                await self._sleep(self.clock.seconds_until(end) if end else None)
                return
            await self._sleep(self.clock.seconds_until(due))
            if self.over.is_set():
                return
            self._tell(one, due, one.fire(due))
            now = due

    async def _sleep(self, seconds: float | None) -> None:
        try:
            await asyncio.wait_for(self.over.wait(), seconds)
        except TimeoutError:
            return

    @staticmethod
    def _tell(one: Cron, due: datetime, what: str) -> None:
        sys.stdout.write(f"{due.isoformat()} {one.name}: {what}\n")
        sys.stdout.flush()

    def _interrupt(self, number: signal.Signals) -> None:
        self.hub.interrupted = number
        self.over.set()
        for run in self.hub.runs.values():
            run.ask_to_end("Terminate")

    def _start(self, data: dict[str, Any]) -> Child | None:
        if (self.hub.state.path / data["metadata"]["name"]).exists():
            return None
        run = program.open_run(self.hub, submit.stamp(data), self.documents)
        self.hub.spawn(self._run(run))
        return self._child(run)

    async def _run(self, run: Run) -> None:
        await operate(run)
        program.close(run)

    def _child(self, run: Run) -> Child:
        def delete() -> None:
            self.hub.runs.pop(run.name, None)
            self.hub.state.remove(run.folder)

        return Child(
            run.name,
            lambda: run.phase,
            lambda: run.finished or 0.0,
            lambda: run.ask_to_end("Terminate"),
            delete,
        )


def _is_of(run: Run, name: str) -> bool:
    labels = run.workflow["metadata"].get("labels") or {}
    return labels.get("workflows.argoproj.io/cron-workflow") == name


def ended_children(hub: Hub, name: str) -> list[Run]:
    """Give the children of a CronWorkflow that ended in earlier runners."""
    found = []
    for folder in hub.state:
        run = stored.load(hub, RunFolder(folder.path))
        if _is_of(run, name) and run.phase in (SUCCEEDED, FAILED, ERROR):
            found.append(run)
    return found
