"""When a CronWorkflow starts a run, by a clock that the test moves."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from workflows.runner.commands.cronworkflow import Child, Cron
from workflows.runner.model.node import FAILED, RUNNING, SUCCEEDED

NOON = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)


class Yard:
    """Children that do what the test says."""

    def __init__(self, file: Path, **spec: Any) -> None:
        self.phases: dict[str, str] = {}
        self.deleted: list[str] = []
        self.made: list[dict[str, Any]] = []
        data = {"metadata": {"name": "tick"}, "spec": {"schedules": ["* * * * *"], **spec}}
        self.cron = Cron(data, file, self.start)

    def start(self, workflow: dict[str, Any]) -> Child | None:
        name = workflow["metadata"]["name"]
        if name in self.phases:
            return None
        self.made.append(workflow)
        self.phases[name] = RUNNING
        order = len(self.phases)
        return Child(
            name,
            lambda: self.phases[name],
            lambda: float(order),
            lambda: self.end(name, FAILED),
            lambda: self.deleted.append(name),
        )

    def end(self, name: str, phase: str) -> None:
        self.phases[name] = phase

    def fire(self, minute: int) -> str:
        return self.cron.fire(NOON.replace(minute=minute))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "tick.json"


def test_a_child_is_named_by_its_time_and_knows_it(file: Path) -> None:
    yard = Yard(file)

    assert yard.fire(0) == f"started tick-{int(NOON.timestamp())}"

    metadata = yard.made[0]["metadata"]
    assert metadata["labels"] == {"workflows.argoproj.io/cron-workflow": "tick"}
    assert metadata["annotations"] == {
        "workflows.argoproj.io/scheduled-time": "2026-01-31T12:00:00Z"
    }
    assert yard.fire(0) == "not started: it ran already"


def test_forbid_waits_for_the_one_before(file: Path) -> None:
    yard = Yard(file, concurrencyPolicy="Forbid")
    yard.fire(0)

    assert "the policy is Forbid" in yard.fire(1)
    yard.end(next(iter(yard.phases)), SUCCEEDED)
    assert yard.fire(2).startswith("started")


def test_replace_ends_the_one_before(file: Path) -> None:
    yard = Yard(file, concurrencyPolicy="Replace")
    yard.fire(0)

    yard.fire(1)

    assert list(yard.phases.values()) == [FAILED, RUNNING]


def test_a_suspended_one_starts_nothing(file: Path) -> None:
    assert Yard(file, suspend=True).fire(0) == "not started: it is suspended"


def test_when_is_decided_over_its_own_counters(file: Path) -> None:
    yard = Yard(file, when="{{cronworkflow.succeeded}} < 1")
    yard.fire(0)
    yard.end(next(iter(yard.phases)), SUCCEEDED)

    assert yard.fire(1).startswith("not started: when")


def test_a_stop_strategy_stops_for_good(file: Path) -> None:
    yard = Yard(file, stopStrategy={"expression": "cronworkflow.failed >= 1"})
    yard.fire(0)
    yard.end(next(iter(yard.phases)), FAILED)
    assert yard.fire(1) == "not started: its stopStrategy holds"

    assert Yard(file).fire(2) == "not started: its stopStrategy holds"


def test_old_children_are_deleted_beyond_the_limits(file: Path) -> None:
    yard = Yard(file, successfulJobsHistoryLimit=1, failedJobsHistoryLimit=1)
    for minute, phase in enumerate([SUCCEEDED, FAILED, SUCCEEDED, FAILED]):
        yard.fire(minute)
        yard.end(list(yard.phases)[-1], phase)

    yard.cron.look_after_children()

    assert yard.deleted == list(yard.phases)[:2]


def test_only_the_latest_missed_time_is_run_and_only_in_time(file: Path) -> None:
    Yard(file, startingDeadlineSeconds=90).fire(0)

    again = Yard(file, startingDeadlineSeconds=90).cron
    late = Yard(file, startingDeadlineSeconds=10).cron
    unset = Yard(file).cron

    now = NOON.replace(minute=5, second=30)
    assert again.missed(now) == NOON.replace(minute=5)
    assert late.missed(now) is None
    assert unset.missed(now) is None


def test_after_a_new_schedule_nothing_missed_is_run(file: Path) -> None:
    Yard(file, startingDeadlineSeconds=90).fire(0)

    edited = Yard(file, startingDeadlineSeconds=90, schedules=["*/2 * * * *"]).cron

    assert edited.missed(NOON.replace(minute=5)) is None


def test_several_schedules_are_due_at_the_earliest(file: Path) -> None:
    yard = Yard(file, schedules=["30 * * * *", "10 * * * *"])

    assert yard.cron.next_due(NOON) == NOON.replace(minute=10)
