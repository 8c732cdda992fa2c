"""Gates, approvals and force with real Git, a real MLflow, real images and a site."""

import json
from argparse import Namespace
from datetime import UTC, datetime, timedelta

import pytest

from services.lifecycle.errors import AskedWronglyError, RefusedError, WrongVersionError
from services.lifecycle.releasing.gates.approvals import held
from services.lifecycle.verbs import approve, explain
from tests.services.lifecycle.conftest import git

ADA, BEN = "Ada <ada@example.org>", "Ben <ben@example.org>"
NAMES = [
    "serving", "provenance", "model tests", "staging tests", "hold", "verdict", "lease", "freeze",
    "approval",
]  # fmt: skip


def furnish(world):
    """Bring version 1, tested in staging, into canary."""
    world.values["GOURMET_PERSON"] = ADA
    world.approved("canary", world.tested(), "promote-1")


@pytest.fixture
def canary(furnished):
    """The world with version 1 tested in staging and serving in canary."""
    return furnished


def policy(values, *, freezes=(), hours=0, verdict="advisory", **approvals):
    rules = {"production": {"approvals": {"needed": 1, **approvals}, "verdict": verdict}}
    said = {"environments": rules, "freezes": list(freezes), "leaseHours": hours}
    values["GOURMET_POLICY"] = json.dumps(said)


def say_yes(world, by=ADA, **asked):
    world.verbs.values["GOURMET_PERSON"] = by
    given = {"note": "", "expires": "", "revoke": False, "operation": "approve-1", **asked}
    return world.verbs(approve, version=1, target="production", **given)


def ask(world, target="production"):
    return world.verbs(explain, version=1, target=target)


def gate(world, name):
    return next(each for each in ask(world).facts["gates"] if each["name"] == name)


def test_every_gate_is_told_with_its_reason_and_nothing_is_changed(canary):
    before = git("rev-parse", "main", folder=canary.repository), canary.verbs.step.journal.entries()

    told = ask(canary)

    assert [each["name"] for each in told.facts["gates"]] == NAMES
    closed = [each for each in told.facts["gates"] if each["answer"] != "allow"]
    assert [each["name"] for each in closed] == ["approval"]
    assert closed[0]["remedy"] == "Approve it: invoke approve 1 --to production"
    assert told.exit_code == 1
    assert "1 of 9 gates do not allow it" in told.text
    assert "► Approve it: invoke approve 1 --to production" in told.text
    assert (
        git("rev-parse", "main", folder=canary.repository),
        canary.verbs.step.journal.entries(),
    ) == before


def test_one_yes_of_anybody_opens_the_way_to_production(canary):
    with pytest.raises(RefusedError, match="invoke approve 1 --to production"):
        canary.ask(1, "production")

    made = say_yes(canary, note="it was good in canary")

    assert made["answer"] == "allow"
    assert canary.ask(1, "production")["answer"] == "allow"
    author = git("log", "-1", "--format=%an <%ae>%n%s", "main", folder=canary.repository)
    assert author.startswith(f"{ADA}\nproduction: version 1 (sha256:")
    path = f"main:approvals/production/{canary.digests[1][7:19]}/ada@example.org.json"
    said = json.loads(git("show", path, folder=canary.repository))
    assert (said["version"], said["digest"]) == (1, canary.digests[1])
    assert (said["note"], said["by"]["name"]) == ("it was good in canary", "Ada")
    assert len(said["commit"]) == 40
    assert said["expires"] > said["at"]


def test_an_approval_changes_no_environment(canary):
    before = [canary.verbs.step.gitops.current(e).id for e in ("staging", "canary")]

    say_yes(canary)

    assert [canary.verbs.step.gitops.current(e).id for e in ("staging", "canary")] == before


def test_a_second_yes_of_the_same_person_changes_nothing(canary):
    say_yes(canary)
    before = git("rev-parse", "main", folder=canary.repository)

    assert say_yes(canary)["commit"] == ""
    assert git("rev-parse", "main", folder=canary.repository) == before


