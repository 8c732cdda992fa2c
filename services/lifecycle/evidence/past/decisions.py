"""The past of one environment as a list of decisions: what was done, by whom, on whose word.

The journal says most; what it does not know, Git does: approvals, and what was released
elsewhere or by hand. One operation is one decision.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from services.lifecycle.evidence.past import moments
from services.lifecycle.evidence.past.commits import UNDOES, Change
from services.lifecycle.releasing.releases import spoken

Entry = Mapping[str, Any]
RELEASE, TESTS, GATES, BACK, END = "release", "tests", "gates", "back", "end"
# Gates whose being open is nothing to tell.
PLAIN = ("hold: it is not", "lease: ", "freeze: there is none", "provenance: signature")
REPAIR = "repair"
BY_HAND = {"approve": "approval", "apply": "plan", "hold": "hold", "repair": "repair"}
NOUNS = {
    "promote": "promotion",
    "revert": "rollback",
    "deploy": "deployment",
    "judge": "judgement",
    "test": "tests",
}
JUDGED = {"judge": "live traffic", "replay": "a replay"}


@dataclass
class Decision:
    """One thing that was decided about an environment.

    Attributes:
        at: When it began, UTC.
        what: In words, such as `version 7 released, was version 6`.
        kind: released, back, undone, mended, refused, failed, share, tests, judged, approved,
            withdrawn, manifests, or open.
        by: Who did it.
        word: On whose word, and on what evidence: approvals, tests, gates, a force.
        reason: Why it was done, or why it came to nothing.
        seconds: How long it took; None for what takes no time.
        commit: Of the GitOps repository, where it made one.
    """

    at: str
    what: str
    kind: str
    by: str = ""
    word: list[str] = field(default_factory=list)
    reason: str = ""
    seconds: float | None = None
    operation: str = ""
    commit: str = ""
    version: int | None = None
    digest: str = ""

    def facts(self) -> dict[str, Any]:
        """Return it as plain values."""
        return asdict(self)


def decide(environment: str, entries: Iterable[Entry], changes: Iterable[Change]) -> list[Decision]:
    """Return the decisions about an environment, the newest first."""
    own = [change for change in changes if change.environment == environment]
    groups = _operations(environment, entries)
    told = [made for group in groups.values() for made in _operation(group, own)]
    known = {name for group in groups.values() for name in _known(group)}
    told += [_of_change(each, own) for each in own if _is_news(each, known)]
    return sorted(told, key=lambda each: moments.moment(each.at), reverse=True)


def _operations(environment: str, entries: Iterable[Entry]) -> dict[str, list[Entry]]:
    """Group what the journal says by operation; one that continues another is the same."""
    groups: dict[str, list[Entry]] = {}
    names: dict[str, str] = {}
    for entry in entries:
        if entry.get("environment") != environment or entry["move"] == "approval":
            continue
        name = str(entry["operation"])
        first = entry.get("continues") or name
        names.setdefault(name, names.get(first, first))
        groups.setdefault(names[name], []).append(entry)
    return groups


def _known(group: list[Entry]) -> set[str]:
    """Return what tells Git's changes that the journal knows: operations and commits."""
    moved = [e for e in group if e["move"] == RELEASE or e["move"].startswith("weight ")]
    return {str(e["operation"]) for e in moved} | {str(e["commit"]) for e in moved if "commit" in e}


def _is_news(change: Change, known: set[str]) -> bool:
    """Say whether Git alone knows of a change."""
    undone = UNDOES.search(change.subject)
    names = {change.operation, change.commit, undone[1] if undone else ""}
    by_known = not known.isdisjoint(names - {""})
    return change.kind == "approval" or not by_known


