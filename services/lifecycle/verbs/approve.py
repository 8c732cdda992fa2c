"""Say that a version may go to an environment, or take that back; a commit of one's own."""

from argparse import ArgumentParser, Namespace
from dataclasses import dataclass, replace
from datetime import datetime

from services.lifecycle.errors import AskedWronglyError, RefusedError
from services.lifecycle.releasing.gates import approval, approvals, policy
from services.lifecycle.releasing.gates.approval import Approval, Case, Held, Person
from services.lifecycle.releasing.gates.asking import SOURCES, Asking, Question
from services.lifecycle.releasing.operation import Operation
from services.lifecycle.releasing.releases import spoken, version
from services.lifecycle.step import Step


def arguments(parser: ArgumentParser) -> None:
    """Declare what this verb takes."""
    parser.add_argument("--version", required=True, type=version, help="the model version")
    parser.add_argument("--target", required=True, choices=SOURCES)
    parser.add_argument("--note", default="", help="why; it is kept with the approval")
    parser.add_argument("--expires", default="", help="8h, 3d, 2026-12-31; else as the policy says")
    parser.add_argument("--revoke", action="store_true", help="take one's own approval back")


@dataclass(frozen=True)
class Word:
    """Somebody's word on a question, before and after what is asked now."""

    asking: Asking
    by: Person
    stood: Held | None


def run(step: Step, asked: Namespace) -> dict[str, str]:
    """Commit the approval, or that it is taken back; a second time changes nothing."""
    word = _word(step, asked)
    said, commit = _take_back(step, word, asked) if asked.revoke else _give(step, word, asked)
    gate = Asking(step, word.asking.question).approval()
    step.say(f"approval: {gate.answer.value}, {gate.reason}")
    return {
        "version": str(asked.version),
        "environment": asked.target,
        "digest": said.digest,
        "by": str(said.by),
        "expires": approval.written(said.expires),
        "commit": commit,
        "answer": gate.answer.value,
    }


def _word(step: Step, asked: Namespace) -> Word:
    if asked.version is None:
        raise AskedWronglyError("the bootstrap model needs no approval. Give a version's number.")
    by = Person.read(step.settings.person)
    asking = Asking(step, Question(asked.version, asked.target))
    if not asking.digest:
        raise RefusedError(
            f"no image was baked of {spoken(asked.version)}, and an approval speaks of one image. "
            "Take it to staging first: invoke train"
        )
    stood = approvals.held(step.gitops, asked.target, asking.digest)
    return Word(asking, by, next((held for held in stood if held.path.endswith(by.file)), None))


def _give(step: Step, word: Word, asked: Namespace) -> tuple[Approval, str]:
    asking = word.asking
    rules = asking.rules.approvals
    if not rules.needed:
        raise AskedWronglyError(
            f"{asked.target} needs no approval here. Promote it: invoke promote --to {asked.target}"
        )
    said = Approval(
        environment=asked.target,
        version=asked.version,
        digest=asking.digest,
        commit=asking.commit,
        by=word.by,
        at=asking.now.replace(microsecond=0),
        expires=_until(asked.expires, asking.now, rules.days),
        note=asked.note,
    )
    author = asking.author() if policy.AUTHOR in rules.excluded else None
    # Who will run the promotion is not known yet; the gate asks that again.
    known = replace(rules, excluded=rules.excluded - {policy.PROMOTER})
    case = Case(asked.target, asking.digest, author, None, asking.now)
    if why := approval.objection(Held(said.path, word.by, said), known, case):
        raise RefusedError(f"{said.by} cannot approve {spoken(asked.version)}: {why}.")
    old = word.stood
    if old and old.approval and not approval.objection(old, known, case):
        asks_more = asked.expires or asked.note not in ("", old.approval.note)
        if not asks_more:
            step.say(f"{old.approval.by} said so already, at {approval.written(old.approval.at)}")
            return old.approval, ""
    return said, _commit(step, said, word.by, "approved", asked)


def _take_back(step: Step, word: Word, asked: Namespace) -> tuple[Approval, str]:
    said = word.stood.approval if word.stood else None
    if said is None:
        raise RefusedError(
            f"{word.by} has approved no image of {spoken(asked.version)} for {asked.target}, so "
            f"there is nothing to take back. See who has: invoke explain {asked.version} "
            f"--to {asked.target}"
        )
    if said.revoked:
        step.say(f"it was taken back already, at {said.revoked}")
        return said, ""
    said = replace(
        said, revoked=approval.written(word.asking.now), revoked_by=str(word.by), note=asked.note
    )
    return said, _commit(step, said, word.by, "no longer approved", asked)


def _commit(step: Step, said: Approval, by: Person, what: str, asked: Namespace) -> str:
    subject = f"{said.environment}: {spoken(said.version)} ({said.digest[:19]}) is {what}"
    until = "" if said.revoked else f" until {approval.written(said.expires)}"
    note = f"\n\n{said.note}" if said.note else ""
    message = f"{subject} by {by.name}{until}{note}\n\nOperation: {asked.operation}\n"
    commit = approvals.put(step.gitops, said, message)
    made = Operation(asked.operation, said.environment, step.journal)
    facts = {"version": said.version, "digest": said.digest, "person": str(by), "note": said.note}
    state = "revoked" if said.revoked else "given"
    made.note("approval", state, **facts, expires=approval.written(said.expires), commit=commit)
    step.say(f"{subject} by {by}{until}")
    return commit


def _until(text: str, now: datetime, days: float) -> datetime:
    try:
        return approval.until(text, now, days)
    except ValueError as error:
        raise AskedWronglyError(f"--expires: {error}.") from None
