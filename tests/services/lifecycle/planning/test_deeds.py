"""Plans of approve, hold and repair: they do nothing, and carried out they are the real thing."""

import copy
import hashlib
import json
from argparse import Namespace
from pathlib import Path

import pytest

from services.lifecycle.errors import AskedWronglyError, RefusedError
from services.lifecycle.planning.paper import MovedError, PlanFileError
from services.lifecycle.releasing import holding
from services.lifecycle.verbs import apply, approve, hold, rehearse, release
from tests.services.lifecycle.conftest import git
from tests.services.lifecycle.transaction.plain import Platform, Process, Workflow, mend

INSTANTS = range(1, 60, 6)
APPROVE = {"version": 1, "target": "production", "note": "good", "expires": "", "revoke": False}
HOLD = {"version": 1, "reason": "slow", "lift": False}
REPAIR = {"environment": "canary", "deadline": 1, "gone": ""}


def plan(of, verb, **asked):
    """Make a plan by the verb that makes them."""
    return of(rehearse, of=verb, **asked)


def written(folder, told):
    """Keep a plan, as --plan --json does."""
    file = folder / "plan.json"
    file.write_text(json.dumps(told.facts))
    return file


def files_of(folder):
    """Hash every file below a folder, the work of verbs apart."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "work" not in path.relative_to(folder).parts
    }


@pytest.fixture(scope="module")
def promoted(tmp_path_factory):
    """A platform with version 1 promoted to canary, to be copied."""
    with pytest.MonkeyPatch.context() as patch:
        made = Platform(tmp_path_factory.mktemp("promoted") / "platform", patch)
        assert Workflow(made, "promote", "canary", 1).run() == "Succeeded"
    return made


@pytest.fixture
def platform(promoted, tmp_path, monkeypatch):
    return Platform(tmp_path / "platform", monkeypatch, like=promoted)


class TestRepair:
    """Plans of a repair, of what a kill left at any instant of a promotion."""

    def left(self, platform, instant, kind="promote", number=2):
        killed = Workflow(platform, kind, "canary", number, name=f"{kind}-killed")
        return killed.run(kill_at=instant) == "killed"

    @pytest.mark.parametrize("kind", ["promote", "revert"])
    def test_a_plan_changes_nothing_and_applied_is_what_repair_does(
        self, platform, tmp_path, monkeypatch, kind
    ):
        commits = moves = 0
        for instant in INSTANTS:
            one = Platform(tmp_path / f"one-{instant}", monkeypatch, like=platform)
            if not self.left(one, instant, kind):
                break
            other = Platform(tmp_path / f"other-{instant}", monkeypatch, like=one)
            before = files_of(one.folder), copy.deepcopy(vars(one.registry))
            one.run(rehearse, of="repair", **REPAIR)
            told = plan(one.run, "repair", **REPAIR)
            assert (files_of(one.folder), vars(one.registry)) == before, instant

            self._use(monkeypatch, other)
            mend(other, "canary")
            self._use(monkeypatch, one)
            file = written(tmp_path, told)
            one.run(apply, file=file, of="repair", operation="by-hand-1", **REPAIR)

            assert one.end_state() == other.end_state(), instant
            subjects = [each["message"].splitlines()[0] for each in told.facts["commits"]]
            made = one.commits()[: len(subjects)][::-1]
            assert made == subjects, instant
            commits += len(subjects)
            moves += len(told.facts["moves"])
        assert commits >= 2
        assert moves >= 1

    def _use(self, monkeypatch, platform):
        platform._replace_servers(monkeypatch)

    def test_it_says_whose_operation_that_is_and_that_its_process_is_dead(self, platform):
        assert self.left(platform, 12)

        told = plan(platform.run, "repair", **REPAIR)

        holder = told.facts["about"]["holder"]
        assert (holder["operation"], holder["process"]) == ("promote-killed", "dead")
        assert "held by promote-killed of ada since" in told.text
        assert "on its way to promote 2" in told.text
        assert "its process is dead beyond doubt" in told.text
        assert told.exit_code == 0

    def test_a_holder_that_lives_is_left_alone_and_the_plan_says_that_it_would_be(self, platform):
        process = Process(platform.folder / "processes")
        holding.begin(platform.step(process.owner), "canary", "promote-2", {}, 0)

        told = plan(platform.run, "repair", **REPAIR)

        assert told.exit_code == 1
        assert told.facts["about"]["holder"]["process"] == "alive"
        assert "It would be refused now: canary is held by promote-2" in told.text
        process.kill()

    def test_it_is_refused_when_somebody_else_mended_it_meanwhile(self, platform, tmp_path):
        assert self.left(platform, 12)
        file = written(tmp_path, plan(platform.run, "repair", **REPAIR))
        mend(platform, "canary")
        before = files_of(platform.folder)

        with pytest.raises(MovedError, match="holder: operation was promote-killed, is nothing"):
            platform.run(apply, file=file, of="repair", operation="by-hand-1", **REPAIR)

        assert files_of(platform.folder) == before

    def test_it_is_refused_when_the_environment_moved_on(self, platform, tmp_path):
        platform.registry.named["canary"] = 7
        file = written(tmp_path, plan(platform.run, "repair", **REPAIR))
        asked = {"environment": "canary", "version": 2, "digest": f"sha256:{2:064d}"}
        platform.run(release, operation="by-hand-7", **asked)

        with pytest.raises(MovedError, match="holds: commit was"):
            platform.run(apply, file=file, of="repair", operation="by-hand-1", **REPAIR)

        assert platform.registry.named["canary"] == 7

    def test_an_alias_that_lies_is_in_the_plan_with_both_its_names(self, platform):
        platform.registry.named["canary"] = 7

        told = plan(platform.run, "repair", **REPAIR)

        assert told.facts["moves"] == [{"what": "alias canary", "now": 7, "then": 1}]
        assert "alias canary: 7 ► 1" in told.text

    def test_where_all_agree_it_says_that_nothing_would_change(self, platform):
        told = plan(platform.run, "repair", **REPAIR)

        assert told.text.splitlines()[-1] == "Nothing would change: it is so already."
        assert (told.facts["commits"], told.facts["moves"]) == ([], [])


class TestHold:
    """Plans of a hold, and of lifting one."""

    def test_a_plan_changes_nothing_and_applied_is_what_hold_does(
        self, platform, tmp_path, monkeypatch
    ):
        other = Platform(tmp_path / "other", monkeypatch, like=platform)
        platform._replace_servers(monkeypatch)
        before = files_of(platform.folder), copy.deepcopy(vars(platform.registry))

        told = plan(platform.run, "hold", **HOLD)
        assert (files_of(platform.folder), vars(platform.registry)) == before
        hold.run(other.step(), Namespace(operation="by-hand-1", **HOLD))
        file = written(tmp_path, told)
        said = {**HOLD, "reason": ""}  # what is left out is as the plan says
        platform.run(apply, file=file, of="hold", operation="by-hand-1", **said)

        assert platform.end_state() == other.end_state()
        assert platform.registry.tags[1] == {"gourmetops.hold": "slow"}

    def test_it_says_who_serves_it_and_what_it_refuses_then(self, platform):
        told = plan(platform.run, "hold", **HOLD)

        assert told.facts["about"]["serves"] == ["canary"]
        assert told.facts["about"]["refuses"] == ["canary", "production"]
        assert "served by canary, which a hold does not change" in told.text
        assert "to take it out: invoke rollback canary" in told.text
        assert "then refused: promotion to canary and production" in told.text

    def test_it_is_refused_when_it_was_put_on_hold_meanwhile(self, platform, tmp_path):
        file = written(tmp_path, plan(platform.run, "hold", **HOLD))
        platform.registry.tag(1, hold="it eats memory")

        with pytest.raises(MovedError, match="hold was nothing, is it eats memory"):
            platform.run(apply, file=file, of="hold", operation="by-hand-1", **HOLD)

        assert platform.registry.tags[1] == {"gourmetops.hold": "it eats memory"}

    def test_a_second_hold_would_change_nothing(self, platform):
        platform.registry.tag(1, hold="it eats memory")

        told = plan(platform.run, "hold", **HOLD)

        assert "on hold now: it eats memory" in told.text
        assert told.text.splitlines()[-1] == "Nothing would change: it is so already."


def furnish(world):
    """Bring version 1 into canary, tested in staging, with a person at it."""
    world.values["GOURMET_PERSON"] = "Ada <ada@example.org>"
    world.approved("canary", world.tested(), "promote-1")


@pytest.fixture
def canary(furnished):
    """The world with version 1 in canary, and a person at it."""
    return furnished


class TestApprove:
    """Plans of somebody's word."""

    def test_a_plan_changes_nothing_and_applied_is_what_approve_does(self, canary, tmp_path):
        journal = Path(canary.values["GOURMET_STATE"]) / "journal.jsonl"
        before = (
            git("for-each-ref", folder=canary.repository),
            journal.read_bytes(),
            files_of(journal.parent),
        )

        told = plan(canary.verbs, "approve", **APPROVE)

        after = (
            git("for-each-ref", folder=canary.repository),
            journal.read_bytes(),
            files_of(journal.parent),
        )
        assert after == before
        file = written(tmp_path, told)
        done = canary.verbs(apply, file=file, of="approve", **APPROVE)
        assert done["answer"] == "allow"
        assert done["expires"] == told.facts["about"]["expires"]
        assert git("log", "-1", "--format=%an", "main", folder=canary.repository) == "Ada"
        made = git("log", "-1", "--format=%B", "main", folder=canary.repository)
        assert made.replace("by-hand-1", "(named when it is done)") == (
            told.facts["commits"][0]["message"].strip()
        )
        diff = git("diff", "--full-index", "main~1", "main", folder=canary.repository)
        assert _timeless(diff) == _timeless(told.facts["commits"][0]["diff"])
        said = canary.verbs(approve, **APPROVE)
        assert said["commit"] == ""  # said so already, as after a direct approval

    def test_it_says_until_when_by_whom_and_which_gates_stay_shut(self, canary):
        canary.verbs.step.registry.tag(1, hold="slow")

        told = plan(canary.verbs, "approve", **{**APPROVE, "expires": "8h"})

        assert "by Ada <ada@example.org>" in told.text
        assert f"until {told.facts['about']['expires']}" in told.text
        assert "the gate approval goes from wait to allow; hold would not allow it yet" in told.text

    def test_it_is_refused_when_the_version_went_on_hold(self, canary, tmp_path):
        file = written(tmp_path, plan(canary.verbs, "approve", **APPROVE))
        canary.verbs.step.registry.tag(1, hold="slow")
        before = git("for-each-ref", folder=canary.repository)

        with pytest.raises(MovedError, match="gates: hold was allow, is deny"):
            canary.verbs(apply, file=file, of="approve", **APPROVE)

        assert git("for-each-ref", folder=canary.repository) == before

    def test_it_is_refused_when_somebody_else_would_carry_it_out(self, canary, tmp_path):
        file = written(tmp_path, plan(canary.verbs, "approve", **APPROVE))
        canary.values["GOURMET_PERSON"] = "Ben <ben@example.org>"

        with pytest.raises(MovedError, match=r"person was Ada <ada@example\.org>, is Ben"):
            canary.verbs(apply, file=file, of="approve", **APPROVE)

    def test_a_second_word_would_change_nothing_and_taking_it_back_would(self, canary):
        canary.verbs(approve, **APPROVE)

        again = plan(canary.verbs, "approve", **{**APPROVE, "note": ""})
        back = plan(canary.verbs, "approve", **{**APPROVE, "revoke": True})

        assert again.text.splitlines()[-1] == "Nothing would change: it is so already."
        assert "it opens no gate: approval says allow before and after" in again.text
        assert "the gate approval goes from allow to wait" in back.text

    def test_who_may_not_approve_reads_so_in_the_plan(self, canary):
        rules = {"needed": 1, "approvers": ["ben@example.org"]}
        canary.values["GOURMET_POLICY"] = json.dumps(
            {"environments": {"production": {"approvals": rules}}}
        )

        told = plan(canary.verbs, "approve", **APPROVE)

        assert told.exit_code == 1
        assert "It would be refused now: Ada <ada@example.org> cannot approve" in told.text
        assert told.facts["commits"] == []

    def test_a_plan_that_says_no_is_not_carried_out(self, canary, tmp_path):
        rules = {"needed": 1, "approvers": ["ben@example.org"]}
        canary.values["GOURMET_POLICY"] = json.dumps(
            {"environments": {"production": {"approvals": rules}}}
        )
        file = written(tmp_path, plan(canary.verbs, "approve", **APPROVE))

        with pytest.raises(RefusedError, match="the plan itself says that it would be refused"):
            canary.verbs(apply, file=file, of="approve", **APPROVE)


