"""The promotion state machine against a plain model: promote, roll back, kill, take over, mend."""

import os
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from services.lifecycle import failpoints
from services.lifecycle.releasing import holding
from services.lifecycle.releasing import lock as locks
from services.lifecycle.releasing.lock import BusyError
from tests.services.lifecycle.transaction.plain import BROKEN, NUMBERS, Platform, Workflow, mend

CANARY = "canary"
NEVER = 1000
# Killed there, an operation is over, and the journal knows.
OVER = ("after-end", "after-free")
INSTANTS = st.one_of(st.just(NEVER), st.integers(0, 45))
VERSIONS = st.sampled_from([1, 2, 3, BROKEN])


class Promotions(RuleBasedStateMachine):
    """Canary in the hands of people and of kills; the model is four plain values."""

    def __init__(self):
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="promotions-"))
        self.patch = pytest.MonkeyPatch()
        self.platform = Platform(self.folder / "platform", self.patch)
        self.serves, self.approved = None, [None]
        self.held, self.share = set(), None
        self.killed = None

    def teardown(self):
        """Leave nothing behind."""
        self.patch.undo()
        shutil.rmtree(self.folder)

    @rule(number=VERSIONS, instant=INSTANTS)
    def promote(self, number, instant):
        """Promote a version; it may be killed on the way."""
        ended, flow = self._run("promote", number, instant)
        if ended != "killed":
            assert ended == ("Failed" if number == BROKEN else "Succeeded"), flow.failure
            self._promoted(number)

    @rule(instant=INSTANTS)
    def roll_back(self, instant):
        """Take canary back; it may be killed on the way."""
        ended, flow = self._run("revert", None, instant)
        if ended == "Succeeded":
            self._reverted()
        elif ended == "Failed":
            assert self.serves is None
            assert "nothing before that to go back to" in str(flow.failure)

    @precondition(lambda self: self.killed)
    @rule()
    def go_on(self):
        """Go on with what was killed, in another process."""
        (kind, number), flow = self.killed
        ended, self.killed = flow.again(), None
        if kind == "promote":
            assert ended == ("Failed" if number == BROKEN else "Succeeded"), flow.failure
            self._promoted(number)
        elif ended == "Succeeded":
            self._reverted()

    @precondition(lambda self: self.killed)
    @rule()
    def repair(self):
        """Mend what was killed; a second time there is nothing to do."""
        wish, self.killed = self.killed[0], None
        mend(self.platform, CANARY)
        self._decided(wish)
        assert mend(self.platform, CANARY) == ""

    @rule(name=st.sampled_from(["promote", "weight"]))
    def a_second_one_is_refused_while_one_lives(self, name):
        """Hold canary in a process that lives, and try to take it."""
        if self.killed:
            return
        living = Workflow(self.platform, "promote", CANARY, 1, name=f"living-{next(NUMBERS)}")
        step = self.platform.step(living.process.owner)
        made = holding.begin(step, CANARY, living.name, {"kind": "", "version": ""}, 0)
        other = self.platform.step(Workflow(self.platform, name, CANARY, 2).process.owner)
        with pytest.raises(BusyError, match=living.name):
            holding.take(other, CANARY, f"other-{next(NUMBERS)}", name)
        made.lock.free()
        living.process.kill()

    @rule(days=st.integers(-2, 2))
    def the_clock_is_set(self, days):
        """Set the clock; no lock and no order depends on it."""
        self.patch.setattr(locks, "datetime", _Shifted(days))

    @invariant()
    def all_agree(self):
        """Alias, Git and traffic say what the model says, unless something is in progress."""
        self.platform.step().journal.entries()
        if self.killed:
            return
        assert self.platform.locks() == []
        assert self.platform.served(CANARY) == self.serves
        assert self.platform.registry.named.get(CANARY) == self.serves
        held = {n for n, tags in self.platform.registry.tags.items() if "gourmetops.hold" in tags}
        assert held == self.held
        assert self.platform.share() == self.share

    def _run(self, kind, number, instant):
        """Run a workflow. What was killed before is continued by the same, settled by another."""
        wish, left = (kind, number), self.killed
        flow = Workflow(self.platform, kind, CANARY, number)
        if left and (left[0] != wish or left[1].instant in OVER):
            with failpoints.listening(self._settled):
                ended = flow.run()
        else:
            ended = flow.run(kill_at=instant)
        self.killed = (wish, flow) if ended == "killed" else None
        return ended, flow

    def _settled(self, name):
        """Learn whether the one before was finished or undone, when nothing else is moved yet."""
        is_settled = name == "after-settling" or (name == "after-lock" and not self._is_left())
        if is_settled and self.killed:
            wish, self.killed = self.killed[0], None
            self._decided(wish)

    def _is_left(self):
        holder = locks.look(self.platform.step().gitops, CANARY)
        return bool(holder and holder.left)

    def _decided(self, wish):
        """Read off the platform how a killed operation ended: finished or undone, not between."""
        kind, number = wish
        serves, share, held = self._seen()
        if kind == "revert" and held != self.held:
            self._reverted()
        elif (
            kind == "promote" and number == serves and (serves, share) != (self.serves, self.share)
        ):
            self._promoted(number)
        elif BROKEN in held and number == BROKEN:
            self.held.add(BROKEN)

    def _promoted(self, number):
        if number == BROKEN:
            self.held.add(BROKEN)
            return
        if self.serves != number:
            self.approved.append(number)
        self.serves, self.share = number, 10

    def _reverted(self):
        self.held.add(self.serves)
        self.share = 0
        good = [n for n in self.approved if n != self.serves and n not in self.held]
        self.serves = good[-1]
        self.approved.append(self.serves)

    def _seen(self):
        tags = self.platform.registry.tags
        held = {n for n, facts in tags.items() if "gourmetops.hold" in facts}
        return self.platform.served(CANARY), self.platform.share(), held


class _Shifted:
    """The module's `datetime`, some days off."""

    def __init__(self, days):
        from datetime import datetime, timedelta

        self._real, self._by = datetime, timedelta(days=days)
        self.fromisoformat = datetime.fromisoformat

    def now(self, zone):
        """Return the time of a clock that was set."""
        return self._real.now(zone) + self._by


# `./run nox -s kills` tries more.
IS_LONG = "GOURMETOPS_KILLS" in os.environ
TestPromotions = Promotions.TestCase
TestPromotions.settings = settings(
    max_examples=100 if IS_LONG else 6,
    stateful_step_count=8,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
TestPromotions.pytestmark = [pytest.mark.timeout(5400 if IS_LONG else 900)]
