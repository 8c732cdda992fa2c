"""When a canary passes and when it fails, as `thresholds.yaml` says it."""

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import yaml

from services.lifecycle.errors import AskedWronglyError

FILE = Path(__file__).with_name("thresholds.yaml")
# What is compared by statistics; the false-alarm rate is split evenly among these.
COMPARED = ("errors", "refusals", "latency", "classes", "confidence", "disagreement")


@dataclass(frozen=True)
class Latency:
    """How much slower a canary may be."""

    quantiles: tuple[float, ...]
    factor: float
    beside_bootstrap: float


@dataclass(frozen=True)
class Signals:
    """How far each share or mean of the canary may be on the wrong side of production."""

    errors: float
    refusals: float
    classes: float
    confidence: float
    disagreement: float


@dataclass(frozen=True)
class Thresholds:
    """All limits of a judgement."""

    false_alarm: float
    minimum_answers: int
    every: float
    signals: Signals
    latency: Latency
    restarts: int

    @property
    def alpha(self) -> float:
        """Return the part of the false-alarm rate that one signal may use up."""
        return self.false_alarm / len(COMPARED)


def read(file: Path = FILE) -> Thresholds:
    """Read the limits.

    Raises:
        AskedWronglyError: a limit is missing, unknown, or no limit.
    """
    found = _section(file, yaml.safe_load(file.read_text()), Thresholds, "")
    signals = _section(file, found["signals"], Signals, "signals.")
    latency = _section(file, found["latency"], Latency, "latency.")
    for name, value in signals.items():
        _require(file, f"signals.{name}", value, 0 < value < 1, "between 0 and 1")
    for value in latency["quantiles"]:
        _require(file, "latency.quantiles", value, 0 < value < 1, "between 0 and 1")
    _require(file, "latency.factor", latency["factor"], latency["factor"] > 1, "above 1")
    _require(file, "false_alarm", found["false_alarm"], 0 < found["false_alarm"] < 1, "in (0, 1)")
    _require(file, "every", found["every"], found["every"] > 0, "above 0")
    _require(file, "minimum_answers", found["minimum_answers"], found["minimum_answers"] > 0, "> 0")
    _require(file, "restarts", found["restarts"], found["restarts"] >= 0, "0 or more")
    prompt = latency["beside_bootstrap"]
    _require(file, "latency.beside_bootstrap", prompt, prompt > 0, "above 0")
    latency["quantiles"] = tuple(latency["quantiles"])
    return Thresholds(**found | {"signals": Signals(**signals), "latency": Latency(**latency)})


def _section(file: Path, found: Any, kind: type, where: str) -> dict[str, Any]:
    wanted = {field.name for field in fields(kind)}
    have = set(found) if isinstance(found, dict) else set()
    if have != wanted:
        wrong = ", ".join(f"{where}{name}" for name in sorted(map(str, have ^ wanted)))
        raise AskedWronglyError(
            f"{file.name}: {wrong} is missing or unknown. It holds exactly {sorted(wanted)}."
        )
    return dict(found)


def _require(file: Path, name: str, value: Any, holds: bool, need: str) -> None:
    if not holds:
        raise AskedWronglyError(f"{file.name}: {name} is {value}, and must be {need}.")
