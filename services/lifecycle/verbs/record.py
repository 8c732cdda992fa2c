"""Write how a workflow ended into the journal, with the reason if it did not end well."""

import json
from argparse import ArgumentParser, Namespace
from typing import Any

from services.lifecycle.operation import Operation
from services.lifecycle.step import Step


def arguments(parser: ArgumentParser) -> None:
    """Declare what this verb takes."""
    parser.add_argument("--environment", default="", help="the environment it was about")
    parser.add_argument("--status", required=True, help="Succeeded, Failed or Error")
    parser.add_argument("--failures", default="[]", help="what Argo says of the failed nodes")


def run(step: Step, asked: Namespace) -> dict[str, str]:
    """Journal the end."""
    made = Operation(asked.operation, asked.environment, step.journal)
    told = [e for e in step.journal.entries(asked.operation) if e["state"] == "failed"]
    reason = reasons(told, _failures(asked.failures)) if asked.status != "Succeeded" else ""
    made.note("end", asked.status, reason=reason)
    step.say(f"{asked.operation}: {asked.status}{f', {reason}' if reason else ''}")
    return {"reason": reason}


def reasons(told: list[dict[str, Any]], failures: list[dict[str, Any]]) -> str:
    """Say why: in the steps' own words where they had any, else in Argo's."""
    if told:
        return " ".join(dict.fromkeys(str(entry["reason"]) for entry in told))
    return "; ".join(f"{f.get('displayName')}: {f.get('message')}" for f in failures)


def _failures(text: str) -> list[dict[str, Any]]:
    # Argo hands the list over quoted once more, and leaves the tag where nothing failed.
    try:
        found = json.loads(text)
        found = json.loads(found) if isinstance(found, str) else found
    except ValueError:
        return []
    return found if isinstance(found, list) else []
