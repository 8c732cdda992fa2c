"""A node of a run: what Argo keeps under `status.nodes`."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

PENDING, RUNNING = "Pending", "Running"
SUCCEEDED, FAILED, ERROR = "Succeeded", "Failed", "Error"
SKIPPED, OMITTED = "Skipped", "Omitted"

COMPLETED = frozenset({SUCCEEDED, FAILED, ERROR})
FULFILLED = COMPLETED | {SKIPPED, OMITTED}
UNSUCCESSFUL = frozenset({FAILED, ERROR})

NODE_TYPES = {
    "container": "Pod", "script": "Pod", "resource": "Pod", "data": "Pod",
    "containerSet": "Pod", "steps": "Steps", "dag": "DAG", "suspend": "Suspend",
    "http": "HTTP", "plugin": "Plugin",
}  # fmt: skip


@dataclass(slots=True)
class Node:
    """One entry of `status.nodes`.

    Attributes:
        children: Ids in the order they were added; a dict, so that asking is quick.
        flag: `hooked` for hooks and exit handlers, `retried` for attempts.
    """

    id: str
    name: str
    display_name: str
    type: str
    phase: str
    started: float
    template_name: str | None = None
    template_ref: dict[str, Any] | None = None
    template_scope: str = ""
    boundary_id: str = ""
    message: str = ""
    finished: float | None = None
    inputs: dict[str, Any] | None = None
    outputs: dict[str, Any] | None = None
    children: dict[str, None] = field(default_factory=dict)
    outbound: list[str] = field(default_factory=list)
    flag: dict[str, bool] | None = None
    daemoned: bool = False
    memo: dict[str, Any] | None = None
    waiting: str = ""
    ip: str = ""

    @property
    def fulfilled(self) -> bool:
        """Whether dependents may go on: ended, or a daemon that runs."""
        return self.phase in FULFILLED or (self.daemoned and self.phase != PENDING)

    @property
    def completed(self) -> bool:
        """Whether it ran to an end; only then exit hooks run."""
        return self.phase in COMPLETED

    @property
    def unsuccessful(self) -> bool:
        """Whether it ended in Failed or Error."""
        return self.phase in UNSUCCESSFUL

    @property
    def hooked(self) -> bool:
        """Whether it is a hook or an exit handler."""
        return bool(self.flag and self.flag.get("hooked"))

    @property
    def retried(self) -> bool:
        """Whether it is an attempt of a Retry node."""
        return bool(self.flag and self.flag.get("retried"))

    def to_status(self) -> dict[str, Any]:
        """Write the node in Argo's field names."""
        status: dict[str, Any] = {
            "id": self.id, "name": self.name, "displayName": self.display_name,
            "type": self.type,
        }  # fmt: skip
        optional = {
            "templateName": self.template_name, "templateRef": self.template_ref,
            "templateScope": self.template_scope, "phase": self.phase,
            "boundaryID": self.boundary_id, "message": self.message,
            "startedAt": moment(self.started), "finishedAt": moment(self.finished),
            "inputs": self.inputs, "outputs": self.outputs,
            "children": list(self.children), "outboundNodes": self.outbound,
            "nodeFlag": self.flag, "daemoned": self.daemoned,
            "memoizationStatus": self.memo, "podIP": self.ip,
            "synchronizationStatus": {"waiting": self.waiting} if self.waiting else None,
        }  # fmt: skip
        status.update({key: value for key, value in optional.items() if value})
        return status

    @classmethod
    def from_status(cls, status: dict[str, Any]) -> "Node":
        """Read a node that `to_status` wrote."""
        return cls(
            id=status["id"], name=status["name"], display_name=status["displayName"],
            type=status["type"], phase=status["phase"],
            started=seconds(status.get("startedAt")) or 0.0,
            finished=seconds(status.get("finishedAt")),
            template_name=status.get("templateName"), template_ref=status.get("templateRef"),
            template_scope=status.get("templateScope", ""),
            boundary_id=status.get("boundaryID", ""), message=status.get("message", ""),
            inputs=status.get("inputs"), outputs=status.get("outputs"),
            children=dict.fromkeys(status.get("children", ())),
            outbound=status.get("outboundNodes", []), flag=status.get("nodeFlag"),
            daemoned=bool(status.get("daemoned")), memo=status.get("memoizationStatus"),
            ip=status.get("podIP", ""),
            waiting=(status.get("synchronizationStatus") or {}).get("waiting", ""),
        )  # fmt: skip


def moment(when: float | None) -> str | None:
    """Write a time as Argo does, with milliseconds."""
    if when is None:
        return None
    text = datetime.fromtimestamp(when, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def seconds(text: str | None) -> float | None:
    """Read a time that `moment` wrote."""
    return datetime.fromisoformat(text).timestamp() if text else None
