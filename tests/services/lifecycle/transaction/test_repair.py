"""`repair` mends what can be mended without guessing, and a second time changes nothing."""

from argparse import Namespace

import pytest

from services.lifecycle.errors import AskedWronglyError, RegistryError
from services.lifecycle.releasing.lock import BusyError
from services.lifecycle.verbs import hold, release, repair, wait
from services.lifecycle.verbs.repair import NotMendedError
from tests.services.lifecycle.conftest import git
from tests.services.lifecycle.transaction.plain import BROKEN, Process, Workflow, digest, mend


@pytest.fixture
def promoted(platform):
    assert Workflow(platform, "promote", "canary", 1).run() == "Succeeded"
    return platform


def test_where_all_agree_there_is_nothing_to_mend_and_nothing_is_written(promoted):
    before, written = promoted.end_state(), len(promoted.step().journal.entries())

    assert mend(promoted, "canary") == ""

    assert promoted.said[-1] == "canary: nothing to mend"
    assert promoted.end_state() == before
    assert len(promoted.step().journal.entries()) == written


def test_an_alias_that_lies_names_what_serves(promoted):
    promoted.registry.named["canary"] = 7

    assert mend(promoted, "canary") == "alias canary named version 7 and names what serves now"

    assert promoted.registry.named["canary"] == 1
    assert mend(promoted, "canary") == ""


def test_a_route_that_lies_hands_out_what_git_says(promoted):
    def lie(tree):
        (tree / "platform" / "httproute-app.yaml").write_text('{"canary": 90}\n')

    promoted.step().gitops.change("somebody edits", lie)

    assert mend(promoted, "canary") == "the route hands out 10 % again"
    route = git("show", "main:platform/httproute-app.yaml", folder=promoted.gitops)
    assert route == '{"canary": 10, "production": 90}'
    assert mend(promoted, "canary") == ""


def test_what_runs_is_not_guessed_at(promoted):
    asked = {"environment": "canary", "version": BROKEN, "digest": digest(BROKEN)}
    promoted.run(release, operation="by-hand-1", **asked)

    with pytest.raises(NotMendedError) as told:
        mend(promoted, "canary")

    assert "Git says version 9" in str(told.value)
    assert str(told.value).endswith("go back: invoke rollback canary")
    assert promoted.served("canary") == BROKEN
    assert promoted.locks() == []


def test_an_environment_in_progress_is_left_to_who_moves_it(promoted):
    process = Process(promoted.folder / "processes")
    asked = {"environment": "canary", "operation": "repair-1", "deadline": 1, "gone": ""}
    step = promoted.step(process.owner)
    repair.holding.begin(step, "canary", "promote-2", {"kind": "", "version": ""}, 0)

    with pytest.raises(BusyError, match="held by promote-2"):
        promoted.run(repair, **asked)
    process.kill()

    assert promoted.run(repair, **asked)["mended"] == "it had moved nothing"
    assert promoted.locks() == []


def test_a_way_back_that_was_killed_is_finished(promoted):
    killed = Workflow(promoted, "revert", "canary")
    assert killed.run(kill_at=8) == "killed"

    assert "canary went back to the bootstrap model" in mend(promoted, "canary")

    assert promoted.served("canary") is None
    assert promoted.registry.named["canary"] is None
    assert promoted.share() == 0
    assert promoted.registry.tags[1]["gourmetops.hold"] == "it is slow"


def test_canary_is_out_of_traffic_at_once_even_while_the_registry_is_down(promoted, monkeypatch):
    def version(_):
        raise RegistryError("MLflow cannot do it")

    with monkeypatch.context() as patch:
        patch.setattr(promoted.registry, "version", version)
        assert Workflow(promoted, "revert", "canary").run() == "Failed"
    assert promoted.share() == 0
    assert promoted.served("canary") == 1

    assert Workflow(promoted, "revert", "canary").run() == "Succeeded"

    assert promoted.served("canary") is None


def test_a_version_that_cannot_start_is_on_hold_with_its_reason(promoted):
    broken = Workflow(promoted, "promote", "canary", BROKEN)

    assert broken.run() == "Failed"

    reason = promoted.registry.tags[BROKEN]["gourmetops.hold"]
    assert reason.startswith("crash loop in canary: app-0 ended 3 times right after its start")
    assert promoted.served("canary") == 1
    end = promoted.step().journal.entries(broken.name)[-1]
    assert (end["move"], end["state"]) == ("end", "Failed")


def test_somebody_who_only_waits_puts_nothing_on_hold(promoted):
    asked = {"environment": "canary", "version": BROKEN, "digest": digest(BROKEN)}
    promoted.run(release, operation="by-hand-1", **asked)

    with pytest.raises(Exception, match="ended 3 times"):
        promoted.run(wait, operation="looking", deadline=1, **asked)

    assert BROKEN not in promoted.registry.tags


class TestHold:
    """A version on hold, by a person's word."""

    def ask(self, platform, **asked):
        """Run the verb."""
        return hold.run(platform.step(), Namespace(operation="by-hand-1", version=7, **asked))

    def test_it_is_kept_with_the_version_and_in_the_journal(self, platform):
        assert self.ask(platform, reason="slow", lift=False)["hold"] == "slow"
        assert platform.registry.tags[7]["gourmetops.hold"] == "slow"

        entry = platform.step().journal.entries("by-hand-1")[0]
        assert (entry["move"], entry["after"]["why"]) == ("hold 7", "slow")

    def test_a_second_time_changes_nothing(self, platform):
        self.ask(platform, reason="slow", lift=False)
        written = len(platform.step().journal.entries())

        assert self.ask(platform, reason="slower", lift=False)["hold"] == "slow"

        assert len(platform.step().journal.entries()) == written

    def test_it_is_lifted_with_a_reason(self, platform):
        self.ask(platform, reason="slow", lift=False)

        assert self.ask(platform, reason="measured again", lift=True)["hold"] == ""

        assert "gourmetops.hold" not in platform.registry.tags[7]
        entry = platform.step().journal.entries("by-hand-1")[2]
        assert (entry["move"], entry["after"]["why"]) == ("lift 7", "measured again")

    def test_without_a_reason_it_is_refused(self, platform):
        with pytest.raises(AskedWronglyError, match="to lift that takes a reason"):
            self.ask(platform, reason=" ", lift=True)
