"""What stands between a version and an environment. A gate answers and says why."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum

from services.lifecycle.errors import RefusedError
from services.lifecycle.releasing.releases import spoken

HOLD = "gourmetops.hold"
STAGING_TESTS = "gourmetops.staging-tests"


class Answer(Enum):
    """What a gate says."""

    ALLOW = "allow"
    DENY = "deny"
    WAIT = "wait"


@dataclass(frozen=True)
class Gate:
    """One judgement: its answer, the reason, and the command that changes it."""

    name: str
    answer: Answer
    reason: str
    remedy: str = ""

    def __str__(self) -> str:
        return f"{self.name}: {self.answer.value}, {self.reason}. {self.remedy}".rstrip()


def hold(tags: Mapping[str, str]) -> Gate:
    """Is the version on hold?"""
    if reason := tags.get(HOLD):
        return Gate("hold", Answer.DENY, f"it is on hold: {reason}", "Train another version.")
    return Gate("hold", Answer.ALLOW, "it is not on hold")


def staging_tests(tags: Mapping[str, str], digest: str) -> Gate:
    """Did the staging tests pass for this very image?"""
    verdict, _, tested = tags.get(STAGING_TESTS, "").partition(" ")
    remedy = "Deploy it to staging and run workflows/test-staging.yaml."
    if not verdict:
        return Gate("staging tests", Answer.WAIT, "they have not run", remedy)
    if tested != digest:
        reason = f"they ran for {tested[:19]} and this is {digest[:19]}"
        return Gate("staging tests", Answer.DENY, reason, remedy)
    if verdict != "passed":
        return Gate("staging tests", Answer.DENY, "they failed", "Train another version.")
    return Gate("staging tests", Answer.ALLOW, "they passed for this digest")


def require(gates: Iterable[Gate], version: int | None, environment: str) -> None:
    """Refuse unless every gate allows.

    Raises:
        RefusedError: naming each gate that does not.
    """
    closed = [gate for gate in gates if gate.answer is not Answer.ALLOW]
    if closed:
        reasons = " ".join(str(gate) for gate in closed)
        raise RefusedError(f"{spoken(version)} may not go to {environment}: {reasons}")
