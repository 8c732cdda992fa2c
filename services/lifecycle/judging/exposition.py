"""Read the metrics of one replica, in the text form of Prometheus."""

import re
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPException

from services.lifecycle.clients.web import OPENER, NoAnswerError
from services.lifecycle.judging.counts import LABEL, WITHIN, Counts, of_status

PATH = "/predict"
DEADLINE = 2.0
SAMPLE = re.compile(r"^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})?\s+(\S+)")
PAIR = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"')
ESCAPES = {"\\\\": "\\", '\\"': '"', "\\n": "\n"}

Sample = tuple[str, dict[str, str], float]


@dataclass(frozen=True)
class Reading:
    """What one replica has counted since it started.

    Attributes:
        version: The model version that it serves, as it is written: `none` is bootstrap.
        digest: Of the image that it runs.
        started: When its process started, in seconds since 1970; 0 if it does not say.
        counts: What it counted for this version.
    """

    version: str
    digest: str
    started: float
    counts: Counts


def ask(url: str) -> Reading:
    """Ask a replica for its metrics.

    Raises:
        NoAnswerError: there are none to be had.
    """
    try:
        with OPENER.open(urllib.request.Request(f"{url}/metrics"), timeout=DEADLINE) as answer:
            text = answer.read().decode()
        return read(text)
    except (OSError, HTTPException, ValueError) as error:
        reason = getattr(error, "reason", error)
        raise NoAnswerError(f"{url}/metrics gives no metrics: {reason}") from None


def read(text: str) -> Reading:
    """Read the text of one replica.

    Raises:
        ValueError: it does not say what it serves.
    """
    samples = list(_samples(text))
    served = [labels for name, labels, _ in samples if name == "classifier_info"]
    if len(served) != 1 or "version" not in served[0]:
        raise ValueError("they do not name one version (classifier_info)")
    version = served[0]["version"]
    started = [value for name, _, value in samples if name == "process_start_time_seconds"]
    values: dict[str, float] = {}
    for name, labels, value in samples:
        if labels.get("version") == version and labels.get("path", PATH) == PATH:
            for counter in _counters(name, labels):
                values[counter] = values.get(counter, 0.0) + value
    return Reading(version, served[0].get("digest", ""), max(started, default=0.0), Counts(values))


def _counters(name: str, labels: dict[str, str]) -> list[str]:
    match name:
        case "classifier_requests_total":
            return ["answers", *filter(None, [of_status(int(labels["status"]))])]
        case "classifier_request_seconds_count":
            return ["timed"]
        case "classifier_request_seconds_bucket" if labels["le"] != "+Inf":
            return [f"{WITHIN}{float(labels['le']):g}"]
        case "classifier_confidence_sum":
            return ["confidence"]
        case "classifier_confidence_count":
            return ["confident"]
        case "classifier_predictions_total":
            return [LABEL + labels["label"]]
    return []


def _samples(text: str) -> Iterator[Sample]:
    for line in text.splitlines():
        found = None if line.startswith("#") else SAMPLE.match(line)
        if found:
            name, labels, value = found.groups()
            yield name, dict(_pairs(labels or "")), float(value)


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    for name, value in PAIR.findall(text):
        yield name, re.sub(r"\\.", lambda hit: ESCAPES.get(hit[0], hit[0]), value)