def _operation(group: list[Entry], changes: list[Change]) -> list[Decision]:
    """Tell one operation."""
    first, last = group[0], group[-1]
    made = Decision(first["at"], "", "", by=_by(group), operation=str(last["operation"]))
    made.seconds = (moments.moment(last["at"]) - moments.moment(first["at"])).total_seconds()
    made.word = _word(group)
    made.reason = _reason(group)
    moved = _last(group, RELEASE, "intent") or _last(group, RELEASE, "done")
    if moved and moved.get("after"):
        _tell_release(made, group, moved)
        _tell_more(made, group)
        made.commit = _commit(made, changes) or str(moved.get("commit", ""))
        return [made]
    told = _tell_rest(made, group)
    for each in told:
        each.commit = _commit(each, changes, "share") if each.kind == "share" else ""
    return told


def _tell_release(made: Decision, group: list[Entry], moved: Entry) -> None:
    release = moved["after"]["release"]
    made.version, made.digest = release["version"], release["digest"]
    stood = (moved.get("before") or {}).get("release")
    was = f", was {spoken(stood['version'])}" if stood else ""
    to = spoken(made.version)
    if back := _last(group, BACK, "begin"):
        made.kind, made.what = "back", f"back to {to}{was}"
        made.reason = str(back.get("reason") or made.reason)
        tests = _last(group, TESTS, "seen")
        if tests and tests.get("problems"):
            made.reason = f"{made.reason.rstrip('.')}: {' '.join(tests['problems'])}"
    elif undone := _last(group, RELEASE, "undone"):
        made.kind, made.what = "undone", f"{to} tried and taken back: {undone['what']}"
    elif not _last(group, RELEASE, "done"):
        made.kind, made.what = "open", f"{to} begun and not finished{was}"
    elif _ended_badly(group):
        made.kind, made.what = "failed", f"{to} released{was}, and it did not end well"
    elif stood and stood == release:
        made.kind, made.what = "released", f"{to} released again, the same as before"
    else:
        made.kind, made.what = "released", f"{to} released{was}"


def _tell_more(made: Decision, group: list[Entry]) -> None:
    """Tell what else moved with a release: a hold, and traffic."""
    for entry in group:
        kind, _, name = str(entry["move"]).partition(" ")
        if kind == "hold" and entry["state"] == "intent":
            made.what += f", version {name} on hold"
    if weight := _last_weight(group):
        made.what += f", {weight['after']['share']} % of the traffic"


def _tell_rest(made: Decision, group: list[Entry]) -> list[Decision]:
    """Tell an operation that released nothing."""
    told: list[Decision] = []
    for entry in group:
        told += _judged(made, entry)
    if weight := _last_weight(group):
        share, had = weight["after"]["share"], (weight.get("before") or {}).get("share")
        was = f", was {had} %" if had is not None else ""
        made.kind, made.what = "share", f"{share} % of the traffic{was}"
        return [*told, made]
    if told:
        return told
    if mended := _last(group, REPAIR, "done"):
        made.kind, made.what = "mended", f"repaired: {'; '.join(mended['what'])}"
        return [made]
    if _ended_badly(group) or _last(group, None, "failed"):
        is_refused = bool(_last(group, GATES, "asked"))
        made.kind = "refused" if is_refused else "failed"
        noun = _noun(made.operation, _last(group, None, "failed"))
        made.what = f"{noun} {'refused' if is_refused else 'came to nothing'}"
        return [made]
    return []


def _judged(made: Decision, entry: Entry) -> list[Decision]:
    """Tell what tests or the judge said."""
    move = entry["move"]
    if move != TESTS and move not in JUDGED:
        return []
    verdict = str(entry.get("verdict", ""))
    version = entry.get("version", made.version)
    one = Decision(
        entry["at"], "", TESTS if move == TESTS else "judged",
        by=made.by, operation=made.operation, version=version, digest=str(entry.get("digest", "")),
    )  # fmt: skip
    if move == TESTS:
        one.what = f"tests {verdict}"
        one.reason = " ".join(entry.get("problems") or [])
    else:
        one.what = f"judged on {JUDGED[move]}: {verdict}"
        one.reason = str(entry.get("reason", ""))
    return [one]


