"""Compare what a run left with what must come out, in the words of the `.expect.yaml` files."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

Status = Mapping[str, Any]


def differences(want: Mapping[str, Any], workflow: Status, logs: Mapping[str, str]) -> list[str]:
    """List what is not as it must be.

    Args:
        want: phase, message, nodes, absent, logs, order, apart, pods, at_once, global_outputs.
        workflow: The finished Workflow object.
        logs: The log of each node by its id.
    """
    return list(_Outcome(workflow, logs).differences(want))


class _Outcome:
    def __init__(self, workflow: Status, logs: Mapping[str, str]) -> None:
        self.name: str = workflow["metadata"]["name"]
        self.status: Status = workflow["status"]
        self.nodes: list[Status] = list(self.status.get("nodes", {}).values())
        self.logs = logs

    def differences(self, want: Mapping[str, Any]) -> "list[str]":
        found: list[str] = []
        for fact, wanted in want.items():
            found += getattr(self, f"_{fact}")(wanted)
        return found

    def _node(self, key: str) -> Status | None:
        full = key.replace("$WF", self.name)
        named = [n for n in self.nodes if n["name"] == full]
        shown = [n for n in self.nodes if n["displayName"] == full]
        return next(iter([*named, *shown]), None)

    def _same(self, what: str, got: Any, wanted: Any) -> list[str]:
        if isinstance(wanted, str):
            wanted = wanted.replace("$WF", self.name)
        return [] if got == wanted else [f"{what} is {got!r}, and must be {wanted!r}"]

    def _contains(self, what: str, got: str | None, wanted: Any) -> list[str]:
        parts = [wanted] if isinstance(wanted, str) else wanted
        missing = [part for part in parts if part not in (got or "")]
        return [f"{what} is {got!r}, and must contain {part!r}" for part in missing]

    def _phase(self, wanted: str) -> list[str]:
        message = self.status.get("message", "")
        return self._same(f"the phase ({message})", self.status["phase"], wanted)

    def _message(self, wanted: str) -> list[str]:
        return self._same("the message", self.status.get("message", ""), wanted)

    def _message_contains(self, wanted: Any) -> list[str]:
        return self._contains("the message", self.status.get("message"), wanted)

    def _nodes(self, wanted: Mapping[str, Any]) -> list[str]:
        found: list[str] = []
        for key, facts in wanted.items():
            node = self._node(key)
            if node is None:
                found.append(f"node {key} is missing")
                continue
            for fact, value in facts.items():
                found += self._node_fact(key, node, fact, value)
        return found

    def _node_fact(self, key: str, node: Status, fact: str, wanted: Any) -> list[str]:
        outputs = node.get("outputs") or {}
        if fact in ("inputs", "outputs"):
            given = {
                p["name"]: p.get("value") for p in (node.get(fact) or {}).get("parameters", ())
            }
            return [
                line
                for name, value in wanted.items()
                for line in self._same(f"{key}.{fact}.{name}", given.get(name), value)
            ]
        if fact == "artifacts":
            return self._same(
                f"{key}.artifacts", [a["name"] for a in outputs.get(fact, ())], wanted
            )
        if fact == "memo":
            return self._same(
                f"{key}.memo", (node.get("memoizationStatus") or {}).get("hit"), wanted
            )
        if fact == "message_contains":
            return self._contains(f"{key}.message", node.get("message"), wanted)
        where = outputs if fact in ("result", "exitCode") else node
        got = where.get(fact, "" if fact == "message" else None)
        return self._same(f"{key}.{fact}", got, wanted)

    def _absent(self, wanted: list[str]) -> list[str]:
        return [f"node {key} must not be there" for key in wanted if self._node(key) is not None]

    def _logs(self, wanted: Mapping[str, Any]) -> list[str]:
        found: list[str] = []
        for key, text in wanted.items():
            node = self._node(key)
            got = self.logs.get(node["id"]) if node is not None else None
            if isinstance(text, Mapping):
                found += self._contains(f"the log of {key}", got, text["contains"])
            else:
                found += self._same(f"the log of {key}", got, text)
        return found

    def _order(self, wanted: list[list[str]]) -> list[str]:
        return [line for first, then in wanted for line in self._gap(first, then, 0.0)]

    def _apart(self, wanted: list[Any]) -> list[str]:
        return [line for first, then, seconds in wanted for line in self._gap(first, then, seconds)]

    def _gap(self, first: str, then: str, seconds: float) -> list[str]:
        before, after = self._node(first), self._node(then)
        if before is None or after is None:
            return [f"order: {first} or {then} is missing"]
        gap = _moment(after["startedAt"]) - _moment(before["finishedAt"])
        if gap >= seconds:
            return []
        return [f"{then} starts {gap:.3f}s after {first} ended, and must wait {seconds}s"]

    def _pods(self, wanted: int) -> list[str]:
        return self._same("the number of pods", len(self._of_pods()), wanted)

    def _of_pods(self) -> list[Status]:
        return [n for n in self.nodes if n["type"] == "Pod"]

    def _at_once(self, wanted: int) -> list[str]:
        marks = []
        for node in self._of_pods():
            marks.append((_moment(node["startedAt"]), 1))
            marks.append((_moment(node["finishedAt"]), -1))
        level = top = 0
        for _, step in sorted(marks):
            level += step
            top = max(top, level)
        return [] if top <= wanted else [f"{top} ran at once, and at most {wanted} may"]

    def _global_outputs(self, wanted: Mapping[str, str]) -> list[str]:
        parameters = (self.status.get("outputs") or {}).get("parameters", ())
        given = {p["name"]: p.get("value") for p in parameters}
        return self._same("the global outputs", given, dict(wanted))


def _moment(text: str) -> float:
    return datetime.fromisoformat(re.sub("Z$", "+00:00", text)).timestamp()