def test_a_yes_that_is_taken_back_no_longer_counts(canary):
    say_yes(canary)

    made = say_yes(canary, revoke=True)

    assert made["answer"] == "wait"
    assert "was taken back at" in gate(canary, "approval")["reason"]
    with pytest.raises(RefusedError, match="taken back"):
        canary.ask(1, "production")
    assert say_yes(canary, note="again")["answer"] == "allow"


def test_nobody_takes_back_what_they_did_not_say(canary):
    say_yes(canary)

    with pytest.raises(RefusedError, match="has approved no image"):
        say_yes(canary, by=BEN, revoke=True)


def test_two_named_people_are_needed_where_the_site_says_so(canary):
    policy(
        canary.values, needed=2, approvers=["ada@example.org", "ben@example.org", "zoe@example.org"]
    )

    assert say_yes(canary)["answer"] == "wait"
    assert gate(canary, "approval")["reason"].startswith("1 of 2 needed of 3 approvers")
    with pytest.raises(RefusedError, match="Eve is not among the approvers"):
        say_yes(canary, by="Eve <eve@example.org>")
    assert say_yes(canary, by=BEN)["answer"] == "allow"


def test_who_made_the_source_commit_does_not_approve_it(canary):
    """The commits of the source repository are Ada's."""
    policy(canary.values, **{"not": ["author"]})

    with pytest.raises(RefusedError, match="Ada made the source commit"):
        say_yes(canary)
    assert say_yes(canary, by=BEN)["answer"] == "allow"


def test_who_runs_the_promotion_does_not_approve_it(canary):
    policy(canary.values, **{"not": ["promoter"]})
    say_yes(canary)

    with pytest.raises(RefusedError, match="Ada runs this promotion"):
        canary.ask(1, "production")
    creator = {"workflows.argoproj.io/creator-email": "ben.at.example.org"}
    assert canary.ask(1, "production", labels=json.dumps(creator))["answer"] == "allow"


def test_a_word_that_somebody_wrote_for_another_does_not_count(canary, tmp_path):
    say_yes(canary)
    clone = tmp_path / "clone"
    git("clone", "--quiet", canary.repository, str(clone), folder=tmp_path)
    (mine,) = held(canary.verbs.step.gitops, "production", canary.digests[1])
    file = clone / mine.path
    theirs = json.loads(file.read_text())
    theirs["by"] = {"name": "Ben", "email": "ben@example.org"}
    (file.parent / "ben@example.org.json").write_text(json.dumps(theirs))
    git("rm", "--quiet", mine.path, folder=clone)
    git("add", ".", folder=clone)
    git("commit", "--quiet", "-m", "Ben says yes, I think", folder=clone)
    git("push", "--quiet", "origin", "HEAD:main", folder=clone)

    assert "was written by Ada, so it is not Ben's word" in gate(canary, "approval")["reason"]


def test_an_approval_ends_when_it_says_even_on_a_clock_that_was_set_back(
    canary, monkeypatch, tmp_path
):
    say_yes(canary, expires="1h")
    assert gate(canary, "approval")["answer"] == "allow"
    later = datetime.now(UTC) + timedelta(hours=2)
    clone = tmp_path / "clone"
    git("clone", "--quiet", canary.repository, str(clone), folder=tmp_path)
    monkeypatch.setenv("GIT_COMMITTER_DATE", later.isoformat())
    git("commit", "--quiet", "--allow-empty", "-m", "something later", folder=clone)
    git("push", "--quiet", "origin", "HEAD:main", folder=clone)

    answer = gate(canary, "approval")

    assert answer["answer"] == "wait"
    assert "Ada's expired at" in answer["reason"]
    assert "set the clock right" in answer["reason"]


def test_an_approval_of_one_image_is_none_of_another(canary):
    say_yes(canary)
    two = canary.bake()
    canary.approved("canary", two, "promote-2")

    told = canary.verbs(explain, version=two, target="production")

    assert next(g for g in told.facts["gates"] if g["name"] == "approval")["answer"] == "wait"


def test_an_environment_that_needs_no_approval_says_so(canary):
    with pytest.raises(AskedWronglyError, match="canary needs no approval here"):
        canary.verbs(
            approve, version=1, target="canary", note="", expires="", revoke=False, operation="a"
        )


