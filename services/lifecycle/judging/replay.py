"""Shadow replay: recorded photos, sent again to production and to a candidate.

Both get the same photos, first the one and then the other by turns, so neither always
finds a warmer machine. What comes back is counted as metrics count live traffic, and
judged by the same signals; that the answers are of the same photos adds one more,
disagreement.
"""

import http.client
import json
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from uuid import uuid4

from services.lifecycle.clients import web
from services.lifecycle.clients.web import OPENER
from services.lifecycle.errors import AskedWronglyError, WrongVersionError
from services.lifecycle.judging.counts import LABEL, WITHIN, Counts, of_status
from services.lifecycle.releasing.releases import NONE

# The same buckets as the classifier's own metrics have.
EDGES = (0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 5, 10)
DEADLINE = 15.0
WARM_UP = 3
MOST = 2000


@dataclass(frozen=True)
class Answer:
    """What came back for one photo; a status of 599 is none at all."""

    status: int
    seconds: float
    said: dict[str, Any]

    @property
    def label(self) -> str:
        """Return the label, or an empty text."""
        return str(self.said.get("label", ""))

    def counts(self) -> Counts:
        """Count this one answer."""
        values = {"answers": 1.0, "timed": 1.0}
        if kind := of_status(self.status):
            values[kind] = 1.0
        for edge in EDGES:
            values[f"{WITHIN}{edge:g}"] = float(self.seconds <= edge)
        if self.label:
            values[LABEL + self.label] = 1.0
            values |= {"confident": 1.0, "confidence": float(self.said.get("confidence", 0.0))}
        return Counts(values)


def recordings(folder: Path) -> list[Path]:
    """Return the recorded photos, in an order that does not depend on the disk.

    Raises:
        AskedWronglyError: there are none.
    """
    photos = sorted(folder.glob("*.png"))
    if not photos:
        raise AskedWronglyError(
            f"{folder}: no recordings (*.png) are there. An environment keeps them where the "
            "chart's `recordings` name it, and only what was asked of it since; or give a folder: "
            "invoke judge --replay DIR"
        )
    return photos[:MOST]


def replay(
    photos: list[Path], candidate: str, champion: str, say: Callable[[str], None]
) -> tuple[Counts, Counts]:
    """Send each photo to both; return what the candidate and the champion counted."""
    for address in (candidate, champion):
        for photo in photos[:WARM_UP]:
            ask(address, photo.read_bytes())
    here, there = Counts(), Counts()
    for number, (first, second) in enumerate(_pairs(photos, candidate, champion), start=1):
        mine, theirs = (first, second) if number % 2 else (second, first)
        here = here.plus(mine.counts()).plus(_compared(mine, theirs))
        there = there.plus(theirs.counts())
        if number % 100 == 0:
            say(f"{number} of {len(photos)} photos, {here['disagreed']:.0f} disagreements")
    return here, there


def _pairs(photos: list[Path], candidate: str, champion: str) -> Iterator[tuple[Answer, Answer]]:
    for number, photo in enumerate(photos, start=1):
        data = photo.read_bytes()
        order = (candidate, champion) if number % 2 else (champion, candidate)
        yield ask(order[0], data), ask(order[1], data)


def _compared(mine: Answer, theirs: Answer) -> Counts:
    if not theirs.label:  # without an answer of the champion there is nothing to agree with
        return Counts()
    return Counts({"compared": 1.0, "disagreed": float(mine.label != theirs.label)})


def serves(address: str) -> tuple[str, str]:
    """Return the version that an environment serves, as it is written, and its image's digest."""
    said = web.get(f"{address}/version")
    return NONE if said["version"] is None else str(said["version"]), str(said.get("digest") or "")


def require_version(environment: str, address: str, wanted: str) -> str:
    """Refuse to judge another version than the one asked for; return its image's digest.

    Raises:
        WrongVersionError: the environment serves another.
    """
    found, digest = serves(address)
    if found != wanted:
        what = f"it serves {found} and not {wanted}"
        raise WrongVersionError(environment, what, "Judge what it serves: `invoke status`.")
    return digest


def ask(
    address: str,
    photo: bytes,
    *,
    headers: Mapping[str, str] | None = None,
    deadline: float = DEADLINE,
) -> Answer:
    """Send one photo, as a browser would."""
    boundary = uuid4().hex
    head = (
        f"--{boundary}\r\nContent-Disposition: form-data; "
        'name="photo"; filename="photo.png"\r\nContent-Type: image/png\r\n\r\n'
    )
    body = head.encode() + photo + f"\r\n--{boundary}--\r\n".encode()
    kind = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    kind |= headers or {}
    request = urllib.request.Request(f"{address}/predict", body, kind, method="POST")
    start = time.perf_counter()
    status, said = _send(request, deadline)
    return Answer(status, time.perf_counter() - start, said)


def _send(request: urllib.request.Request, deadline: float) -> tuple[int, dict[str, Any]]:
    try:
        with OPENER.open(request, timeout=deadline) as answer:
            said = json.loads(answer.read())
            return answer.status, said if isinstance(said, dict) else {}
    except HTTPError as error:
        with error:
            return error.code, {}
    except (OSError, ValueError, http.client.HTTPException):
        return 599, {}
