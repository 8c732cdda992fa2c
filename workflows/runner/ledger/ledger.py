"""The record of a run on disk: one line for each change, forced out before the next start.

Changes of one turn of the event loop go out together, and all who wait for the disk wait
for the same fsync. So a fan-out costs a handful of them, and a chain one for each step.
"""

import asyncio
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

from workflows.runner.model.node import Node

_QUICK_SECONDS = 0.002


class Record(Protocol):
    """Takes note of what happens to a run."""

    def node(self, node: Node) -> None:
        """Note that a node changed."""

    def child(self, parent: str, child: str) -> None:
        """Note that a node got a child."""

    def note(self, **facts: Any) -> None:
        """Note anything else."""

    async def barrier(self) -> None:
        """Wait until all that was noted is on the disk."""

    def close(self) -> None:
        """Let go of it."""


class Ledger:
    """Appends what happens to a run to its file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self._nodes: dict[str, Node] = {}
        self._lines: list[str] = []
        self._written_unsynced = False
        self._waiting: asyncio.Future[None] | None = None
        self._busy = False
        self._quick = True

    def node(self, node: Node) -> None:
        """Note that a node changed."""
        self._nodes[node.id] = node
        self._soon()

    def child(self, parent: str, child: str) -> None:
        """Note that a node got a child."""
        self._lines.append(f'{{"child":["{parent}","{child}"]}}\n')
        self._soon()

    def note(self, **facts: Any) -> None:
        """Note anything else."""
        self._lines.append(json.dumps(facts, ensure_ascii=False) + "\n")
        self._soon()

    async def barrier(self) -> None:
        """Wait until all that was noted so far is on the disk."""
        if not (self._nodes or self._lines or self._written_unsynced or self._busy):
            return
        loop = asyncio.get_running_loop()
        if self._waiting is None:
            self._waiting = loop.create_future()
            if not self._busy:
                self._busy = True
                loop.call_soon(self._sync)
        await asyncio.shield(self._waiting)

    def close(self) -> None:
        """Write and force out what is left, then let the file go."""
        if self._file >= 0:
            self._write()
            os.fsync(self._file)
            os.close(self._file)
            self._file = -1

    def _soon(self) -> None:
        if len(self._nodes) + len(self._lines) == 1 and not self._busy:
            asyncio.get_running_loop().call_soon(self._write)

    def _write(self) -> None:
        if not (self._nodes or self._lines) or self._file < 0:
            return
        for node in self._nodes.values():
            status = node.to_status()
            status.pop("children", None)
            self._lines.append(json.dumps({"node": status}, ensure_ascii=False) + "\n")
        data = "".join(self._lines).encode()
        self._nodes.clear()
        self._lines.clear()
        while data:
            data = data[os.write(self._file, data) :]
        self._written_unsynced = True

    def _sync(self) -> None:
        loop = asyncio.get_running_loop()
        self._write()
        self._written_unsynced = False
        done, self._waiting = self._waiting, None
        if self._quick:
            self._sync_here(done)
            return
        forced = loop.run_in_executor(None, os.fdatasync, self._file)
        forced.add_done_callback(lambda result: self._synced(result, done))

    def _sync_here(self, done: "asyncio.Future[None] | None") -> None:
        """Force out without a thread, as long as this disk answers faster than a thread would."""
        began = time.perf_counter()
        os.fdatasync(self._file)
        self._quick = time.perf_counter() - began < _QUICK_SECONDS
        if done is not None and not done.done():
            done.set_result(None)
        self._busy = False

    def _synced(self, result: "asyncio.Future[None]", done: "asyncio.Future[None] | None") -> None:
        if done is not None and not done.done():
            error = result.exception()
            if error is None:
                done.set_result(None)
            else:
                done.set_exception(error)
        self._busy = self._waiting is not None
        if self._busy:
            self._sync()
        elif self._nodes or self._lines:
            self._write()


def read(path: Path) -> Iterator[dict[str, Any]]:
    """Give the lines of a ledger; a last one that was cut off by a crash is left out."""
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            if not line.endswith("\n"):
                return
            yield json.loads(line)


def nodes(path: Path) -> tuple[dict[str, Node], dict[str, Any]]:
    """Give the nodes of a ledger by id, and the last of every other fact."""
    found: dict[str, Node] = {}
    children: dict[str, dict[str, None]] = {}
    facts: dict[str, Any] = {}
    for line in read(path):
        if "node" in line:
            found[line["node"]["id"]] = Node.from_status(line["node"])
        elif "child" in line:
            parent, child = line["child"]
            children.setdefault(parent, {})[child] = None
        elif "forget" in line:
            for name in line["forget"]:
                found.pop(name, None)
                children.pop(name, None)
        elif "process" in line:
            facts.setdefault("processes", []).append(line["process"])
        else:
            facts.update(line)
    for name, node in found.items():
        node.children = {c: None for c in children.get(name, ()) if c in found}
    return found, facts
