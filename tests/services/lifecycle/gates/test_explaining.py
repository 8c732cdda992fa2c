"""What a person reads of the gates."""

import pytest

from services.lifecycle.releasing.gates.gate import Answer, Gate
from services.lifecycle.verbs import explain

EVIDENCE = (
    "Healthy, one-replica answers version 1 at sha256:c27fbb501f12, another-replica answers it"
)


@pytest.mark.parametrize("columns", [60, 80, 200])
def test_evidence_that_a_line_cannot_hold_goes_on_below_itself(columns, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(columns))

    head, *below = explain.lines(
        (Gate("serving", Answer.ALLOW, "it serves", evidence=EVIDENCE),), evidence=True
    )

    assert head == "  allow  serving  it serves"
    assert below[0].startswith(" " * 18 + "· Healthy,")
    assert all(line.startswith(" " * 20) for line in below[1:])
    assert all(len(line) <= columns for line in below)
    assert " ".join(line.strip(" ·") for line in below) == EVIDENCE
    assert (len(below) == 1) == (columns == 200)


def test_a_command_is_never_broken(monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    remedy = "Approve it: invoke approve 1 --to production --note 'seen by two people'"

    *_, last = explain.lines((Gate("approval", Answer.WAIT, "0 of 1", remedy=remedy),))

    assert last.endswith(remedy)
