"""What must hold whatever broke: going on is enough, and the message helped."""

import re

NEXT = re.compile(r"invoke |again|Mend|Free|Restore|Look|Read ")


def go_on(way, move):
    """Make a move in peace."""
    code, said = way.run(move)
    assert code == 0, f"{move}: {said}"


def require_good_end(way):
    standing = way.standing()
    assert standing["git"] == standing["alias"] == way.version
    assert len(standing["commits"]) == 1
    assert standing["approved"] == 2
    assert standing["locks"] == ""
    for move in ("release", "weight canary", "alias canary"):
        assert standing["moves"].count((move, "intent")) == 1, standing["moves"]
        assert standing["moves"].count((move, "done")) == 1, standing["moves"]


def require_words(verb, cause, said):
    """Hold a message against what it owes: the step, the cause, and what to do next."""
    assert "Traceback" not in said
    message = next((line for line in said.splitlines() if line.startswith(f"{verb}: ")), "")
    assert message, said
    assert re.search(cause, message), said
    assert NEXT.search(message), said
