"""The record of a run on disk."""

import asyncio
from pathlib import Path

from workflows.runner.ledger import ledger
from workflows.runner.ledger.ledger import Ledger
from workflows.runner.model.node import RUNNING, SUCCEEDED, Node


def _node(name: str, phase: str = RUNNING) -> Node:
    return Node(id=name, name=name, display_name=name, type="Pod", phase=phase, started=1.0)


def test_what_was_noted_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"

    async def work() -> None:
        record = Ledger(path)
        record.node(_node("a"))
        record.node(_node("b"))
        record.child("a", "b")
        record.note(outputs={"parameters": []})
        await record.barrier()
        record.node(_node("b", SUCCEEDED))
        record.close()

    asyncio.run(work())

    nodes, facts = ledger.nodes(path)
    assert nodes["b"].phase == SUCCEEDED
    assert list(nodes["a"].children) == ["b"]
    assert facts == {"outputs": {"parameters": []}}


def test_after_a_barrier_it_is_on_the_disk(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"

    async def work() -> int:
        record = Ledger(path)
        record.node(_node("a"))
        await record.barrier()
        size = path.stat().st_size
        record.close()
        return size

    assert asyncio.run(work()) > 0


def test_a_last_line_that_was_cut_off_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    path.write_text('{"workflow": {"phase": "Running"}}\n{"workflow": {"pha', encoding="utf-8")

    assert ledger.nodes(path)[1] == {"workflow": {"phase": "Running"}}


def test_what_was_forgotten_is_gone(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"

    async def work() -> None:
        record = Ledger(path)
        record.node(_node("a"))
        record.node(_node("b"))
        record.child("a", "b")
        await record.barrier()
        record.note(forget=["b"])
        record.close()

    asyncio.run(work())

    nodes, _ = ledger.nodes(path)
    assert list(nodes) == ["a"]
    assert list(nodes["a"].children) == []


def test_many_who_wait_share_a_write(tmp_path: Path) -> None:
    async def work() -> None:
        record = Ledger(tmp_path / "ledger.jsonl")
        for index in range(50):
            record.node(_node(str(index)))
        await asyncio.gather(*(record.barrier() for _ in range(50)))
        record.close()

    asyncio.run(work())

    assert len(ledger.nodes(tmp_path / "ledger.jsonl")[0]) == 50
