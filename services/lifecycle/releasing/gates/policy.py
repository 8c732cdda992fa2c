"""The policy of a site: what its gates go by. It is data of the platform's chart.

It comes as JSON in GOURMET_POLICY, a key of the ConfigMap `platform`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from services.lifecycle.errors import AskedWronglyError
from services.lifecycle.releasing.gates.freezes import Freeze, FreezeError

AUTHOR, PROMOTER = "author", "promoter"
VERDICTS = ("required", "advisory")


@dataclass(frozen=True)
class Approvals:
    """Whose approvals an environment needs.

    Attributes:
        needed: How many different people.
        approvers: Their addresses, or names; nobody named is anybody.
        excluded: Who may not approve all the same: `author` of the source commit, `promoter`.
        days: For how long an approval holds where --expires does not say.
    """

    needed: int = 0
    approvers: tuple[str, ...] = ()
    excluded: frozenset[str] = frozenset()
    days: float = 7


@dataclass(frozen=True)
class Rules:
    """What an environment asks of a version."""

    approvals: Approvals = field(default_factory=Approvals)
    verdict: str = "advisory"


@dataclass(frozen=True)
class Policy:
    """What a site asks.

    Attributes:
        environments: By name.
        freezes: When nothing moves.
        lease_hours: How much must be left of the site's lease, where it has one.
    """

    environments: Mapping[str, Rules]
    freezes: tuple[Freeze, ...] = ()
    lease_hours: float = 0

    def of(self, environment: str) -> Rules:
        """Return the rules of an environment; one that is not named asks for no approval."""
        return self.environments.get(environment, Rules())


# Where a site says nothing: production asks for one approval, by anybody.
DEFAULT = Policy({"production": Rules(Approvals(needed=1))})


def read(text: str) -> Policy:
    """Read GOURMET_POLICY; nothing is the default.

    Raises:
        AskedWronglyError: a name is unknown, or a value cannot be.
    """
    if not text:
        return DEFAULT
    try:
        found = json.loads(text)
        _only(found, "environments", "freezes", "leaseHours")
        return Policy(
            {name: _rules(name, said) for name, said in found.get("environments", {}).items()},
            tuple(Freeze.read(said) for said in found.get("freezes", ())),
            float(found.get("leaseHours", 0)),
        )
    except (ValueError, TypeError, AttributeError, KeyError, FreezeError) as error:
        raise AskedWronglyError(
            f"GOURMET_POLICY: {_why(error)}. It is `policy` in charts/platform/values.yaml and in "
            "the file of the site beside it; mend it there and run `invoke up` again."
        ) from None


def _rules(name: str, said: Mapping[str, Any]) -> Rules:
    _only(said, "approvals", "verdict")
    verdict = said.get("verdict", "advisory")
    if verdict not in VERDICTS:
        raise ValueError(f"{name}: verdict is {verdict!r}, and may be {' or '.join(VERDICTS)}")
    return Rules(_approvals(name, said.get("approvals", {})), verdict)


def _approvals(name: str, said: Mapping[str, Any]) -> Approvals:
    _only(said, "needed", "approvers", "not", "days")
    made = Approvals(
        needed=int(said.get("needed", 0)),
        approvers=tuple(str(each) for each in said.get("approvers", ())),
        excluded=frozenset(said.get("not", ())),
        days=float(said.get("days", 7)),
    )
    if strange := sorted(made.excluded - {AUTHOR, PROMOTER}):
        raise ValueError(f"{name}: `not` holds {strange[0]!r}, and may hold author, promoter")
    if made.needed < 0 or made.days <= 0:
        raise ValueError(f"{name}: needed is at least 0, and days are more than 0")
    if made.approvers and made.needed > len({each.casefold() for each in made.approvers}):
        count = len(made.approvers)
        raise ValueError(f"{name}: {made.needed} of {count} approvers are needed, which cannot be")
    return made


def _only(said: Mapping[str, Any], *names: str) -> None:
    if strange := sorted(set(said) - set(names)):
        raise ValueError(f"there is no {strange[0]!r} (there is {', '.join(names)})")


def _why(error: Exception) -> str:
    return f"{error}" if isinstance(error, (ValueError, FreezeError)) else f"{error!r}"
