"""Who counts, for what, and until when: approvals as plain values."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.lifecycle.releasing.gates import judgements
from services.lifecycle.releasing.gates.approval import (
    Approval,
    Case,
    Held,
    Person,
    counted,
    objection,
    until,
)
from services.lifecycle.releasing.gates.gate import Answer
from services.lifecycle.releasing.gates.policy import AUTHOR, PROMOTER, Approvals

unhurried = settings(deadline=None)  # the machine may have other things to do
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
ONE, OTHER = "sha256:" + "1" * 64, "sha256:" + "2" * 64
ADA, BEN, EVE = (Person(n, f"{n.lower()}@example.org") for n in ("Ada", "Ben", "Eve"))
CASE = Case("production", ONE, None, None, NOW)


def word(by=ADA, digest=ONE, environment="production", hours=24, **more):
    end = NOW + timedelta(hours=hours)
    return Approval(environment, 7, digest, "c" * 40, by, NOW - timedelta(hours=1), end, **more)


def held(said, author=None, path=None):
    return Held(path or said.path, author or said.by, said)


def gate(words, rules, case=CASE):
    return judgements.approvals([held(each) for each in words], rules, case, 7)


def test_one_yes_of_anybody_is_enough_where_one_is_needed():
    answer = gate([word()], Approvals(needed=1))

    assert answer.answer is Answer.ALLOW
    assert answer.reason == "1 of 1 needed, by Ada"
    assert "Ada <ada@example.org> at 2026-11-21T11:00:00Z" in answer.evidence


def test_without_one_it_waits_and_says_what_to_type():
    answer = gate([], Approvals(needed=1))

    assert str(answer) == (
        "approval: wait, 0 of 1 needed. Approve it: invoke approve 7 --to production"
    )


@pytest.mark.parametrize(
    ("said", "rules", "case", "why"),
    [
        (word(digest=OTHER), Approvals(1), CASE, "speaks of another image"),
        (word(environment="canary"), Approvals(1), CASE, "speaks of another image"),
        (word(hours=0), Approvals(1), CASE, "Ada's expired at 2026-11-21T12:00:00Z"),
        (word(revoked="2026-11-21T11:30:00Z", revoked_by="Ada"), Approvals(1), CASE, "taken back"),
        (word(), Approvals(1, ("ben@example.org",)), CASE, "Ada is not among the approvers"),
        (word(), Approvals(1, excluded=frozenset({AUTHOR})), replace(CASE, author=ADA),
         "Ada made the source commit, and nobody approves their own"),
        (word(), Approvals(1, excluded=frozenset({PROMOTER})), replace(CASE, promoter=ADA),
         "Ada runs this promotion, and nobody approves their own"),
        (word(), Approvals(1, excluded=frozenset({AUTHOR})), CASE,
         "it is not known who made the source commit"),
    ],
)  # fmt: skip
def test_what_does_not_count_says_why(said, rules, case, why):
    path = said.path.replace("canary", "production").replace("2" * 12, "1" * 12)

    assert why in objection(held(said, path=path), rules, case)


def test_a_word_in_somebody_elses_commit_is_not_theirs():
    assert objection(held(word(), author=EVE), Approvals(1), CASE) == (
        "Ada's was written by Eve, so it is not Ada's word"
    )


def test_a_file_moved_to_another_image_does_not_count():
    moved = Held(word(digest=OTHER).path, ADA, word())
    case = replace(CASE, digest=OTHER)

    assert "speaks of another image" in objection(moved, Approvals(1), case)


def test_two_words_of_one_person_under_two_spellings_are_one():
    again = word(by=Person("A. Lovelace", "ADA@example.org"))

    assert gate([word(), again], Approvals(needed=2)).answer is Answer.WAIT


def test_people_are_written_and_read_alike():
    assert Person.read("Ada Lovelace <ada@example.org>") == Person(
        "Ada Lovelace", "ada@example.org"
    )
    assert Person.read("ada@example.org").email == "ada@example.org"
    assert Person.read("ada") == Person("ada", "")
    assert Person.read("<ada@example.org>").name == "ada@example.org"


@unhurried
@given(st.text(max_size=200), st.text(max_size=200))
def test_a_name_of_any_letters_is_a_file_name_of_its_own(one, other):
    first, second = Person(one, ""), Person(other, "")

    assert "/" not in first.file
    assert not first.file.startswith((".", "-"))
    assert (first.file == second.file) is (first.key == second.key)


@unhurried
@given(st.text(min_size=1, max_size=30), st.text(max_size=60))
def test_an_approval_is_read_as_it_was_written(name, note):
    said = word(by=Person(name, "x@example.org"), note=note)

    assert Approval.read(said.text()) == said


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"by": 3}', "null", '{"at": "now"}'])
def test_what_is_no_approval_is_said_to_be_none(text):
    with pytest.raises(ValueError, match=r".+"):
        Approval.read(text)


@pytest.mark.parametrize(
    ("wish", "end"),
    [
        ("", NOW + timedelta(days=3)),
        ("8h", NOW + timedelta(hours=8)),
        ("90m", NOW + timedelta(minutes=90)),
        ("2d", NOW + timedelta(days=2)),
        ("2026-12-31", datetime(2026, 12, 31, tzinfo=UTC)),
        ("2026-12-31T18:00:00+01:00", datetime(2026, 12, 31, 17, tzinfo=UTC)),
    ],
)
def test_an_end_is_a_length_a_day_or_a_moment(wish, end):
    assert until(wish, NOW, 3) == end


@pytest.mark.parametrize("wish", ["0h", "2020-01-01", "soon", "-3d", "3w"])
def test_an_end_that_cannot_be_is_refused(wish):
    with pytest.raises(ValueError, match=r"over already|is no time"):
        until(wish, NOW, 3)


people = st.sampled_from([ADA, BEN, EVE, Person("Zoe", ""), Person("Max", "MAX@example.org")])
words = st.builds(
    word,
    by=people,
    digest=st.sampled_from([ONE, ONE, ONE, OTHER]),
    environment=st.sampled_from(["production", "production", "canary"]),
    hours=st.integers(-48, 48),
    revoked=st.sampled_from(["", "", "2026-11-21T11:00:00Z"]),
)
rules = st.builds(
    Approvals,
    needed=st.integers(1, 3),
    approvers=st.lists(st.sampled_from(["ada@example.org", "Ben", "EVE@EXAMPLE.ORG"]), max_size=3)
    .map(tuple),
    excluded=st.sets(st.sampled_from([AUTHOR, PROMOTER])).map(frozenset),
)  # fmt: skip
cases = st.builds(
    Case,
    st.just("production"),
    st.just(ONE),
    st.one_of(st.none(), people),
    st.one_of(st.none(), people),
    st.integers(-72, 72).map(lambda hours: NOW + timedelta(hours=hours)),
)
helds = st.lists(
    st.one_of(
        words.map(held),
        st.builds(lambda said, author: held(said, author=author), words, people),
        st.just(Held("approvals/production/111111111111/x.json", ADA, None)),
    ),
    max_size=6,
)


def plain_model(found, asked, case):
    """Return the people that count, by the words of the issue."""
    good = set()
    for each in found:
        said = each.approval
        if said is None or each.author.key != said.by.key:
            continue
        who = {said.by.name.casefold(), said.by.email.casefold()} - {""}
        named = {name.casefold() for name in asked.approvers}
        own = {AUTHOR: case.author, PROMOTER: case.promoter}
        self_approved = any(
            own[kind] is None or own[kind].key == said.by.key for kind in asked.excluded
        )
        if (
            said.digest == case.digest
            and said.environment == case.environment
            and case.now < said.expires
            and not said.revoked
            and (not named or who & named)
            and not self_approved
        ):
            good.add(said.by.key)
    return good


@unhurried
@given(helds, rules, cases)
def test_exactly_the_people_count_whom_the_policy_means(found, asked, case):
    good, _other = counted(found, asked, case)

    assert {each.by.key for each in good} == plain_model(found, asked, case)
    answer = judgements.approvals(found, asked, case, 7).answer
    assert (answer is Answer.ALLOW) is (len(good) >= asked.needed)


@unhurried
@given(helds, rules, cases, st.integers(0, 100))
def test_time_that_passes_never_opens_the_gate(found, asked, case, hours):
    later = replace(case, now=case.now + timedelta(hours=hours))

    now_good = {each.by.key for each in counted(found, asked, case)[0]}
    assert {each.by.key for each in counted(found, asked, later)[0]} <= now_good


@unhurried
@given(helds, rules, cases)
def test_each_word_counts_or_says_why_not(found, asked, case):
    good, other = counted(found, asked, case)

    people_who_count = {each.by.key for each in good}
    assert len(good) == len(people_who_count)
    assert len(other) == sum(bool(objection(each, asked, case)) for each in found)
