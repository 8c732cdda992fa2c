"""Compare live photos with those of the training, and ask for a training when they differ."""

import json
from argparse import ArgumentParser, Namespace
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from pathlib import Path

import yaml

from services.lifecycle.errors import AskedWronglyError
from services.lifecycle.photos import live, request, statistics
from services.lifecycle.photos.statistics import Hour, Limits
from services.lifecycle.releasing.operation import Operation
from services.lifecycle.releasing.releases import spoken
from services.lifecycle.step import Step

LIMITS = Path(live.__file__).with_name("limits.yaml")


def arguments(parser: ArgumentParser) -> None:
    """Declare what this verb takes."""
    parser.add_argument("--limits", type=Path, default=LIMITS, help="when it is drift")
    help_ = "finished, or all: the hour that is not over as well"
    parser.add_argument("--hours", choices=("finished", "all"), default="finished", help=help_)
    parser.add_argument("--ask", action="store_true", help="ask for a training when it is drift")


def run(step: Step, asked: Namespace) -> dict[str, str]:
    """Judge each hour that is over; with --ask name the training that drift asks for."""
    limits = read(asked.limits)
    seen = live.ask(step.settings.site_api)
    if seen.reference is None:
        step.say(f"{spoken(seen.version)} brings nothing to compare live photos with")
        return {"drift": "unknown", "request": "", "reason": "", "hours": "[]"}
    now = f"{datetime.now(UTC):%Y-%m-%dT%H}:00Z"
    over = {name: one for name, one in seen.hours.items() if asked.hours == "all" or name < now}
    hours = [statistics.judge(name, one, seen.reference, limits) for name, one in over.items()]
    for hour in hours:
        step.say(_line(hour, limits))
    drifted = [hour for hour in hours if hour.is_drift]
    reason = _reason(drifted[-1]) if drifted else ""
    name = _ask(step, asked, reason, limits) if drifted and asked.ask else ""
    told = [{"hour": hour.name, "photos": hour.photos, "drift": hour.is_drift} for hour in hours]
    return {
        "drift": "yes" if drifted else "no",
        "request": name,
        "reason": reason,
        "hours": json.dumps(told),
    }


def read(file: Path) -> Limits:
    """Read the limits.

    Raises:
        AskedWronglyError: a key is missing or unknown.
    """
    found = yaml.safe_load(file.read_text())
    known = {each.name for each in fields(Limits)}
    if not isinstance(found, dict) or set(found) != known:
        raise AskedWronglyError(f"{file.name}: it holds exactly {', '.join(sorted(known))}.")
    return Limits(**found)


def _ask(step: Step, asked: Namespace, reason: str, limits: Limits) -> str:
    cool_down = timedelta(hours=limits.cool_down)
    found, new = request.ask(step.gitops, reason, cool_down)
    if new:
        operation = Operation(asked.operation, "production", step.journal)
        operation.note("training request", "done", run=found.run, reason=reason)
    what = "asked for" if new else f"was asked for at {found.at[:16]} already, so none other is:"
    step.say(f"training {what} {found.run}")
    return found.run


def _reason(hour: Hour) -> str:
    told = ", ".join(str(measure) for measure in hour.measures if measure.is_drift)
    return f"photos of {hour.name} are not those of the training: {told}"


def _line(hour: Hour, limits: Limits) -> str:
    if not hour.measures:
        return f"{hour.name}: {hour.photos} photos, {limits.minimum_photos} are needed to judge"
    word = "DRIFT" if hour.is_drift else "alike"
    return f"{hour.name}: {hour.photos} photos, {word}: {'; '.join(map(str, hour.measures))}"
