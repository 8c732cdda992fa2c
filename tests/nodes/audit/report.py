"""What came out of an audit: a page for people, and a few numbers for `invoke status`."""

import html
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.nodes.audit.check import Check
from tests.nodes.audit.waivers import Waiver

PASSED, FAILED, WAIVED, UNREACHABLE, UNASKED = (
    "passed", "failed", "waived", "unreachable", "not asked",
)  # fmt: skip
ORDER = (FAILED, UNREACHABLE, WAIVED, UNASKED, PASSED)
SUMMARY = "audit.json"
PAGE = "audit.html"
RESULTS = "audit-results.json"
STYLE = """
body{font:15px/1.5 system-ui,sans-serif;max-width:72rem;margin:2rem auto;padding:0 1rem;
color:#1c1c1c;background:#fff}table{border-collapse:collapse;width:100%}
td,th{text-align:left;vertical-align:top;padding:.3rem .8rem .3rem 0;border-top:1px solid #ddd}
.failed{color:#a40000;font-weight:600}.unreachable{color:#8a4b00;font-weight:600}
.waived{color:#5a4a00}.passed{color:#1a6b2f}ul{padding-left:1.2rem}
@media(prefers-color-scheme:dark){body{color:#eee;background:#181818}td,th{border-color:#444}
.failed{color:#ff8a8a}.unreachable{color:#ffb86b}.waived{color:#e5d27a}.passed{color:#8fd9a0}}
"""


@dataclass(frozen=True)
class Outcome:
    """One result."""

    node: str
    check: str
    promise: str
    state: str
    said: str

    @classmethod
    def read(
        cls, item: pytest.Item, report: pytest.TestReport, call: pytest.CallInfo[None]
    ) -> "Outcome":
        """Read it from what pytest reports."""
        params = getattr(getattr(item, "callspec", None), "params", {})
        check = params.get("check")
        name = check.name if isinstance(check, Check) else item.originalname  # type: ignore[attr-defined]
        promise = check.promise if isinstance(check, Check) else ""
        said = str(call.excinfo.value) if call.excinfo else ""
        return cls(params.get("name", ""), name, promise, _state(report), said)


def _state(report: pytest.TestReport) -> str:
    if report.failed:
        return UNREACHABLE if report.when == "setup" else FAILED
    if report.skipped:
        return WAIVED if hasattr(report, "wasxfail") else UNASKED
    return PASSED


@dataclass
class Report:
    """All results of one audit."""

    site: str
    kubernetes: bool
    held: Sequence[Waiver]
    wrong: Sequence[str]
    outcomes: list[Outcome] = field(default_factory=list)
    at: str = ""
    whole: bool = True

    def take(self, outcome: Outcome) -> None:
        """Take one result."""
        self.outcomes.append(outcome)

    def counts(self) -> dict[str, int]:
        """Count them; an unreachable node counts once."""
        found = Counter(outcome.state for outcome in self.outcomes)
        return {state: found[state] for state in (PASSED, FAILED, WAIVED, UNREACHABLE)}

    def needless(self) -> list[Waiver]:
        """Return the waivers whose promise is kept by every node that they are about."""
        used = [one for one in self.outcomes if one.state in (WAIVED, UNASKED)]
        asked = {one.check for one in self.outcomes}
        return [
            waiver
            for waiver in self.held
            if waiver.site in ("", self.site)
            and waiver.check in asked
            and not any(waiver.covers(self.site, one.node, one.check) for one in used)
        ]

    def lines(self) -> Iterator[str]:
        """Say what a person wants to know."""
        counts = self.counts()
        yield ", ".join(f"{count} {state}" for state, count in counts.items())
        if not self.whole:
            yield "This was a part of the audit, so the reports of the last whole one stay."
        if not self.kubernetes:
            yield "Kubernetes is not installed by this site yet, so nothing of it was asked."
        for waiver in self.needless():
            yield f"The waiver of {waiver.check} is needed no longer: {waiver}. Take it out."

    def write(self, folder: Path) -> None:
        """Write the page, all results, and the numbers."""
        self.at = datetime.now(UTC).isoformat(timespec="seconds")
        folder.mkdir(parents=True, exist_ok=True)
        _write(folder / PAGE, self.page())
        results = [asdict(one) for one in sorted(self.outcomes, key=_rank)]
        _write(folder / RESULTS, json.dumps(results, indent=1) + "\n")
        facts = {"at": self.at, **self.counts(), "report": str((folder / PAGE).absolute())}
        _write(folder / SUMMARY, json.dumps(facts, indent=2) + "\n")

    def page(self) -> str:
        """Return the page."""
        said = "".join(f"<li>{html.escape(line)}</li>" for line in self.lines())
        rows = "".join(_row(one) for one in sorted(self.outcomes, key=_rank))
        title = f"Audit of {html.escape(self.site)}"
        return (
            f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>'
            f"<style>{STYLE}</style><h1>{title}</h1><p>{self.at}</p><ul>{said}</ul>"
            "<table><thead><tr><th>Result<th>Node<th>Check<th>Promise<th>What was seen</thead>"
            f"<tbody>{rows}</tbody></table></html>\n"
        )


def _rank(outcome: Outcome) -> tuple[int, str, str]:
    return ORDER.index(outcome.state), outcome.node, outcome.check


def _row(one: Outcome) -> str:
    cells = (one.node, one.check, one.promise, one.said)
    rest = "".join(f"<td>{html.escape(cell)}" for cell in cells)
    return f'<tr><td class="{one.state.split()[0]}">{one.state}{rest}'


def _write(file: Path, text: str) -> None:
    half = file.with_name(f".{file.name}.new")
    half.write_text(text, encoding="utf-8")
    half.replace(file)
