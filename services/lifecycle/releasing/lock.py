"""The lock of an environment: a ref of the GitOps repository, moved by compare-and-swap.

So it holds for every clone, process and cluster that releases to the environment. Each move
turns the lock in the same push as its commit (or right before it, where there is no commit):
whoever lost the lock meanwhile cannot move anything any more.
"""

import json
import time
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Self

from services.lifecycle import failpoints
from services.lifecycle.errors import AskedWronglyError, LifecycleError
from services.lifecycle.releasing.gitops import GitOps
from services.lifecycle.releasing.owner import Owner


class BusyError(AskedWronglyError):
    """Another operation holds the environment."""

    def __init__(self, environment: str, holder: "Holder") -> None:
        self.holder = holder
        gone = f"invoke repair {environment} --gone REASON"
        super().__init__(
            f"{environment} is held by {holder}. Wait for it, or see how it goes: "
            f"invoke workflows.get {holder.operation}. Only if it is gone for good: {gone}"
        )


class LockLostError(LifecycleError):
    """Somebody else took the environment over meanwhile."""

    def __init__(self, environment: str, operation: str, now: "Holder | None") -> None:
        whose = f"{now} holds it now" if now else "nobody holds it now"
        super().__init__(
            f"{environment}: {operation} no longer holds its lock, and {whose}; nothing more "
            f"was moved. Look at it: invoke status, and invoke repair {environment}"
        )


@dataclass(frozen=True)
class Holder:
    """Who holds an environment.

    Attributes:
        operation: The workflow's name.
        by: The person.
        step: What it does now.
        since: When it took the lock, UTC, for people.
        uptime: The same in seconds since the boot, which no clock that is set back changes.
        owner: The process behind it; None where nothing can be proved of it.
        turn: How often it was renewed.
        left: Operations of dead holders that it took the lock from and has not settled yet.
    """

    operation: str
    by: str
    step: str
    since: str
    uptime: float = 0.0
    owner: Owner | None = None
    turn: int = 0
    left: tuple[str, ...] = ()
    token: str = field(default="", compare=False)

    @classmethod
    def now(cls, operation: str, by: str, step: str, owner: Owner | None) -> Self:
        """Make a holder that takes a lock at this moment."""
        since = datetime.now(UTC).isoformat(timespec="milliseconds")
        return cls(operation, by, step, since, time.clock_gettime(time.CLOCK_BOOTTIME), owner)

    @classmethod
    def read(cls, text: bytes, token: str) -> Self:
        """Read what a lock holds."""
        try:
            facts = json.loads(text)
            facts["owner"] = Owner.read(facts.get("owner"))
            facts["left"] = tuple(facts.get("left", ()))
            return cls(**facts, token=token)
        except (ValueError, TypeError, KeyError):
            return cls(operation="somebody", by="unknown", step="unknown", since="", token=token)

    def text(self) -> bytes:
        """Write it as the lock holds it."""
        facts: dict[str, Any] = asdict(self)
        facts.pop("token")
        return json.dumps(facts, sort_keys=True).encode() + b"\n"

    @property
    def is_dead(self) -> bool:
        """Say whether the process behind it is dead beyond doubt."""
        return self.owner is not None and self.owner.is_dead

    def is_gone(self, word: str) -> bool:
        """Say whether it is dead, or gone by a person's word and nothing shows that it lives."""
        return self.is_dead or (bool(word) and not (self.owner and self.owner.lives))

    @property
    def age(self) -> float:
        """Return for how many seconds it holds the lock."""
        if self.owner and self.owner.boot == Owner.of_this_process().boot:
            return max(0.0, time.clock_gettime(time.CLOCK_BOOTTIME) - self.uptime)
        try:
            return max(
                0.0, (datetime.now(UTC) - datetime.fromisoformat(self.since)).total_seconds()
            )
        except ValueError:
            return 0.0

    def __str__(self) -> str:
        who = self.by.partition(" <")[0]
        return f"{self.operation} ({who}, step {self.step}, for {self.age:.0f} s)"


class Lock:
    """The lock of one environment in the hands of one operation."""

    def __init__(self, gitops: GitOps, environment: str, mine: Holder) -> None:
        self.gitops = gitops
        self.environment = environment
        self.mine = mine

    def look(self) -> Holder | None:
        """Return who holds the environment now."""
        return look(self.gitops, self.environment)

    def take(self, over: Holder | None) -> bool:
        """Take the lock, from nobody or from a holder that was seen; False: others were faster."""
        failpoints.reach("before-lock")
        if not self._swap(self._over(over)):
            return False
        failpoints.reach("after-lock")
        return True

    def _over(self, holder: Holder | None) -> Holder:
        if holder is None:
            return replace(self.mine, token="")
        if holder.operation != self.mine.operation:
            left = (*holder.left, holder.operation)
            return replace(self.mine, left=left, token=holder.token)
        mine = replace(self.mine, since=holder.since, uptime=holder.uptime, left=holder.left)
        return replace(mine, turn=holder.turn + 1, token=holder.token)

    def settled(self) -> None:
        """Note that what dead holders left is finished or undone.

        Raises:
            LockLostError: the lock is no longer ours.
        """
        if not self._swap(replace(self._turned(), left=())):
            raise self.lost()

    def renew(self, step: str) -> None:
        """Say what is done now, and make sure that the lock is still ours.

        Raises:
            LockLostError: it is not.
        """
        if not self._swap(replace(self.mine, step=step, turn=self.mine.turn + 1)):
            raise self.lost()

    def lost(self) -> LifecycleError:
        """Return what to raise when somebody else holds the lock."""
        return LockLostError(self.environment, self.mine.operation, self.look())

    def free(self) -> None:
        """Let the lock go, if it is still ours."""
        self.gitops.swap(self.environment, self.mine.token, None)
        failpoints.reach("after-free")

    def fence(self) -> tuple[str, str, bytes]:
        """Return the environment, the token to be replaced and the text that replaces it."""
        return self.environment, self.mine.token, self._turned().text()

    def turned(self, token: str) -> None:
        """Take note that a push has turned the lock."""
        self.mine = replace(self._turned(), token=token)

    def _turned(self) -> Holder:
        return replace(self.mine, turn=self.mine.turn + 1)

    def _swap(self, new: Holder) -> bool:
        token = self.gitops.swap(self.environment, new.token, new.text())
        if token is None:
            return False
        self.mine = replace(new, token=token)
        return True


def look(gitops: GitOps, environment: str) -> Holder | None:
    """Return who holds an environment."""
    held = gitops.held(environment)
    return Holder.read(held[1], held[0]) if held else None
