"""An approval: a person's word that one image may go to one environment, until a time.

It is a file of the GitOps repository, `approvals/<environment>/<digest>/<person>.json`, and
its commit is the person's own. It speaks of one digest: another image needs another word.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from services.lifecycle.releasing.gates.policy import AUTHOR, PROMOTER, Approvals

FOLDER = "approvals"
PLAIN = re.compile(r"[a-z0-9][a-z0-9._@+-]{0,80}")


@dataclass(frozen=True)
class Person:
    """Somebody, as Git knows people."""

    name: str
    email: str

    @property
    def key(self) -> str:
        """Return what makes two mentions one person."""
        return (self.email or self.name).strip().casefold()

    @property
    def file(self) -> str:
        """Return the name of the file that holds this person's word."""
        if PLAIN.fullmatch(self.key):
            return f"{self.key}.json"
        plain = re.sub(r"[^a-z0-9._@+-]+", "-", self.key).strip("-.")[:40] or "somebody"
        return f"{plain}-{hashlib.sha256(self.key.encode()).hexdigest()[:8]}.json"

    def is_in(self, names: Iterable[str]) -> bool:
        """Say whether a list of addresses or names means this person."""
        own = {self.email.strip().casefold(), self.name.strip().casefold()} - {""}
        return not own.isdisjoint(name.strip().casefold() for name in names)

    def is_same(self, other: "Person | None") -> bool:
        """Say whether two mentions are one person: by address, or where one has none by name."""
        if other is None:
            return False
        if self.email and other.email:
            return self.key == other.key
        return other.is_in([self.name, self.email])

    def __str__(self) -> str:
        return f"{self.name} <{self.email}>" if self.email else self.name

    @classmethod
    def read(cls, text: str) -> Self:
        """Read `Ada Lovelace <ada@example.org>`, an address, or a name."""
        text = " ".join(text.split())
        found = re.fullmatch(r"\s*(.*?)\s*<([^<>]*)>\s*", text)
        if found:
            return cls(found[1] or found[2], found[2])
        text = text.strip()
        return cls(text, text if "@" in text else "")


@dataclass(frozen=True)
class Approval:
    """What one person said.

    Attributes:
        environment: Where the image may go.
        version: The model version in it.
        digest: The image.
        commit: The source commit that the image was made from.
        by: Who says so.
        at: When.
        expires: Until when it holds.
        note: Why.
        revoked: When it was taken back; empty while it was not.
        revoked_by: By whom.
    """

    environment: str
    version: int
    digest: str
    commit: str
    by: Person
    at: datetime
    expires: datetime
    note: str = ""
    revoked: str = ""
    revoked_by: str = ""

    @property
    def path(self) -> str:
        """Return its file in the GitOps repository."""
        return f"{folder(self.environment, self.digest)}/{self.by.file}"

    def text(self) -> str:
        """Write it as its file holds it."""
        facts = asdict(self) | {"at": written(self.at), "expires": written(self.expires)}
        return json.dumps(facts, indent=2, ensure_ascii=False) + "\n"

    @classmethod
    def read(cls, text: str) -> Self:
        """Read a file.

        Raises:
            ValueError: it is no approval.
        """
        try:
            facts: dict[str, Any] = json.loads(text)
            times = {name: _moment(facts[name]) for name in ("at", "expires")}
            return cls(**facts | times | {"by": Person(**facts["by"])})
        except (TypeError, KeyError, AttributeError) as error:
            raise ValueError(f"it is no approval ({error!r})") from None


@dataclass(frozen=True)
class Held:
    """A file with an approval as the repository holds it.

    Attributes:
        path: Its path.
        author: Who made the last commit of it.
        approval: What it says, or None where it cannot be read.
    """

    path: str
    author: Person
    approval: Approval | None


@dataclass(frozen=True)
class Case:
    """What an approval is asked for."""

    environment: str
    digest: str
    author: Person | None
    promoter: Person | None
    now: datetime


def folder(environment: str, digest: str) -> str:
    """Return where the approvals of an image for an environment are."""
    return f"{FOLDER}/{environment}/{digest.removeprefix('sha256:')[:12]}"


def counted(held: Sequence[Held], rules: Approvals, case: Case) -> tuple[list[Approval], list[str]]:
    """Return the approvals that count, one a person, and why the others do not."""
    good: dict[str, Approval] = {}
    other: list[str] = []
    for each in held:
        why = objection(each, rules, case)
        if why:
            other.append(why)
        elif each.approval:
            good[each.approval.by.key] = each.approval
    return sorted(good.values(), key=lambda a: (a.at, a.by.key)), other


def objection(held: Held, rules: Approvals, case: Case) -> str:
    """Return why an approval does not count, or nothing where it does."""
    said = held.approval
    if said is None:
        return f"{held.path} cannot be read as an approval"
    who = said.by.name
    if (said.environment, said.digest, said.path) != (case.environment, case.digest, held.path):
        return f"{held.path} speaks of another image, environment or person"
    if said.revoked:
        return f"{who}'s was taken back at {said.revoked} by {said.revoked_by}"
    if not held.author.is_same(said.by):
        return f"{who}'s was written by {held.author.name}, so it is not {who}'s word"
    if said.expires <= case.now:
        return f"{who}'s expired at {written(said.expires)}"
    if rules.approvers and not said.by.is_in(rules.approvers):
        return f"{who} is not among the approvers"
    if AUTHOR in rules.excluded and (case.author is None or said.by.is_same(case.author)):
        return f"{who}{_own('made the source commit', case.author)}"
    if PROMOTER in rules.excluded and (case.promoter is None or said.by.is_same(case.promoter)):
        return f"{who}{_own('runs this promotion', case.promoter)}"
    return ""


def _own(what: str, known: Person | None) -> str:
    if known is None:
        return f"'s cannot be counted: it is not known who {what}"
    return f" {what}, and nobody approves their own"


def written(moment: datetime) -> str:
    """Write a moment as files and sentences hold it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def until(text: str, now: datetime, days: float) -> datetime:
    """Read --expires: a length such as 8h or 3d, a date, or a moment; nothing is the policy's.

    Raises:
        ValueError: it is none of them, or is over already.
    """
    if not text:
        return (now + timedelta(days=days)).replace(microsecond=0)
    if length := re.fullmatch(r"(\d+)([mhd])", text):
        unit = {"m": "minutes", "h": "hours", "d": "days"}[length[2]]
        end = now + timedelta(**{unit: int(length[1])})
    else:
        end = _moment(text)
    if end <= now:
        raise ValueError(f"{text} is over already")
    return end.replace(microsecond=0)


def _moment(text: Any) -> datetime:
    if not isinstance(text, str):
        raise TypeError(f"{text!r} is no moment")
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(
            f"{text!r} is no time. Write 8h, 3d, 2026-12-31, or 2026-12-31T18:00:00+01:00"
        ) from None
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
