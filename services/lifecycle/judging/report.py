"""The report of a judgement: numbers as JSON, plots as PNG, and one page that needs no other."""

import base64
import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from jinja2 import Environment, StrictUndefined

from services.lifecycle.judging import plots
from services.lifecycle.judging.evidence import Evidence
from services.lifecycle.judging.judgement import Judgement

PAGE = Path(__file__).with_name("page.html")


def write(
    folder: Path, evidence: Evidence, made: Judgement, *, false_alarm: float, replayed: bool
) -> None:
    """Write judgement.json, the plots and index.html into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    facts = {
        "version": evidence.version,
        "production": evidence.production,
        "kind": "replay" if replayed else "live",
        "false_alarm": false_alarm,
        "began": _moment(evidence.began),
        "ended": _moment(evidence.ended),
        **made.facts(),
        "share": evidence.share,
        "passed": [asdict(step) for step in evidence.passed],
        "canary": dict(evidence.canary.values),
        "other": dict(evidence.other.values),
    }
    (folder / "judgement.json").write_text(json.dumps(facts, indent=2) + "\n")
    pictures = plots.draw(folder, evidence, made)
    text = page(evidence, made, pictures, false_alarm=false_alarm, replayed=replayed)
    (folder / "index.html").write_text(text)


def page(
    evidence: Evidence,
    made: Judgement,
    pictures: list[Path],
    *,
    false_alarm: float,
    replayed: bool,
) -> str:
    """Fill the page; the pictures are in it."""
    environment = Environment(autoescape=True, undefined=StrictUndefined)
    return environment.from_string(PAGE.read_text()).render(
        version=evidence.version,
        production=evidence.production or "nothing",
        verdict=made.verdict.value,
        false_alarm=f"{false_alarm:.2%}",
        reason=made.reason,
        how="A replay of recorded photos" if replayed else "Live traffic",
        began=_moment(evidence.began),
        ended=_moment(evidence.ended),
        canary_answers=f"{evidence.canary['answers']:.0f}",
        production_answers=f"{evidence.other['answers']:.0f}",
        findings=made.findings,
        share=evidence.share,
        passed=evidence.passed,
        pictures=[(p.stem, base64.b64encode(p.read_bytes()).decode()) for p in pictures],
    )


def _moment(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S}"
