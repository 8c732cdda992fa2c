"""`status` says what came to nothing lately and why, until the next time that it does well."""

import json
from datetime import UTC, datetime, timedelta

from infra.local.view import lately


def write(journal, *entries):
    """Write ends of operations, the oldest first."""
    at = datetime.now(UTC) - timedelta(minutes=5)
    lines = [json.dumps({"at": at.isoformat(), "move": "end", **entry}) for entry in entries]
    journal.write_text("\n".join(lines) + "\n")


def end(operation, environment, state, reason=""):
    return {"operation": operation, "environment": environment, "state": state, "reason": reason}


def test_the_last_failure_of_an_environment_is_told_with_its_reason_and_where_to_read_on(tmp_path):
    journal = tmp_path / "journal.jsonl"
    write(
        journal,
        end("deploy-1", "staging", "Succeeded"),
        end("deploy-2", "staging", "Failed", "no."),
    )

    assert lately.told(journal) == [
        "staging: deploy-2 did not succeed (5 minutes ago): no. All of it: invoke history staging"
    ]


def test_a_success_after_it_ends_the_telling(tmp_path):
    journal = tmp_path / "journal.jsonl"
    write(
        journal, end("deploy-1", "staging", "Failed", "no"), end("deploy-2", "staging", "Succeeded")
    )

    assert lately.told(journal) == []


def test_a_reason_that_child_and_parent_share_is_told_once(tmp_path):
    journal = tmp_path / "journal.jsonl"
    write(journal, end("deploy-1", "staging", "Failed", "no"), end("train-1", "", "Failed", "no"))

    assert len(lately.told(journal)) == 1


def test_a_journal_that_is_not_there_or_breaks_off_tells_what_it_can(tmp_path):
    journal = tmp_path / "journal.jsonl"
    assert lately.told(journal) == []
    write(journal, end("train-1", "", "Failed", "accuracy is 0.1"))
    journal.write_text(journal.read_text() + '{"number": 7, "at')

    (told,) = lately.told(journal)
    assert told.endswith("accuracy is 0.1. All of it: invoke logs train-1")


def test_a_repair_that_mended_is_no_failure_and_one_that_could_not_is(tmp_path):
    journal = tmp_path / "journal.jsonl"
    write(
        journal,
        end("promote-1", "canary", "Undone", "its process died"),
        end("by-hand-1", "canary", "Mended"),
        end("by-hand-2", "staging", "Left", "it does not start"),
    )

    (only,) = lately.told(journal)
    assert only.startswith("staging: by-hand-2 did not succeed")
