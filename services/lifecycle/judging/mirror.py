"""Mirrored requests: what people just sent to production, sent once more to the canary.

Production keeps requests with what it answered (`recording` of the classifier). While the
canary is judged, new ones are sent to it as well, and it is counted how often the two agree.
Nobody waits for these answers, and the canary does not count them as live traffic.
"""

import itertools
import json
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from services.lifecycle.clients.site import Replica
from services.lifecycle.judging import replay
from services.lifecycle.judging.counts import Counts
from services.lifecycle.releasing.releases import NONE

# Few, so that the canary has the time for its live traffic.
AT_A_TIME = 4
DEADLINE = 5.0
HEADERS = {"X-Mirrored": "1"}


class Mirror:
    """Sends new recordings to the canary on a thread of its own, a few between two looks."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._known: set[str] | None = None
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="mirror")
        self._sent: Future[Counts] | None = None

    def look(self, canary: Sequence[Replica], production: str) -> Counts:
        """Return what was compared since the last look, and send the newest requests."""
        found = Counts()
        if self._sent is not None:
            if not self._sent.done():
                return found
            found, self._sent = self._sent.result(), None
        urls = [replica.url for replica in canary if replica.ready]
        if photos := self._fresh() if urls and production not in ("", NONE) else []:
            self._sent = self._pool.submit(_compare, photos, urls, production)
        return found

    def close(self) -> None:
        """Wait for nothing more."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _fresh(self) -> list[Path]:
        """Return recordings that came since the last look; what was there before is old."""
        if self._folder is None or not self._folder.is_dir():
            return []
        there = {path.stem for path in self._folder.glob("*.json")}
        before, self._known = self._known, there
        fresh = sorted(there - before)[:AT_A_TIME] if before is not None else []
        return [self._folder / f"{name}.png" for name in fresh]


def _compare(photos: Sequence[Path], urls: Sequence[str], production: str) -> Counts:
    counts = Counts()
    for photo, url in zip(photos, itertools.cycle(urls), strict=False):
        try:
            data, said = photo.read_bytes(), json.loads(photo.with_suffix(".json").read_text())
        except (OSError, ValueError):
            continue  # it had to make room for newer ones
        if not _is_of(said, production):
            continue
        answer = replay.ask(url, data, headers=HEADERS, deadline=DEADLINE)
        if answer.label:
            other = float(answer.label != said["label"])
            counts = counts.plus(Counts({"compared": 1.0, "disagreed": other}))
    return counts


def _is_of(said: Any, production: str) -> bool:
    return isinstance(said, dict) and str(said.get("version")) == production and "label" in said
