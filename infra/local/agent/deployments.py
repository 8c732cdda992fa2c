"""Deployments: which replicas each should have, and how it fares."""

import time
from dataclasses import dataclass, field
from typing import Any

from infra.local.desired import rollout
from infra.local.desired.manifests import Desired, Manifest
from infra.local.errors import PodError
from infra.local.processes import ends
from infra.local.processes.keeper import Keeper
from infra.local.processes.replicas import WAITING, Replica
from infra.local.supervisor.supervision import Process
from infra.local.view.logs import last_lines

HEALTHY, PROGRESSING, DEGRADED, MISSING = "Healthy", "Progressing", "Degraded", "Missing"
DEADLINE = 600
AT_LEAST = 0.3  # seconds of drain after the switch, for requests that are on their way
HOPELESS = frozenset(
    {
        ends.BACK_OFF,
        "ErrImagePull",
        "InvalidImageName",
        "CreateContainerConfigError",
        "RunContainerError",
        "OutOfPorts",
    }
)


@dataclass(frozen=True)
class Health:
    """How a Deployment fares, in Argo CD's words."""

    word: str
    message: str = ""


@dataclass
class Deployments:
    """Brings the replicas of all Deployments to what Git asks for."""

    keeper: Keeper
    drained: dict[str, float] = field(default_factory=dict)
    blocked: dict[str, str] = field(default_factory=dict)
    routed: set[str] = field(default_factory=set)

    def tick(self, desired: Desired) -> None:
        """Start what is missing and retire what is too much."""
        wanted = desired.of("Deployment")
        for manifest in wanted.values():
            self._steer(manifest)
        for replica in self.keeper.store.all.values():
            if replica.kind == "Deployment" and replica.owned_by not in wanted:
                self._retire(replica)

    def _steer(self, manifest: Manifest) -> None:
        store = self.keeper.store
        all_of = store.of("Deployment", manifest.namespace, manifest.name)
        members = [replica for replica in all_of if not replica.retiring]
        template = manifest.template
        for replica in members:
            if replica.template == template and replica.revision != manifest.revision:
                replica.revision = manifest.revision
        steps = rollout.next_steps(
            rollout.strategy(manifest.spec),
            template,
            [rollout.Member(r.name, r.template, r.ready, r.created) for r in members],
            len(all_of) - len(members),
        )
        for name in steps.retire:
            self._retire(store.all[name])
        self.blocked.pop(manifest.key, None)
        try:
            for _ in range(steps.start):
                store.create(manifest)
        except PodError as error:
            self.blocked[manifest.key] = str(error)

    def _retire(self, replica: Replica) -> None:
        if not replica.retiring:
            replica.retiring = True
            self.keeper.store.save()

    def drain(self, processes: dict[str, Process], *, switched: bool) -> None:
        """End retired replicas, once the gateway has let go of them and they had their time."""
        now = time.monotonic()
        if switched:
            self.routed = {r.name for r in self.keeper.store.all.values() if r.serves}
        for replica in list(self.keeper.store.all.values()):
            if not replica.retiring or self.keeper.gone(replica, processes):
                continue
            if not replica.been_ready:
                self.keeper.stop(replica)
            elif switched:
                since = self.drained.setdefault(replica.name, now)
                if now - since >= drain_time(replica):
                    self.keeper.stop(replica)
        self.drained = {n: t for n, t in self.drained.items() if n in self.keeper.store.all}

    def health(self, manifest: Manifest) -> Health:
        """Judge a Deployment."""
        template = manifest.template
        all_of = self.keeper.store.of("Deployment", manifest.namespace, manifest.name)
        current = [r for r in all_of if not r.retiring and r.template == template]
        older = [r for r in all_of if not r.retiring and r.template != template]
        leaving = [r for r in all_of if r.retiring and r.name not in self.drained and r.been_ready]
        if manifest.key in self.blocked:
            return Health(DEGRADED, self.blocked[manifest.key])
        if problem := self._problem(manifest, current, older):
            return Health(DEGRADED, problem)
        ready = sum(replica.ready and replica.name in self.routed for replica in current)
        plan = rollout.strategy(manifest.spec)
        if ready == plan.desired == len(current) and not older and not leaving:
            return Health(HEALTHY)
        waits = next((f": {r.message}" for r in current if not r.ready and r.message), "")
        if not waits and any(r.ready and r.name not in self.routed for r in current):
            waits = ": the gateway has not switched yet"
        return Health(PROGRESSING, f"{ready} of {plan.desired} ready{waits}")

    def _problem(self, manifest: Manifest, current: list[Replica], older: list[Replica]) -> str:
        deadline = manifest.spec.get("progressDeadlineSeconds", DEADLINE)
        for replica in current:
            late = not replica.ready and _waiting_for(replica) > deadline
            crashes = not replica.ready and ends.delay(replica.failures) > 0
            hopeless = replica.state == WAITING and replica.reason in HOPELESS
            if late or crashes or hopeless:
                why = _why(replica, deadline if late else None, crashes=crashes)
                return f"{why}.{self._still(older)}{self._tail(replica)}"
        return ""

    def _still(self, older: list[Replica]) -> str:
        serving = next((replica for replica in older if replica.ready), None)
        return f" The release before ({serving.revision[:12]}) still serves." if serving else ""

    def _tail(self, replica: Replica) -> str:
        lines = last_lines(self.keeper.store.site.state, replica.name, 5)
        return f" Its last lines:\n{lines}" if lines and replica.started else ""


def _why(replica: Replica, deadline: float | None, *, crashes: bool) -> str:
    """Say why a replica is not ready: reason, last end, and how long it was waited for."""
    reason = replica.reason or (ends.BACK_OFF if crashes else "ProgressDeadlineExceeded")
    parts = [replica.message] if replica.message else []
    if replica.last_reason not in ("", reason, ends.ERROR):
        parts.insert(0, replica.last_reason)
    if crashes:
        parts.append(f"exit code {replica.exit_code} after {replica.restarts} restarts")
    if deadline is not None:
        parts.append(f"not ready within {deadline:g} s")
    return f"{reason}: {', '.join(parts)}"


def _waiting_for(replica: Replica) -> float:
    return time.time() - max(replica.created, replica.ended or 0 if replica.been_ready else 0)


def drain_time(replica: Replica) -> float:
    """Return how long a replica goes on answering after the gateway has let go of it."""
    pre_stop: dict[str, Any] = (replica.container.get("lifecycle") or {}).get("preStop") or {}
    asked = float((pre_stop.get("sleep") or {}).get("seconds") or 0)
    return max(asked, AT_LEAST)
