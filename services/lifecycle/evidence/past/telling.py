"""History for a person: a log of decisions, each a line with what stands behind it below."""

from rich.table import Table
from rich.text import Text

from services.lifecycle.evidence import screen
from services.lifecycle.evidence.past import moments
from services.lifecycle.evidence.past.decisions import Decision

COLOURS = {
    "released": "green",
    "back": "yellow",
    "undone": "red",
    "mended": "yellow",
    "refused": "red",
    "failed": "red",
    "withdrawn": "red",
    "open": "yellow",
    "approved": "cyan",
}


def text(environment: str, told: list[Decision], hidden: int, unknown: list[str]) -> str:
    """Write decisions, the newest first."""
    log = Table.grid(padding=(0, 2))
    log.add_column(no_wrap=True)
    log.add_column(overflow="fold")
    for made in told:
        log.add_row(Text(moments.spoken(made.at), style="dim"), _head(made))
        for line in _below(made):
            log.add_row("", line)
    more = [Text(each, style="yellow") for each in unknown]
    if hidden:
        more.insert(0, Text(f"… and {hidden} older: invoke history {environment} --limit 0"))
    if not told:
        return screen.text(Text(f"Nothing was ever decided about {environment}."), *more)
    last = f"Times are UTC. What serves, and how to go back: invoke trace {environment}"
    return screen.text(log, *more, Text(last, style="dim"))


def _head(made: Decision) -> Text:
    head = Text(made.what, style=COLOURS.get(made.kind, "bold"))
    if made.digest:
        head.append(f"  {made.digest.removeprefix('sha256:')[:12]}", style="dim")
    return head


def _below(made: Decision) -> list[Text]:
    word = "; ".join([made.by or "nobody who is named", *made.word])
    told = (("because", made.reason), ("on the word of", word), ("", _where(made)))
    return [_line(label, what) for label, what in told if what]


def _line(label: str, what: str) -> Text:
    line = Text(f"{label} " if label else "", style="dim")
    line.append(what, style="not dim" if label else "")
    return line


def _where(made: Decision) -> str:
    """Say in which operation it was done, how long that took, and as which commit."""
    took = f"took {moments.length(made.seconds)}" if made.seconds else ""
    commit = f"commit {made.commit[:12]}" if made.commit else ""
    return ", ".join(part for part in (made.operation, took, commit) if part)
