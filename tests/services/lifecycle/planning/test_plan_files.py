"""Plan files: written and read alike, and never trusted when they are not as written."""

import hashlib
import json
import re
from dataclasses import asdict, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.lifecycle.planning import plan as plans
from services.lifecycle.planning.paper import MovedError, PlanFileError
from services.lifecycle.planning.plan import Plan, moved

unhurried = settings(deadline=None)  # the machine may have other things to do
ONE, OTHER = "sha256:" + "1" * 64, "sha256:" + "2" * 64
HELD = {"commit": "a" * 40, "release": {"version": 7, "digest": ONE}}
PLAN = Plan(
    command="promote",
    environment="production",
    version="7",
    digest=ONE,
    reason="none",
    source={"environment": "canary", **HELD},
    stands={"commit": None, "release": None},
    aliases={"production": {"now": None, "then": 7}},
    traffic={"now": {"canary": 10, "production": 90}, "then": {}, "moves": "..."},
    holds="",
    gates=[{"name": "hold", "answer": "allow", "reason": "", "firm": False}],
    provenance={},
    commits=[{"message": "production: version 7", "diff": "+1"}],
)
CHANGES = {
    "source": {"source": {**PLAN.source, "commit": "b" * 40}},
    "target": {"stands": HELD},
    "digest": {"digest": OTHER},
    "alias": {"aliases": {"production": {"now": 6, "then": 7}}},
    "gates": {"gates": [{"name": "hold", "answer": "deny", "reason": "slow", "firm": False}]},
    "traffic": {"traffic": {"now": {"canary": 50, "production": 50}, "then": {}, "moves": ""}},
    "content": {"commits": [{"message": "production: version 7", "diff": "+2"}]},
}


def test_a_plan_is_read_as_it_was_written(tmp_path):
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(PLAN.facts(), indent=2))

    assert Plan.read(file) == PLAN
    assert moved(Plan.read(file), PLAN) == []


@pytest.mark.parametrize("part", CHANGES)
def test_each_part_of_the_world_that_moves_is_named(part):
    now = replace(PLAN, **CHANGES[part])

    (told,) = moved(PLAN, now)
    assert part in told or (part == "content" and "would be committed" in told)
    with pytest.raises(MovedError, match=rf"moved since this plan was made: {part}") as refused:
        plans.require(PLAN.seals, now, "promote --to production")
    assert "invoke promote --to production --plan" in str(refused.value)


def test_reasons_and_evidence_may_change_while_the_answer_stands():
    gates = [{"name": "hold", "answer": "allow", "reason": "other words", "firm": False}]

    plans.require(PLAN.seals, replace(PLAN, gates=gates), "promote")


@pytest.mark.parametrize("seals", ["", "none", "source:0", "nonsense", PLAN.seals[:-1]])
def test_seals_that_are_none_hold_nothing(seals):
    with pytest.raises(MovedError):
        plans.require(seals, PLAN, "promote")


@unhurried
@given(st.data())
def test_no_change_of_a_plan_file_goes_unnoticed(tmp_path_factory, data):
    file = tmp_path_factory.mktemp("plan") / "plan.json"
    text = json.dumps(PLAN.facts())
    at = data.draw(st.integers(0, len(text) - 1))
    letter = data.draw(st.characters(codec="ascii"))
    changed = text[:at] + letter + text[at + 1 :]
    file.write_text(changed)

    if is_same(changed, text):
        assert asdict(Plan.read(file)) == asdict(PLAN)
    else:
        with pytest.raises(PlanFileError, match=re.escape(str(file))):
            Plan.read(file)


def is_same(changed, text):
    """Say whether a change of the text changes nothing that it says."""
    try:
        return json.loads(changed) == json.loads(text)
    except ValueError:
        return False


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is no JSON"),
        ("[1]", "is no plan"),
        ("{}", "is no plan"),
        ('{"format": 2}', "is a plan of format 2, and 1 is read"),
        ('{"format": 1}', "was edited since it was written"),
        ("\x00\x01", "is no JSON"),
    ],
)
def test_what_is_no_plan_says_so_and_how_to_make_one(tmp_path, text, says):
    file = tmp_path / "plan.json"
    file.write_text(text)

    with pytest.raises(PlanFileError, match=says) as refused:
        Plan.read(file)
    assert "--plan --json > plan.json" in str(refused.value)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"environment": ["production"]}, "nothing that can be read of environment"),
        ({"version": 7, "gates": None}, "nothing that can be read of version, gates"),
        ({"command": "destroy"}, "is a plan to 'destroy', which is no command"),
    ],
)
def test_a_plan_that_somebody_made_up_is_refused_although_its_hash_fits(tmp_path, change, says):
    body = {name: value for name, value in PLAN.facts().items() if name != "hash"} | change
    text = json.dumps(body, sort_keys=True, separators=(",", ":"))
    file = tmp_path / "plan.json"
    file.write_text(json.dumps({**body, "hash": hashlib.sha256(text.encode()).hexdigest()}))

    with pytest.raises(PlanFileError, match=says):
        Plan.read(file)


def test_a_file_that_is_not_there_or_no_text_is_refused_in_words(tmp_path):
    with pytest.raises(PlanFileError, match="cannot be read"):
        Plan.read(tmp_path / "nowhere.json")
    binary = tmp_path / "binary.json"
    binary.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(PlanFileError, match="is no JSON"):
        Plan.read(binary)


def test_force_makes_a_plan_open_but_for_firm_gates():
    shut = {"name": "hold", "answer": "deny", "reason": "slow", "firm": False}
    firm = {"name": "serving", "answer": "deny", "reason": "another", "firm": True}

    assert not replace(PLAN, gates=[shut]).is_open
    assert replace(PLAN, gates=[shut], reason="we know").is_open
    assert not replace(PLAN, gates=[shut, firm], reason="we know").is_open
