"""A drill is judged by what is there afterwards, and each check can fail."""

from dataclasses import replace

import pytest

from services.drills import catalogue, running, unchanged
from services.drills.catalogue import Drill, Outcome
from services.drills.errors import UnknownDrillError
from services.drills.stage import Ended
from services.drills.unchanged import Facts

STOOD = Facts({"version": 7}, "abc", {"version": 7}, 7, 0.1, "Healthy", ())
DRILL = Drill("a drill", "a thing", "nothing", "it broke", lambda _stage, _good: OUTCOME, tells="")
OUTCOME = Outcome("run-1", saw=("it broke",))


class Stage:
    """A stage of plain values: what the journal says, and what stands."""

    def __init__(self, monkeypatch, *, reason, status, before, after):
        self.reason = reason
        self.status = status
        looks = iter([before, after])
        monkeypatch.setattr(unchanged, "look", lambda _stage: {"canary": next(looks)})

    def journal(self):
        return [{"operation": "run-1", "reason": self.reason}]

    def invoke(self, task, **_environment):
        assert task == "status", f"a drill with nothing but a reason asks for {task}"
        return Ended(0, self.status)


def held(monkeypatch, drill=DRILL, reason="it broke in two", status=None, after=STOOD):
    status = reason if status is None else status
    stage = Stage(monkeypatch, reason=reason, status=status, before=STOOD, after=after)
    return running.one(stage, 7, drill, lambda _text: None)


def test_a_drill_after_which_all_is_as_before_and_told_has_passed(monkeypatch):
    result = held(monkeypatch)

    assert result.passed
    assert result.reason == "it broke in two"


@pytest.mark.parametrize(
    ("fact", "value"),
    [
        ("git", {"version": 8}),
        ("manifests", "abd"),
        ("answers", {"version": 8}),
        ("alias", None),
        ("traffic", 0.2),
        ("health", "Degraded"),
        ("problems", ("the alias lies",)),
    ],
)
def test_a_single_fact_that_moved_fails_it_by_name(monkeypatch, fact, value):
    result = held(monkeypatch, after=replace(STOOD, **{fact: value}))

    assert not result.passed
    assert result.wrong[0].startswith(f"canary: {fact} was ")


def test_a_reason_that_nobody_can_read_fails_it(monkeypatch):
    result = held(monkeypatch, reason="main: Error (exit code 1)")

    assert not result.passed
    assert "does not say" in result.wrong[0]


def test_a_status_that_does_not_tell_the_reason_fails_it(monkeypatch):
    result = held(monkeypatch, status="all is well")

    assert not result.passed
    assert result.wrong == ("status does not tell the reason: all is well",)


def test_what_went_otherwise_fails_it(monkeypatch):
    drill = replace(DRILL, act=lambda _stage, _good: replace(OUTCOME, wrong=("it succeeded",)))

    assert held(monkeypatch, drill).wrong == ("it succeeded",)


def test_traffic_that_must_move_fails_it_when_it_does_not(monkeypatch):
    drill = replace(DRILL, traffic={"canary": 0.0})

    assert not held(monkeypatch, drill).passed
    assert held(monkeypatch, drill, after=replace(STOOD, traffic=0.0)).passed


def test_a_drill_that_cannot_be_held_here_is_skipped_and_says_why(monkeypatch):
    result = held(monkeypatch, replace(DRILL, needs=lambda: "only root can"))

    assert (result.passed, result.skipped) == (True, "only root can")


def test_the_machine_is_mended_even_if_the_drill_breaks_off(monkeypatch):
    mended = []

    def breaks_off(_stage, _good):
        raise RuntimeError("the drill itself is broken")

    with pytest.raises(RuntimeError):
        held(monkeypatch, replace(DRILL, act=breaks_off, repair=mended.append))
    assert len(mended) == 1


def test_a_misspelt_drill_names_the_nearest():
    with pytest.raises(UnknownDrillError, match="Did you mean disk-full"):
        catalogue.chosen(["disk-ful"])


def test_every_drill_says_what_it_breaks_and_what_must_come_of_it():
    drills = catalogue.every()

    assert len(drills) >= 10
    assert all(
        name == drill.name and drill.breaks and drill.expects for name, drill in drills.items()
    )
