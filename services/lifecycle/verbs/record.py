"""Write how a workflow ended into the journal, with the reason if it did not end well.

An environment that it held is free then, unless something that it moved is neither finished
nor undone: that is for `invoke repair`, and for the next operation.
"""

import json
from argparse import ArgumentParser, Namespace
from typing import Any, TypeVar

from services.lifecycle import failpoints
from services.lifecycle.releasing import holding
from services.lifecycle.releasing.moves import settling
from services.lifecycle.releasing.operation import END, Operation
from services.lifecycle.step import Step

PARENT = "gourmetops/parent"
Kind = TypeVar("Kind", list[Any], dict[str, Any])


def arguments(parser: ArgumentParser) -> None:
    """Declare what this verb takes."""
    parser.add_argument("--environment", default="", help="the environment it was about")
    parser.add_argument("--status", required=True, help="Succeeded, Failed or Error")
    parser.add_argument("--failures", default="[]", help="what Argo says of the failed nodes")
    parser.add_argument("--labels", default="{}", help="of the workflow; they name its parent")


def run(step: Step, asked: Namespace) -> dict[str, str]:
    """Journal the end."""
    made = holding.look(step, asked.environment, asked.operation, "record")
    reason = _why(step, asked) if asked.status != "Succeeded" else ""
    parent = _read(asked.labels, dict).get(PARENT, "")
    is_settled = asked.status == "Succeeded" or _is_settled(made)
    failpoints.reach("before-end")
    if is_settled and not made.ended:
        made.note(END, asked.status, reason=reason, **({"parent": parent} if parent else {}))
    failpoints.reach("after-end")
    step.say(f"{asked.operation}: {asked.status}{f', {reason}' if reason else ''}")
    if made.lock and is_settled:
        made.lock.free()
    elif made.lock:
        step.say(
            f"{asked.environment} is left as it is, neither finished nor undone. "
            f"Mend it: invoke repair {asked.environment}"
        )
    return {"reason": reason}


def _is_settled(made: Operation) -> bool:
    """Say whether nothing is half done, by this operation or by a dead one before it."""
    return settling.is_settled(made) and not (made.lock and made.lock.mine.left)


def _why(step: Step, asked: Namespace) -> str:
    entries = step.journal.entries()
    own = [e for e in entries if e["operation"] == asked.operation and e["state"] == "failed"]
    ended = [e for e in entries if e.get("parent") == asked.operation and e["move"] == "end"]
    children = [e for e in ended if e["state"] != "Succeeded"]
    return reasons([*own, *children], _read(asked.failures, list))


def reasons(told: list[dict[str, Any]], failures: list[dict[str, Any]]) -> str:
    """Say why: in the steps' own words where they had any, else in Argo's."""
    if told:
        return " ".join(dict.fromkeys(str(entry["reason"]) for entry in told))
    return "; ".join(f"{f.get('displayName')}: {f.get('message')}" for f in failures)


def _read(text: str, kind: type[Kind]) -> Kind:
    """Read what Argo hands over: quoted once more, or the tag itself where there is nothing."""
    try:
        found = json.loads(text)
        found = json.loads(found) if isinstance(found, str) else found
    except ValueError:
        return kind()
    return found if isinstance(found, kind) else kind()
