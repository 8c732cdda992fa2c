"""What was seen of canary and production since a judgement began.

It is a value: a look at the replicas makes the next one of it, and as JSON it goes from
one step of a workflow to the next, so a judgement that was broken off goes on where it was.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, astuple, dataclass, field, replace
from typing import Any, Self

from services.lifecycle.errors import AskedWronglyError
from services.lifecycle.judging.counts import Counts
from services.lifecycle.judging.exposition import Reading

CANARY, PRODUCTION = "canary", "production"
KEPT_LOOKS = 30
# The share at which production gets no live traffic any more.
WHOLE = 100


@dataclass(frozen=True)
class Seen:
    """The last reading of one replica, to count from."""

    started: float
    restarts: int
    counts: Counts


@dataclass(frozen=True)
class Look:
    """How far it was at one moment, for the page."""

    at: float
    canary_answers: float
    canary_errors: float
    production_answers: float
    production_errors: float


@dataclass(frozen=True)
class Passed:
    """A step of the plan that the canary has passed, for the page."""

    share: int
    seconds: float
    canary_answers: float
    production_answers: float


@dataclass(frozen=True)
class Evidence:
    """All that a judgement rests on.

    Attributes:
        version: Of the canary.
        production: The version that production serves: `none` is bootstrap, empty nothing.
        images: What the two run, so that a release in between is noticed.
        began: When it began, in seconds since 1970.
        ended: When it was looked at last.
        canary: What the canary counted since.
        other: What production counted since.
        restarts: How often a process of the canary ended since.
        seen: The last reading of each replica, as `environment/name`.
        looks: A few moments on the way.
        share: The canary's share of live traffic meanwhile, in percent; None is not known.
        passed: The steps of the plan before this one.
    """

    version: str
    production: str = ""
    images: tuple[str, str] = ("", "")
    began: float = 0.0
    ended: float = 0.0
    canary: Counts = field(default_factory=Counts)
    other: Counts = field(default_factory=Counts)
    restarts: int = 0
    seen: Mapping[str, Seen] = field(default_factory=dict)
    looks: tuple[Look, ...] = ()
    share: int | None = None
    passed: tuple[Passed, ...] = ()

    @property
    def digest(self) -> str:
        """Return the digest of the image that the canary runs; empty before the first look."""
        return self.images[0].rpartition("@")[2]

    def grown(self, environment: str, name: str, reading: Reading, restarts: int) -> Self:
        """Count what a replica has done since it was last read."""
        key = f"{environment}/{name}"
        before = self.seen.get(key)
        more = _more(before, reading, self.began)
        ended = max(0, restarts - before.restarts) if before else 0
        if before is None and reading.started > self.began:
            ended = restarts
        seen = {**self.seen, key: Seen(reading.started, restarts, reading.counts)}
        if environment == CANARY:
            there = self.restarts + ended
            return replace(self, seen=seen, canary=self.canary.plus(more), restarts=there)
        return replace(self, seen=seen, other=self.other.plus(more))

    def ended_once_more(self, name: str, restarts: int) -> Self:
        """Count the ends of a canary replica that does not answer just now."""
        key = f"{CANARY}/{name}"
        before = self.seen.get(key)
        if before is None or restarts <= before.restarts:
            return self
        seen = {**self.seen, key: replace(before, restarts=restarts)}
        return replace(self, seen=seen, restarts=self.restarts + restarts - before.restarts)

    def at(self, share: int, now: float) -> Self:
        """Begin a step of the plan: what was counted at another share is not mixed with it.

        Where production gets nothing any more, the canary stays beside what production did at
        the step before.
        """
        if share == self.share:
            return self
        step = replace(self, share=share, began=now, ended=now, canary=Counts(), looks=(), seen={})
        return step if share == WHOLE else replace(step, other=Counts())

    def passing(self) -> Self:
        """Remember that this step is passed."""
        answers = self.canary["answers"], self.other["answers"]
        step = Passed(self.share or 0, round(self.ended - self.began, 1), *answers)
        return replace(self, passed=(*self.passed, step))

    def looked(self, now: float) -> Self:
        """Remember how far it is; of many moments, every other one is forgotten."""
        look = Look(
            round(now - self.began, 1),
            self.canary["answers"],
            self.canary["errors"],
            self.other["answers"],
            self.other["errors"],
        )
        looks = (*self.looks, look)
        return replace(self, ended=now, looks=looks[::2] if len(looks) > KEPT_LOOKS else looks)

    def text(self) -> str:
        """Write it as one line."""
        looks = [list(astuple(look)) for look in self.looks]
        passed = [list(astuple(step)) for step in self.passed]
        facts = asdict(self) | {"looks": looks, "passed": passed}
        return json.dumps(facts, separators=(",", ":"))

    @classmethod
    def read(cls, text: str) -> Self:
        """Read what `text` wrote.

        Raises:
            AskedWronglyError: it is something else.
        """
        try:
            found = json.loads(text)
            return cls(**found | _parsed(found))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise AskedWronglyError(
                f"--evidence is not what an earlier judgement put out ({error}). Begin anew: "
                "leave it out."
            ) from None


def _parsed(found: dict[str, Any]) -> dict[str, Any]:
    seen = {
        key: Seen(each["started"], each["restarts"], Counts(each["counts"]["values"]))
        for key, each in found["seen"].items()
    }
    return {
        "images": tuple(found["images"]),
        "canary": Counts(found["canary"]["values"]),
        "other": Counts(found["other"]["values"]),
        "seen": seen,
        "looks": tuple(Look(*each) for each in found["looks"]),
        "passed": tuple(Passed(*each) for each in found["passed"]),
    }


def _more(before: Seen | None, reading: Reading, began: float) -> Counts:
    """Return what a replica counted that is not in the evidence yet."""
    if before is None:  # what it did before the judgement began does not count
        return reading.counts if reading.started > began else Counts()
    if reading.started != before.started:
        return reading.counts
    return reading.counts.since(before.counts)
