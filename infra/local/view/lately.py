"""What came to nothing lately, and why: the last end of each kind in the journal, if it is bad."""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

END = "end"
# A repair ends Mended; what it finished for a dead operation, Finished.
GOOD = ("Succeeded", "Mended", "Finished")
LONGEST = 400
TAIL_BYTES = 2**18


def told(journal: Path) -> list[str]:
    """Return a sentence for each environment, and for training, whose last operation failed."""
    last = _last_ends(_entries(journal))
    bad = [entry for entry in last.values() if entry.get("state") not in GOOD]
    once = {str(entry.get("reason")): entry for entry in bad}
    return [_sentence(entry) for entry in once.values()]


def _last_ends(entries: Iterable[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """Return the last end by environment; workflows that moved none count together."""
    ends = (entry for entry in entries if entry.get("move") == END)
    return {str(entry.get("environment") or ""): entry for entry in ends}


def _sentence(entry: Mapping[str, Any]) -> str:
    where = str(entry.get("environment") or "")
    why = str(entry.get("reason") or "it left no reason")
    short = why if len(why) <= LONGEST else f"{why[:LONGEST]}…"
    more = f"history {where}" if where else f"logs {entry['operation']}"
    what = f"{entry['operation']} did not succeed ({_age(str(entry.get('at')))})"
    return f"{where + ': ' if where else ''}{what}: {short.rstrip('.')}. All of it: invoke {more}"


def _age(at: str) -> str:
    try:
        seconds = (datetime.now(UTC) - datetime.fromisoformat(at)).total_seconds()
    except (ValueError, TypeError):
        return "when, it does not say"
    for size, name in ((86_400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {name} ago"
    return f"{max(0.0, seconds):.0f} seconds ago"


def _entries(journal: Path) -> Iterable[dict[str, Any]]:
    """Read the end of the journal; a line that is not whole is left out."""
    try:
        with journal.open("rb") as file:
            file.seek(max(0, file.seek(0, 2) - TAIL_BYTES))
            lines = file.read().splitlines()
    except FileNotFoundError:
        return
    for line in lines:
        try:
            found = json.loads(line)
        except ValueError:
            continue
        if isinstance(found, dict):
            yield found