@pytest.mark.parametrize("wish", ["yesterday", "2020-01-01"])
def test_an_end_that_cannot_be_is_refused_in_words(canary, wish):
    with pytest.raises(AskedWronglyError, match=f"--expires: .*{wish}"):
        say_yes(canary, expires=wish)


def test_a_freeze_waits_and_names_its_end(canary):
    now = datetime.now(UTC)
    freeze = {
        "name": "inventory week", "zone": "UTC", "environments": ["production"],
        "from": f"{now - timedelta(hours=1):%Y-%m-%d %H:%M}",
        "until": f"{now + timedelta(hours=1):%Y-%m-%d %H:%M}",
    }  # fmt: skip
    policy(canary.values, freezes=[freeze])

    answer = gate(canary, "freeze")

    assert answer["answer"] == "wait"
    assert answer["reason"].startswith("inventory week, until ")
    assert f"{freeze['until']} UTC" in answer["remedy"]


def test_a_lease_that_ends_soon_denies(canary):
    policy(canary.values, hours=24)
    assert gate(canary, "lease")["reason"] == "this site has none"

    canary.values["GOURMET_LEASE_ENDS"] = (datetime.now(UTC) + timedelta(hours=3)).isoformat()

    assert gate(canary, "lease")["answer"] == "deny"
    assert "invoke lease.extend" in gate(canary, "lease")["remedy"]


def test_a_verdict_of_the_judge_is_read_off_the_version(canary):
    policy(canary.values, verdict="required")
    assert gate(canary, "verdict")["answer"] == "wait"

    canary.verbs.step.registry.tag(1, judge=f"pass {canary.digests[1]}")

    assert gate(canary, "verdict")["answer"] == "allow"


def test_one_changed_byte_of_the_image_denies_and_no_force_opens_that(canary):
    say_yes(canary)
    layout = canary.verbs.step.layout
    layer = layout.path(layout.image(canary.digests[1]).layers[-1].digest)
    layer.write_bytes(layer.read_bytes() + b"!")

    assert gate(canary, "provenance")["answer"] == "deny"
    with pytest.raises(RefusedError, match=r"provenance: deny.*--force does not open that"):
        canary.ask(1, "production", force="we need it")


def test_force_opens_what_is_closed_and_the_journal_says_why(canary):
    canary.verbs.step.registry.tag(1, hold="it was slow")

    made = canary.ask(1, "production", force="the old one is worse", operation="promote-2")

    assert made["answer"] == "allow"
    (forced,) = [
        e for e in canary.verbs.step.journal.entries("promote-2") if e["state"] == "forced"
    ]
    assert (forced["reason"], forced["gates"]) == ("the old one is worse", "hold, approval")
    assert "it is on hold: it was slow" in forced["answers"][0]


def test_force_never_skips_that_the_source_serves_exactly_this(canary):
    two = canary.bake()

    with pytest.raises(RefusedError, match="canary holds version 1 and not version 2"):
        canary.ask(two, "production", force="now")
    canary.serve("canary", two)
    with pytest.raises(WrongVersionError):
        canary.ask(1, "production", force="now")


def test_only_a_missing_approval_is_waited_for(canary):
    assert canary.ask(1, "production", patient="yes")["answer"] == "wait"
    say_yes(canary)
    assert canary.ask(1, "production", patient="yes")["answer"] == "allow"
    canary.verbs.step.registry.tag(1, hold="it was slow")
    with pytest.raises(RefusedError, match="it is on hold"):
        canary.ask(1, "production", patient="yes")


def test_what_gives_no_answer_waits_and_the_rest_is_told_all_the_same(canary):
    canary.values["GOURMET_SITE_API"] = "http://127.0.0.1:9"

    told = ask(canary)

    answers = {each["name"]: each["answer"] for each in told.facts["gates"]}
    assert answers["serving"] == "wait"
    assert answers["staging tests"] == "allow"


def test_the_bootstrap_model_is_promoted_and_approved_nowhere(canary):
    asked = {"note": "", "expires": "", "revoke": False, "operation": "a"}
    for verb, more in ((explain, {}), (approve, asked)):
        with pytest.raises(AskedWronglyError, match="bootstrap model"):
            verb.run(canary.verbs.step, Namespace(version=None, target="production", **more))
