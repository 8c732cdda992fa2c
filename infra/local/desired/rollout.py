"""How a Deployment gets from the replicas that it has to those that it should have.

Plain values in, plain values out. The arithmetic is that of Kubernetes: never fewer ready
replicas than promised, never more in all than allowed, broken old ones go first.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

QUARTER = "25%"


@dataclass(frozen=True)
class Strategy:
    """How many replicas may be missing or too many during an update."""

    desired: int
    surge: int
    unavailable: int
    recreate: bool = False


@dataclass(frozen=True)
class Member:
    """One replica as the rollout sees it."""

    name: str
    template: str
    ready: bool
    created: float = 0


@dataclass(frozen=True)
class Steps:
    """What to do now: how many to start, and which to take out."""

    start: int = 0
    retire: tuple[str, ...] = ()


def strategy(spec: Mapping[str, Any]) -> Strategy:
    """Read the strategy of a Deployment's spec."""
    desired = spec.get("replicas", 1)
    text = spec.get("strategy") or {}
    rolling = text.get("rollingUpdate") or {}
    surge = _share(rolling.get("maxSurge", QUARTER), desired, up=True)
    unavailable = _share(rolling.get("maxUnavailable", QUARTER), desired, up=False)
    if surge == 0 and unavailable == 0:
        unavailable = 1
    return Strategy(desired, surge, unavailable, recreate=text.get("type") == "Recreate")


def _share(value: int | str, of: int, *, up: bool) -> int:
    if isinstance(value, int):
        return value
    part = int(value.rstrip("%")) * of / 100 if value.endswith("%") else int(value)
    return math.ceil(part) if up else math.floor(part)


def next_steps(plan: Strategy, template: str, members: Sequence[Member], leaving: int) -> Steps:
    """Decide what to do now.

    Args:
        plan: The strategy.
        template: The wanted template.
        members: Replicas that are not leaving.
        leaving: How many others are on their way out.
    """
    new = [member for member in members if member.template == template]
    old = [member for member in members if member.template != template]
    if plan.recreate and old:
        return Steps(retire=tuple(member.name for member in old))
    if plan.recreate and leaving:
        return Steps()
    room = plan.desired + (0 if plan.recreate else plan.surge) - len(members)
    start = max(0, min(plan.desired - len(new), room if old else plan.desired - len(new)))
    return Steps(start, (*_surplus(plan, new), *_replaced(plan, new, old)))


def _surplus(plan: Strategy, new: Sequence[Member]) -> tuple[str, ...]:
    worst_first = sorted(new, key=lambda member: (member.ready, -member.created))
    return tuple(member.name for member in worst_first[: max(0, len(new) - plan.desired)])


def _replaced(plan: Strategy, new: Sequence[Member], old: Sequence[Member]) -> tuple[str, ...]:
    needed = plan.desired - plan.unavailable
    waiting = min(plan.desired, len(new)) - sum(member.ready for member in new)
    broken = [member for member in old if not member.ready]
    well = sorted((member for member in old if member.ready), key=lambda member: member.created)
    most = max(0, len(new) + len(old) - needed - waiting)
    gone = broken[:most]
    spare = max(0, sum(member.ready for member in new) + len(well) - needed)
    gone += well[: min(spare, most - len(gone))]
    return tuple(member.name for member in gone)
