"""Plans of real promotions and rollbacks: what they say is what is done, and they do nothing."""

import json

import pytest

from services.lifecycle.clients import web
from services.lifecycle.errors import AskedWronglyError, RegistryError, ReleaseError
from services.lifecycle.planning.paper import MovedError
from services.lifecycle.verbs import plan, recheck
from tests.services.lifecycle.conftest import git

WISH = {"version": "served", "force": "none", "reason": "it is slow", "check": None}


def furnish(world):
    """Bring version 1 into staging, tested."""
    world.values["GOURMET_PERSON"] = "Ada <ada@example.org>"
    world.tested()


@pytest.fixture
def staged(furnished):
    """The world with version 1 tested in staging; plans find the charts as steps do."""
    return furnished


def make(world, command, target, **wish):
    return world.verbs(plan, command=command, target=target, **{**WISH, **wish})


def refs(gitops):
    return git("for-each-ref", folder=gitops)


def test_a_plan_of_a_promotion_shows_the_very_commit_that_is_made(staged):
    before = refs(staged.repository), staged.verbs.step.journal.entries()

    told = make(staged, "promote", "canary")

    assert (refs(staged.repository), staged.verbs.step.journal.entries()) == before
    assert told.exit_code == 0
    first = told.facts["commits"][0]
    staged.release("canary", 1, "promote-1")
    made = git("rev-list", "-1", "main", "--", "environments/canary", folder=staged.repository)
    diff = git("diff", "--full-index", "--no-renames", f"{made}~1", made, folder=staged.repository)
    assert diff == first["diff"]
    subject = git("log", "-1", "--format=%s", made, folder=staged.repository)
    assert subject == first["message"].splitlines()[0]


def test_a_plan_is_the_same_to_the_byte_whoever_makes_it_when(staged):
    one, other = (json.dumps(make(staged, "promote", "canary").facts) for _ in range(2))

    assert one == other


def test_a_plan_tells_gates_provenance_commits_and_traffic_to_a_person(staged):
    text = make(staged, "promote", "canary").text

    for part in ("Promote version 1", "staging tests", "Provenance", "Commit", "canary 10 %"):
        assert part in text
    assert "alias canary: none ► 1" in text
    assert text.splitlines()[-1].startswith("It could be carried out now")


def test_a_plan_that_would_be_refused_ends_with_1_and_says_which_gate(staged):
    staged.verbs.step.registry.tag(1, hold="it was slow")

    told = make(staged, "promote", "canary")

    assert told.exit_code == 1
    assert "it is on hold: it was slow" in told.text
    assert "It would be refused now" in told.text


def test_without_a_site_or_a_registry_the_plan_still_shows_what_would_be_committed(
    staged, monkeypatch
):
    staged.values["GOURMET_SITE_API"] = staged.values["MLFLOW_TRACKING_URI"] = "http://127.0.0.1:9"
    monkeypatch.setattr(web, "PAUSE", "a plan waits for nobody")  # no time to sleep for

    told = make(staged, "promote", "canary")

    answers = {gate["name"]: gate["answer"] for gate in told.facts["gates"]}
    assert (answers["serving"], answers["hold"], answers["freeze"]) == ("wait", "wait", "allow")
    assert told.facts["commits"]
    assert told.facts["aliases"]["canary"]["now"] == "unknown"


def test_a_plan_holds_while_nothing_moves_and_names_what_did(staged, tmp_path):
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(make(staged, "promote", "canary").facts))
    assert staged.verbs(plan, **{**WISH, "check": file, "command": "promote", "target": "canary"})

    staged.verbs.step.registry.move_alias("canary", 1)

    with pytest.raises(MovedError, match="alias: canary was nothing, is 1"):
        staged.verbs(plan, **{**WISH, "check": file, "command": None, "target": None})


def test_a_plan_of_something_else_is_not_carried_out(staged, tmp_path):
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(make(staged, "promote", "canary").facts))

    for wish in ({"command": "rollback"}, {"target": "production"}, {"version": "9"}):
        asked = {**WISH, "check": file, "command": None, "target": None, **wish}
        with pytest.raises(AskedWronglyError, match="is a plan to promote --to canary"):
            staged.verbs(plan, **asked)


def test_the_workflow_holds_the_plan_against_the_world_once_more(staged):
    seals = make(staged, "promote", "canary").facts["seals"]
    assert staged.ask(1, "canary", plan=seals)["answer"] == "allow"
    two = staged.bake()
    staged.release("canary", two, "deploy-2")

    with pytest.raises(MovedError, match=r"target \(now commit"):
        staged.ask(1, "canary", plan=seals)


def test_a_rollback_is_planned_as_it_is_done(staged):
    staged.approved("canary", 1, "promote-1")
    two = staged.bake()
    staged.approved("canary", two, "promote-2")

    told = make(staged, "rollback", "canary")

    facts = told.facts
    assert (facts["version"], facts["holds"], facts["gates"]) == ("1", "2", [])
    assert facts["traffic"]["then"] == {"canary": 0, "production": 100}
    assert "none: a way back is always open" in told.text
    seals = facts["seals"]
    asked = {"command": "rollback", "target": "canary", "plan": seals, "operation": "revert-1"}
    assert staged.verbs(recheck, **WISH, **asked)["seals"] == seals
    staged.revert("canary")
    messages = git("log", "-2", "--format=%s", "main", folder=staged.repository).splitlines()
    assert messages[::-1] == [each["message"].splitlines()[0] for each in facts["commits"]]
    with pytest.raises(MovedError):
        staged.verbs(recheck, **WISH, **asked)


def test_a_rollback_to_nothing_cannot_be_planned(staged):
    with pytest.raises(ReleaseError, match="nothing was ever released here"):
        make(staged, "rollback", "production")


def test_a_plan_needs_to_know_of_what(staged):
    with pytest.raises(AskedWronglyError, match="name what is planned"):
        make(staged, None, None)
    with pytest.raises(AskedWronglyError, match="no promotion leads to staging"):
        make(staged, "promote", "staging")


def test_a_version_that_nobody_made_is_refused_with_those_that_there_are(staged):
    with pytest.raises(
        RegistryError, match=r"has no version 9\. It has 1\. Another one is made by"
    ):
        make(staged, "promote", "canary", version="9")