def test_a_plan_of_something_else_is_not_carried_out(platform, tmp_path):
    file = written(tmp_path, plan(platform.run, "hold", **HOLD))

    with pytest.raises(AskedWronglyError, match=r"the version asked for is 2\. Leave it out"):
        platform.run(apply, file=file, of="hold", operation="by-hand-1", **{**HOLD, "version": 2})
    with pytest.raises(AskedWronglyError, match="is a plan to hold 1, and not to repair"):
        platform.run(apply, file=file, of="repair", operation="by-hand-1", **REPAIR)
    assert 1 not in platform.registry.tags


def test_a_plan_that_was_edited_or_is_of_a_promotion_is_refused(platform, tmp_path):
    file = written(tmp_path, plan(platform.run, "hold", **HOLD))
    asked = {"file": file, "of": "hold", "operation": "by-hand-1", **HOLD}
    file.write_text(file.read_text().replace("slow", "fast"))

    with pytest.raises(PlanFileError, match="was edited since it was written"):
        platform.run(apply, **asked)
    promotion = {"format": 1, "command": "promote"}
    text = json.dumps(promotion, sort_keys=True, separators=(",", ":"))
    whole = {**promotion, "hash": hashlib.sha256(text.encode()).hexdigest()}
    file.write_text(json.dumps(whole))
    with pytest.raises(PlanFileError, match=r"invoke promote --to ENV --apply plan\.json"):
        platform.run(apply, **asked)


def _timeless(diff):
    """Leave out when it was said, and the hash that follows from that."""
    return [line for line in diff.splitlines() if '"at"' not in line and "index " not in line]
