"""What Ansible's events say to a caller: plays, tasks, changes, failures and the recap."""

import contextlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

Event = Mapping[str, Any]
COUNTS = ("ok", "changed", "failures", "skipped", "rescued", "ignored")
WORDS = 2000


def say(event: str, **facts: object) -> None:
    """Print one event as a line of JSON."""
    # A caller that is gone is noticed at our input, which ends the play.
    with contextlib.suppress(BrokenPipeError):
        print(json.dumps({"event": event, **facts}, default=str), flush=True)


class Story:
    """Hears the events of one playbook, writes its log, and tells the caller what matters."""

    def __init__(self, log: Path) -> None:
        self._log = log.open("a", encoding="utf-8")
        self._tasks = 0
        self._recap: dict[str, dict[str, int]] | None = None
        self._last: list[str] = []

    def close(self) -> None:
        """End the log."""
        self._log.close()

    def hear(self, event: dict[str, Any]) -> bool:
        """Take one event of ansible-runner; False: it need not keep it."""
        if text := event.get("stdout"):
            self._log.write(text + "\n")
            self._log.flush()
            self._last = [*self._last, *text.splitlines()][-20:]
        heard = getattr(self, f"_{event['event']}", None)
        if heard:
            heard(event.get("event_data", {}))
        return False

    def status(self, said: str) -> str:
        """Judge how the playbook ended, from its recap and what the runner said."""
        if self._recap is None:
            return "done" if said == "successful" else "refused"
        if any(counts["failures"] for counts in self._recap.values()):
            return "failed"
        if any(counts["unreachable"] for counts in self._recap.values()):
            return "unreachable"
        return "done" if said == "successful" else "failed"

    def last_words(self) -> str:
        """Return what Ansible printed last."""
        return "\n".join(self._last)[-WORDS:]

    def _playbook_on_play_start(self, data: Event) -> None:
        say("play", name=data.get("name", ""))

    def _playbook_on_task_start(self, data: Event) -> None:
        self._tasks += 1
        facts = {key: data.get(key) or "" for key in ("play", "role", "task")}
        say("task", **facts, path=data.get("task_path", ""), number=self._tasks)

    _playbook_on_handler_task_start = _playbook_on_task_start

    def _runner_on_ok(self, data: Event) -> None:
        result = data.get("res") or {}
        if result.get("changed"):
            diff = differences(result)
            say("changed", **_where(data), **({"diff": diff} if diff else {}))

    def _runner_on_failed(self, data: Event) -> None:
        result = data.get("res") or {}
        ignored = bool(data.get("ignore_errors"))
        say("failed", **_where(data), said=complaint(result), ignored=ignored)

    def _runner_on_unreachable(self, data: Event) -> None:
        say("unreachable", host=data.get("host", ""), said=complaint(data.get("res") or {}))

    def _playbook_on_stats(self, data: Event) -> None:
        hosts = sorted({host for name in (*COUNTS, "dark") for host in data.get(name, {})})
        self._recap = {
            host: {name: data.get(name, {}).get(host, 0) for name in COUNTS}
            | {"unreachable": data.get("dark", {}).get(host, 0)}
            for host in hosts
        }
        say("recap", hosts=self._recap)


def complaint(result: Mapping[str, Any]) -> str:
    """Return what a failed task has to say: what went to stderr above all."""
    if "censored" in result:
        return "what it said is kept secret (no_log)"
    failed = [item for item in result.get("results", []) if item.get("failed")]
    if failed:
        return "; ".join(f"{_item(item)}{complaint(item)}" for item in failed)[-WORDS:]
    parts = [str(result.get(key) or "").strip() for key in ("stderr", "module_stderr", "msg")]
    said = [part for part in dict.fromkeys(parts) if part]
    return ("\n".join(said) or str(result.get("stdout") or "it said nothing"))[-WORDS:]


def differences(result: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return what --diff says of a change."""
    found = []
    for each in [result, *result.get("results", [])]:
        diffs = each.get("diff") or [] if isinstance(each, Mapping) else []
        for diff in [diffs] if isinstance(diffs, Mapping) else diffs:
            if diff.get("before") == diff.get("after") and not diff.get("prepared"):
                continue
            path = diff.get("after_header") or diff.get("before_header") or ""
            before, after = diff.get("before", ""), diff.get("after", diff.get("prepared", ""))
            found.append({"path": str(path), "before": str(before), "after": str(after)})
    return found


def _item(result: Mapping[str, Any]) -> str:
    item = result.get("item")
    return f"{item}: " if isinstance(item, str) else ""


def _where(data: Event) -> dict[str, str]:
    return {key: str(data.get(key) or "") for key in ("host", "role", "task")}
