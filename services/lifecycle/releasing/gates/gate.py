"""A gate: one judgement of what stands between a version and an environment."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from enum import Enum
from typing import Any

from services.lifecycle.errors import RefusedError
from services.lifecycle.releasing.releases import spoken


class Answer(Enum):
    """What a gate says."""

    ALLOW = "allow"
    DENY = "deny"
    WAIT = "wait"


@dataclass(frozen=True)
class Gate:
    """One judgement.

    Attributes:
        name: What is judged.
        answer: Allow, deny or wait.
        reason: Why, as the rest of a sentence.
        remedy: The command, or what else a person does, that changes the answer.
        evidence: What the answer was read from.
        firm: Holds whatever the reason: --force does not open it.
    """

    name: str
    answer: Answer
    reason: str
    remedy: str = ""
    evidence: str = ""
    firm: bool = False

    @property
    def is_open(self) -> bool:
        """Say whether it allows."""
        return self.answer is Answer.ALLOW

    def facts(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {**asdict(self), "answer": self.answer.value}

    def __str__(self) -> str:
        return f"{self.name}: {self.answer.value}, {self.reason}. {self.remedy}".rstrip()


def allow(name: str, reason: str, evidence: str = "", *, firm: bool = False) -> Gate:
    """Return a gate that is open."""
    return Gate(name, Answer.ALLOW, reason, evidence=evidence, firm=firm)


def require(
    gates: Iterable[Gate], version: int | None, environment: str, force: str = ""
) -> list[Gate]:
    """Refuse unless every gate allows, or is opened by force; return those that were forced.

    Raises:
        RefusedError: naming each gate that does not allow.
    """
    closed = [gate for gate in gates if not gate.is_open]
    refusing = [gate for gate in closed if gate.firm] if force else closed
    if refusing:
        reasons = " ".join(str(gate) for gate in refusing)
        firm = " --force does not open that." if force else ""
        raise RefusedError(f"{spoken(version)} may not go to {environment}: {reasons}{firm}")
    return closed
