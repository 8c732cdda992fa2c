"""Tell from Ansible's events how far Kubespray is, and what stopped it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Event = Mapping[str, Any]


@dataclass(frozen=True)
class Failure:
    """One task that failed on one host."""

    host: str
    role: str
    task: str
    said: str

    def __str__(self) -> str:
        where = f"{self.role} ► {self.task}" if self.role else self.task
        return f"{where}\n  {self.host}: " + self.said.replace("\n", "\n  ")


@dataclass
class Progress:
    """What has been heard so far."""

    role: str = ""
    task: str = ""
    number: int = 0
    changed: int = 0
    roles: list[str] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    status: str = ""
    said: str = ""

    def hear(self, event: Event) -> str | None:
        """Take one event; return a sentence where a new role begins."""
        heard = getattr(self, f"_{event['event']}", None)
        return heard(event) if heard else None

    def waiting(self) -> str:
        """Say what is being done now."""
        return f"task {self.number}, {self.role or 'before the first role'}: {self.task}"

    def _task(self, event: Event) -> str | None:
        self.task, self.number = str(event["task"]), int(event["number"])
        # `etcd : Configure` and the like name the role twice.
        self.task = self.task.removeprefix(f"{event['role']} : ")
        if event["role"] in ("", self.role):
            return None
        self.role = str(event["role"])
        again = " again" if self.role in self.roles else ""
        self.roles.append(self.role)
        return f"{self.role}{again} (from task {self.number})"

    def _changed(self, _event: Event) -> None:
        self.changed += 1

    def _failed(self, event: Event) -> None:
        if not event.get("ignored") and not event.get("rescued"):
            failure = Failure(event["host"], event["role"], event["task"], event["said"])
            self.failures.append(failure)

    def _unreachable(self, event: Event) -> None:
        failure = Failure(event["host"], self.role, self.task, f"unreachable: {event['said']}")
        self.failures.append(failure)

    def _end(self, event: Event) -> None:
        self.status, self.said = str(event["status"]), str(event.get("said", ""))

    def last_failure(self) -> str:
        """Say what stopped it: the last failed task with every host that it failed on."""
        if not self.failures:
            return self.said or f"it ended in {self.waiting()}"
        last = self.failures[-1]
        same = [each for each in self.failures if (each.role, each.task) == (last.role, last.task)]
        hosts = "\n".join(f"  {each.host}: {_indented(each.said)}" for each in same)
        where = f"{last.role} ► {last.task}" if last.role else last.task
        return f"{where} failed on {_and([each.host for each in same])}:\n{hosts}"


def _indented(said: str) -> str:
    return said.strip().replace("\n", "\n    ")


def _and(names: list[str]) -> str:
    unique = list(dict.fromkeys(names))
    return " and ".join(", ".join(unique).rsplit(", ", 1))
