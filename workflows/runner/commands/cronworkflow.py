"""CronWorkflows: when the next run is due, and whether it starts."""

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from workflows.runner.errors import NodeFault
from workflows.runner.language import expr, tags, when
from workflows.runner.language.errors import ExpressionError, LanguageError
from workflows.runner.language.go import gotext
from workflows.runner.language.schedule import Schedule
from workflows.runner.model import submit
from workflows.runner.model.node import ERROR, FAILED, SUCCEEDED

ALLOW, FORBID, REPLACE = "Allow", "Forbid", "Replace"
_KEEP = {"successful": 3, "failed": 1}


@dataclass
class Child:
    """A workflow that a CronWorkflow started, and what can be done with it."""

    name: str
    phase: Callable[[], str]
    finished: Callable[[], float]
    terminate: Callable[[], None]
    delete: Callable[[], None]

    @property
    def over(self) -> bool:
        """Whether it ended."""
        return self.phase() in (SUCCEEDED, FAILED, ERROR)


@dataclass
class Cron:
    """One CronWorkflow while its runner lives; what must outlive it is in a file.

    Attributes:
        start: Starts a Workflow object; None when one of that name is there already.
    """

    data: Mapping[str, Any]
    file: Path
    start: Callable[[dict[str, Any]], Child | None]
    active: list[Child] = field(default_factory=list)
    ended: list[Child] = field(default_factory=list)
    status: dict[str, Any] = field(default_factory=dict)
    schedules: list[Schedule] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.file.exists():
            self.status = json.loads(self.file.read_text(encoding="utf-8"))
        zone = self.spec.get("timezone")
        written = self.spec.get("schedules") or []
        self.schedules = [Schedule.parse(text, zone) for text in written]
        if self.status.get("schedules") != written:
            self.status = {**self.status, "schedules": written, "edited": True}

    @property
    def name(self) -> str:
        """Its name."""
        return str(self.data["metadata"]["name"])

    @property
    def spec(self) -> Mapping[str, Any]:
        """What it says."""
        return self.data.get("spec") or {}

    def next_due(self, after: datetime) -> datetime | None:
        """Give when it is due next."""
        times = [schedule.next(after) for schedule in self.schedules]
        return min((time for time in times if time is not None), default=None)

    def missed(self, now: datetime) -> datetime | None:
        """Give the one missed time that is still run after a pause, if there is one."""
        edited = self.status.pop("edited", False)
        last, limit = self.status.get("last"), self.spec.get("startingDeadlineSeconds")
        if edited or last is None or limit is None:
            return None
        since = datetime.fromtimestamp(last, UTC)
        for schedule in self.schedules:
            time = schedule.latest(since, now)
            if time is not None and (now - time).total_seconds() < float(limit):
                return time
        return None

    def fire(self, due: datetime) -> str:
        """Start the run that is due, unless something speaks against it; say which."""
        self.look_after_children()
        try:
            reason = self._against()
        except (LanguageError, NodeFault) as error:
            return f"not started: {error}"
        if reason is not None:
            return f"not started: {reason}"
        child = self.start(submit.from_cron(self.data, due.timestamp()))
        if child is None:
            return "not started: it ran already"
        self.active.append(child)
        self.status["last"] = due.timestamp()
        self.status["phase"] = "Active"
        self.save()
        return f"started {child.name}"

    def _against(self) -> str | None:
        if self.spec.get("suspend"):
            return "it is suspended"
        if self.status.get("phase") == "Stopped" or self._should_stop():
            return "its stopStrategy holds"
        if not self._when():
            return f"when '{self.spec['when']}' is false"
        policy = self.spec.get("concurrencyPolicy") or ALLOW
        if policy == FORBID and self.active:
            return f"{self.active[0].name} still runs, and the policy is Forbid"
        if policy == REPLACE:
            for child in self.active:
                child.terminate()
        return None

    def facts(self) -> dict[str, Any]:
        """Give what `when` and `stopStrategy` can name."""
        metadata = self.data["metadata"]
        last = self.status.get("last")
        return {
            "name": self.name,
            "namespace": metadata.get("namespace", ""),
            "labels": metadata.get("labels") or {},
            "annotations": metadata.get("annotations") or {},
            "failed": int(self.status.get("failed", 0)),
            "succeeded": int(self.status.get("succeeded", 0)),
            "lastScheduledTime": None if last is None else datetime.fromtimestamp(last, UTC),
        }

    def _should_stop(self) -> bool:
        expression = (self.spec.get("stopStrategy") or {}).get("expression")
        if not expression:
            return False
        facts = self.facts()
        known = {f"cronworkflow.{key}": value for key, value in facts.items()}
        try:
            stop = expr.evaluate(expression, expr.environment(known)) is True
        except ExpressionError as error:
            raise NodeFault(f"stopStrategy: {error}") from error
        if stop:
            self.status["phase"] = "Stopped"
            self.save()
        return stop

    def _when(self) -> bool:
        condition = self.spec.get("when")
        if not condition:
            return True
        facts = self.facts()
        last = facts["lastScheduledTime"]
        known = {
            "cronworkflow.name": facts["name"],
            "cronworkflow.namespace": facts["namespace"],
            "cronworkflow.labels.json": gotext.format_json(facts["labels"]),
            "cronworkflow.annotations.json": gotext.format_json(facts["annotations"]),
            "cronworkflow.failed": facts["failed"],
            "cronworkflow.succeeded": facts["succeeded"],
            "cronworkflow.lastScheduledTime": last,
        }
        if "{{=" not in condition:
            known = {key: "" if value is None else str(value) for key, value in known.items()}
        filled = tags.fill_plain(condition, known, strict=tags.everything)
        return when.decide(filled, bare_words=False)

    def look_after_children(self) -> None:
        """Count the children that ended, and delete the oldest beyond the history limits."""
        for child in [child for child in self.active if child.over]:
            self.active.remove(child)
            self.ended.append(child)
            counter = "succeeded" if child.phase() == SUCCEEDED else "failed"
            self.status[counter] = int(self.status.get(counter, 0)) + 1
        for kind, fine in (("successful", True), ("failed", False)):
            limit = self.spec.get(f"{kind}JobsHistoryLimit")
            keep = _KEEP[kind] if limit is None else int(limit)
            group = [c for c in self.ended if (c.phase() == SUCCEEDED) is fine]
            group.sort(key=lambda child: child.finished())
            for child in group[: max(0, len(group) - keep)]:
                self.ended.remove(child)
                child.delete()
        self.save()

    def save(self) -> None:
        """Write down what must outlive the runner."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        temporary = self.file.with_suffix(f".{os.getpid()}")
        kept = {key: value for key, value in self.status.items() if key != "edited"}
        temporary.write_text(json.dumps(kept), encoding="utf-8")
        temporary.replace(self.file)
