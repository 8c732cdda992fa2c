"""Plots of a judgement as PNG, drawn with Pillow: intervals, times, labels, the course."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from services.lifecycle.judging.counts import Counts
from services.lifecycle.judging.evidence import Evidence
from services.lifecycle.judging.judgement import Judgement
from services.lifecycle.judging.sequential import Interval

WIDTH, LEFT, RIGHT, TOP, ROW = 900, 230, 40, 60, 34
CANARY, PRODUCTION, INK, GREY, LIMIT = "#d97706", "#2563eb", "#1f2937", "#d1d5db", "#b91c1c"
FONT_SIZE, TITLE_SIZE = 15, 18


@dataclass(frozen=True)
class Sheet:
    """A picture with a scale from left to right."""

    image: Image.Image
    low: float
    high: float

    @property
    def draw(self) -> ImageDraw.ImageDraw:
        """Return what draws on it."""
        return ImageDraw.Draw(self.image)

    def x(self, value: float) -> float:
        """Return where a value stands."""
        share = (value - self.low) / ((self.high - self.low) or 1.0)
        return LEFT + share * (WIDTH - LEFT - RIGHT)


def draw(folder: Path, evidence: Evidence, made: Judgement) -> list[Path]:
    """Draw everything that there is data for; return the files."""
    pictures: dict[str, Callable[[], Image.Image]] = {
        "signals": lambda: intervals(made),
        "latency": lambda: times(evidence.canary, evidence.other),
        "classes": lambda: labels(evidence.canary, evidence.other),
        "course": lambda: course(evidence),
    }
    files = []
    for name, paint in pictures.items():
        files.append(folder / f"{name}.png")
        paint().save(files[-1])
    return files


def intervals(made: Judgement) -> Image.Image:
    """Draw the bounds of each signal, for canary and production."""
    shown = [finding for finding in made.findings if finding.canary]
    sheet = _sheet("Where the truth is, at every look so far", len(shown), 0.0, 1.0)
    for row, finding in enumerate(shown):
        y = _row(sheet, row, f"{finding.signal}: {finding.verdict}")
        if finding.canary:
            _bar(sheet, finding.canary, y - 5, CANARY)
        if finding.production:
            _bar(sheet, finding.production, y + 5, PRODUCTION)
    return sheet.image


def times(canary: Counts, production: Counts) -> Image.Image:
    """Draw which share of the answers came within each time."""
    edges = sorted(canary.edges() | production.edges())
    sheet = _sheet("Share of the answers that came within", len(edges), 0.0, 1.0)
    for row, edge in enumerate(edges):
        y = _row(sheet, row, f"{edge:g} s")
        for counts, color, offset in ((canary, CANARY, -9), (production, PRODUCTION, 1)):
            share = counts.within(edge) / (counts["timed"] or 1.0)
            sheet.draw.rectangle((sheet.x(0), y + offset, sheet.x(share), y + offset + 8), color)
    return sheet.image


def labels(canary: Counts, production: Counts) -> Image.Image:
    """Draw the mix of labels."""
    names = sorted(canary.labels() | production.labels())
    here = _mix([canary.label(name) for name in names])
    there = _mix([production.label(name) for name in names])
    most = max([0.1, *here, *there])
    sheet = _sheet("Share of the answers with each label", len(names), 0.0, most)
    for row, name in enumerate(names):
        y = _row(sheet, row, name)
        for mix, color, offset in ((here, CANARY, -9), (there, PRODUCTION, 1)):
            sheet.draw.rectangle((sheet.x(0), y + offset, sheet.x(mix[row]), y + offset + 8), color)
    return sheet.image


def course(evidence: Evidence) -> Image.Image:
    """Draw how answers and errors of the canary came in."""
    looks = evidence.looks
    last = looks[-1] if looks else None
    sheet = _sheet("Answers and errors of the canary over time (s)", 8, 0.0, last.at if last else 1)
    base, most = TOP + 8 * ROW, max((look.canary_answers for look in looks), default=0) or 1.0
    for name, color in (("canary_answers", CANARY), ("canary_errors", LIMIT)):
        line = [
            (sheet.x(look.at), base - getattr(look, name) / most * (8 * ROW - 10)) for look in looks
        ]
        if len(line) > 1:
            sheet.draw.line(line, color, 3)
    sheet.draw.text((10, TOP), f"up to {most:.0f} answers", INK, _font(FONT_SIZE))
    errors = f"{evidence.canary['errors']:.0f} errors"
    sheet.draw.text((10, TOP + ROW), errors, LIMIT, _font(FONT_SIZE))
    return sheet.image


def _sheet(title: str, rows: int, low: float, high: float) -> Sheet:
    image = Image.new("RGB", (WIDTH, TOP + max(1, rows) * ROW + 40), "white")
    sheet = Sheet(image, low, high)
    sheet.draw.text((10, 10), title, INK, _font(TITLE_SIZE))
    sheet.draw.text((WIDTH - 190, 14), "canary", CANARY, _font(FONT_SIZE))
    sheet.draw.text((WIDTH - 120, 14), "production", PRODUCTION, _font(FONT_SIZE))
    for part in range(5):
        value = low + part * (high - low) / 4
        x = sheet.x(value)
        sheet.draw.line((x, TOP - 10, x, image.height - 30), GREY)
        sheet.draw.text((x - 12, image.height - 26), f"{value:.3g}", INK, _font(FONT_SIZE))
    return sheet


def _row(sheet: Sheet, row: int, name: str) -> float:
    y = TOP + row * ROW + ROW / 2
    sheet.draw.text((10, y - 9), name, INK, _font(FONT_SIZE))
    return y


def _bar(sheet: Sheet, found: Interval, y: float, color: str) -> None:
    sheet.draw.line((sheet.x(found.low), y, sheet.x(found.high), y), color, 3)
    x = sheet.x(found.guess)
    sheet.draw.ellipse((x - 4, y - 4, x + 4, y + 4), color)


def _mix(counts: Sequence[float]) -> list[float]:
    return [count / (sum(counts) or 1.0) for count in counts]


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)
