"""Killed at every instant between two effects, and started again: the same end, nothing twice."""

import itertools
import os

import pytest

from services.lifecycle import failpoints
from tests.services.lifecycle.transaction.plain import Platform, Workflow, mend

KINDS = ("promote", "revert")
# `./run nox -s kills` takes every instant.
EVERY = "GOURMETOPS_KILLS" in os.environ


def wanted(platform, kind):
    """Return the workflow that is killed: a promotion or a rollback of canary."""
    return Workflow(platform, kind, "canary", 3 if kind == "promote" else None)


@pytest.fixture(scope="module", params=KINDS)
def journey(request, tmp_path_factory):
    """A platform with something to change, and how that goes when nobody disturbs it."""
    folder = tmp_path_factory.mktemp(request.param)
    with pytest.MonkeyPatch.context() as patch:
        before = Platform(folder / "before", patch)
        for number in (1, 2) if request.param == "revert" else (1,):
            assert Workflow(before, "promote", "canary", number).run() == "Succeeded"
        stood = before.end_state()
        after = Platform(folder / "after", patch, like=before)
        passed = []
        with failpoints.listening(passed.append):
            assert wanted(after, request.param).run() == "Succeeded"
        return request.param, before, stood, after, tuple(passed)


def taken(passed):
    """Return the instants to kill at: every one, or each name once and some in between."""
    if EVERY:
        return list(range(len(passed)))
    return sorted({passed.index(name) for name in passed} | set(range(0, len(passed), 5)))


def same_run(journey, platform, killed):
    """Go on as `workflows.retry` does, and as the same command does."""
    _, _, _, after, _ = journey
    assert killed.again() == "Succeeded"
    assert platform.end_state() == after.end_state()
    assert sorted(platform.commits()) == sorted(after.commits())


def another_run(journey, platform, killed):
    """Start the same as a new run, as a parent workflow does that is tried again."""
    kind, _, _, after, passed = journey
    is_over = killed.instant in passed[-2:]
    assert wanted(platform, kind).run() == "Succeeded"
    if is_over and kind == "revert":
        return  # the first was over, so this was another rollback
    assert platform.end_state() == after.end_state()
    assert sorted(platform.commits()) == sorted(after.commits())


def repair(journey, platform, _killed):
    """Mend it: what a person sees then is the state before or the one after."""
    _, _, stood, after, _ = journey
    mend(platform, "canary")
    assert platform.end_state() in (stood, after.end_state())
    commits = platform.commits()
    assert mend(platform, "canary") == ""
    assert platform.commits() == commits


@pytest.mark.timeout(900)
@pytest.mark.parametrize("quarter", range(4))
def test_killed_at_any_instant_it_ends_as_if_nobody_had(tmp_path, monkeypatch, journey, quarter):
    kind, before, _, _, passed = journey
    assert len(passed) > 30
    ways = itertools.cycle((same_run, another_run, repair))

    for instant in taken(passed)[quarter::4]:
        platform = Platform(tmp_path / str(instant), monkeypatch, like=before)
        killed = wanted(platform, kind)
        assert killed.run(kill_at=instant) == "killed"
        assert killed.instant == passed[instant]
        next(ways)(journey, platform, killed)
