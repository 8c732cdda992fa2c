"""What each gate judges: plain values in, an answer out."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from services.lifecycle.releasing.gates import approval
from services.lifecycle.releasing.gates.approval import Case, Held
from services.lifecycle.releasing.gates.freezes import Freeze
from services.lifecycle.releasing.gates.gate import Answer, Gate, allow
from services.lifecycle.releasing.gates.policy import Approvals

HOLD = "gourmetops.hold"
STAGING_TESTS = "gourmetops.staging-tests"
MODEL_TESTS = "gourmetops.tests"
VERDICTS = {"judge": "gourmetops.judge", "replay": "gourmetops.replay"}
TRAIN = "Train another version: invoke train"


def model_tests(run: str, tags: Mapping[str, str]) -> Gate:
    """Did the model's own tests pass, in the run that trained it?"""
    verdict, name = tags.get(MODEL_TESTS, ""), "model tests"
    evidence = f"training run {run}"
    if verdict == "passed":
        return allow(name, "they passed in its training run", evidence)
    if not verdict:
        return Gate(name, Answer.WAIT, "they did not run", TRAIN, evidence)
    return Gate(name, Answer.DENY, f"they {verdict}", TRAIN, evidence)


def hold(tags: Mapping[str, str], version: int) -> Gate:
    """Is the version on hold?"""
    if reason := tags.get(HOLD):
        remedy = f'{TRAIN}. Or lift it: invoke hold {version} --lift --reason "WHY"'
        return Gate("hold", Answer.DENY, f"it is on hold: {reason}", remedy, f"tag {HOLD}")
    return allow("hold", "it is not on hold")


def staging_tests(tags: Mapping[str, str], digest: str) -> Gate:
    """Did the staging tests pass for this very image?"""
    verdict, _, tested = tags.get(STAGING_TESTS, "").partition(" ")
    name, evidence = "staging tests", f"tag {STAGING_TESTS}"
    remedy = "Deploy it to staging and run workflows/test-staging.yaml."
    if not verdict:
        return Gate(name, Answer.WAIT, "they have not run", remedy)
    if tested != digest:
        reason = f"they ran for {tested[:19]} and this is {digest[:19]}"
        return Gate(name, Answer.DENY, reason, remedy, evidence)
    if verdict != "passed":
        return Gate(name, Answer.DENY, "they failed", TRAIN, evidence)
    return allow(name, "they passed for this digest", evidence)


def verdict(tags: Mapping[str, str], digest: str, wish: str) -> Gate:
    """What did the judge, or a replay, say of this very image? A fail always denies."""
    said = {}
    for kind, tag in VERDICTS.items():
        word, _, judged = tags.get(tag, "").partition(" ")
        if judged.split(" ")[0] == digest:
            said[kind] = word
    name, evidence = "verdict", ", ".join(f"{kind}: {word}" for kind, word in said.items())
    failed = [kind for kind, word in said.items() if word == "fail"]
    if failed:
        return Gate(name, Answer.DENY, f"the {failed[0]} of this digest failed", TRAIN, evidence)
    if passed := [kind for kind, word in said.items() if word == "pass"]:
        return allow(name, f"the {passed[0]} passed for this digest", evidence)
    reason = "the judge waits for more samples" if said else "nobody judged this digest"
    if wish == "required":
        return Gate(name, Answer.WAIT, reason, "Judge it: invoke judge", evidence)
    return allow(name, f"{reason}, and a verdict is advisory here", evidence)


def freeze(freezes: Iterable[Freeze], environment: str, now: datetime) -> Gate:
    """Is it a time in which nothing moves?"""
    mine = [each for each in freezes if environment in each.environments]
    held = [each for each in mine if each.holds(now)]
    if held:
        last = max(held, key=lambda each: each.span(now)[1])
        end = last.spoken(last.span(now)[1])
        remedy = f'Ask again after {end}, or say why it cannot wait: --force "REASON"'
        return Gate("freeze", Answer.WAIT, f"{last.name}, until {end}", remedy, "the site's policy")
    coming = min(mine, key=lambda each: each.span(now)[0], default=None)
    if coming is None or coming.span(now)[0] < now:
        return allow("freeze", "there is none")
    return allow("freeze", f"the next is {coming.name}, from {coming.spoken(coming.span(now)[0])}")


def lease(ends: str, hours: float, now: datetime) -> Gate:
    """Does the site still stand for long enough?"""
    if not ends:
        return allow("lease", "this site has none")
    remedy = "Extend it: invoke lease.extend"
    try:
        moment = datetime.fromisoformat(ends).astimezone(UTC)
    except ValueError:
        reason = f"its end cannot be read: {ends!r}"
        return Gate("lease", Answer.DENY, reason, remedy, "GOURMET_LEASE_ENDS")
    spoken = f"it ends at {approval.written(moment)}, and {hours:g} h must be left"
    if moment - now < timedelta(hours=hours):
        return Gate("lease", Answer.DENY, spoken, remedy, "GOURMET_LEASE_ENDS")
    return allow("lease", spoken, "GOURMET_LEASE_ENDS")


def approvals(held: Sequence[Held], rules: Approvals, case: Case, version: int) -> Gate:
    """Did enough people say that this image may go there?"""
    name = "approval"
    if not rules.needed:
        return allow(name, f"{case.environment} needs none")
    good, other = approval.counted(held, rules, case)
    evidence = "; ".join(
        f"{each.by} at {approval.written(each.at)}, until {approval.written(each.expires)}"
        for each in good
    )
    of = f" of {len(rules.approvers)} approvers" if rules.approvers else ""
    why = f" ({'; '.join(other)})" if other else ""
    if len(good) >= rules.needed:
        names = ", ".join(each.by.name for each in good)
        return allow(name, f"{len(good)} of {rules.needed} needed, by {names}{why}", evidence)
    reason = f"{len(good)} of {rules.needed} needed{of}{why}"
    remedy = f"Approve it: invoke approve {version} --to {case.environment}"
    return Gate(name, Answer.WAIT, reason, remedy, evidence)