def _of_change(change: Change, own: list[Change]) -> Decision:
    """Tell what Git alone knows."""
    made = Decision(
        change.at, change.subject, change.kind, by=change.author, operation=change.operation,
        commit=change.commit,
    )  # fmt: skip
    facts = change.facts or {}
    made.version, made.digest = facts.get("version"), str(facts.get("digest", ""))
    if change.kind == "release":
        made.kind, was = "released", _before(change, own)
        made.what = f"{spoken(made.version)} released{was}" if facts else "the release was removed"
    elif change.kind == "approval":
        revoked = facts.get("revoked")
        made.kind = "withdrawn" if revoked or not facts else "approved"
        verb = "is no longer approved" if made.kind == "withdrawn" else "approved"
        made.what = f"{spoken(made.version)} {verb}"
        made.reason = str(facts.get("note", ""))
        until = str(facts.get("expires", ""))
        made.word = [f"until {moments.spoken(until)}"] if until and not revoked else []
    elif change.kind == "share":
        made.what = f"{facts.get('share')} % of the traffic"
    else:
        made.what = "manifests rendered anew, the same release"
    return made


def _before(change: Change, own: list[Change]) -> str:
    older = [each for each in own if each.kind == "release" and each.at < change.at]
    release = older[0].release if older else None
    return f", was {spoken(release.version)}" if release else ""


def _word(group: list[Entry]) -> list[str]:
    """Return on what an operation went: who forced it, and what the gates said."""
    forced = _last(group, GATES, "forced")
    if forced:
        return [f"FORCED past {forced.get('gates')}: {forced.get('reason')}"]
    asked = _last(group, GATES, "asked")
    answers = [_short(str(answer)) for answer in (asked or {}).get("answers", [])]
    return [answer for answer in answers if not answer.startswith(PLAIN)]


def _short(answer: str) -> str:
    """Shorten `gate: allow, because of this.` to `gate: because of this`."""
    name, _, rest = answer.partition(": ")
    verdict, _, reason = rest.partition(", ")
    told = reason.rstrip(".") if verdict == "allow" else rest.rstrip(".")
    return f"{name}: {told}"


def _reason(group: list[Entry]) -> str:
    """Return why it came to nothing, if it did, in the steps' own words."""
    ended = _last(group, END, None)
    if ended and ended["state"] != "Succeeded" and ended.get("reason"):
        return str(ended["reason"])
    failed = _last(group, None, "failed")
    return str(failed["reason"]) if failed and not (ended and ended["state"] == "Succeeded") else ""


def _noun(operation: str, failed: Entry | None) -> str:
    """Name what an operation was to be, by its workflow, or by the verb that was called by hand."""
    found = [noun for name, noun in NOUNS.items() if operation.startswith(name)]
    by_hand = BY_HAND.get(failed["move"], "operation") if failed else "operation"
    return found[0] if found else by_hand


def _by(group: list[Entry]) -> str:
    named = [str(e["by"]) for e in group if e.get("by") and e["move"] != GATES]
    return named[0] if named else ""


def _commit(made: Decision, changes: list[Change], kind: str = RELEASE) -> str:
    for change in changes:
        if change.kind == kind and change.operation == made.operation:
            return change.commit
    return ""


def _ended_badly(group: list[Entry]) -> bool:
    ended = _last(group, END, None)
    return bool(ended and ended["state"] not in ("Succeeded", "Finished", "Mended"))


def _last_weight(group: list[Entry]) -> Entry | None:
    moves = [e for e in group if e["move"].startswith("weight ") and e["state"] == "intent"]
    return moves[-1] if moves else None


def _last(group: list[Entry], move: str | None, state: str | None) -> Entry | None:
    for entry in group[::-1]:
        if move in (None, entry["move"]) and state in (None, entry["state"]):
            return entry
    return None
