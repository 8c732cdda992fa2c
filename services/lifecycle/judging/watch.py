"""Watch canary and production until the verdict is clear or the window is over."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from services.lifecycle.clients import site, web
from services.lifecycle.clients.site import Deployment, Replica
from services.lifecycle.errors import NotServingError, WrongVersionError
from services.lifecycle.judging import exposition, judgement
from services.lifecycle.judging.evidence import CANARY, PRODUCTION, Evidence
from services.lifecycle.judging.exposition import Reading
from services.lifecycle.judging.judgement import Judgement
from services.lifecycle.judging.mirror import Mirror
from services.lifecycle.judging.signals import Verdict
from services.lifecycle.judging.thresholds import Thresholds

AT_ONCE = 8
Heard = list[tuple[Replica, Reading | None]]


def watch(
    site_api: str,
    evidence: Evidence,
    limits: Thresholds,
    window: float,
    say: Callable[[str], None],
    *,
    recordings: Path | None = None,
) -> tuple[Evidence, Judgement]:
    """Look again and again; end as soon as it is clear.

    Where production keeps its requests (`recordings`), the canary gets them as well.

    Raises:
        WrongVersionError: the canary serves another version.
        NotServingError: there is no canary.
    """
    end = time.monotonic() + window
    last = ""
    with closing(Mirror(recordings)) as mirror:
        while True:
            try:
                evidence = look(site_api, evidence, say, mirror)
            except web.NoAnswerError as error:
                say(f"the site does not answer ({error})")
            made = weigh(evidence, limits)
            if made.reason != last:
                say(f"{made.verdict}: {made.reason}")
                last = made.reason
            if made.verdict is not Verdict.WAIT or time.monotonic() >= end:
                return evidence, made
            time.sleep(limits.every)


def weigh(evidence: Evidence, limits: Thresholds) -> Judgement:
    """Judge what was seen so far."""
    return judgement.judge(
        evidence.canary,
        evidence.other,
        limits,
        serves=evidence.production,
        restarts=evidence.restarts,
    )


def look(
    site_api: str, evidence: Evidence, say: Callable[[str], None], mirror: Mirror | None = None
) -> Evidence:
    """Read every replica of both environments once."""
    now = time.time()
    canary = site.deployment(site_api, CANARY)
    production = site.deployment(site_api, PRODUCTION)
    if canary is None:
        raise NotServingError(CANARY, "nothing is deployed there", "Promote a version to it first.")
    with ThreadPoolExecutor(AT_ONCE) as pool:
        here = list(pool.map(_listen, _replicas(canary)))
        there = list(pool.map(_listen, _replicas(production)))
    _require_version(evidence, canary, here)
    evidence = _begun(evidence, canary, production, now, say)
    for environment, heard in ((CANARY, here), (PRODUCTION, there)):
        evidence = _with(evidence, environment, heard)
    if mirror:
        compared = mirror.look(list(_replicas(canary)), evidence.production)
        evidence = replace(evidence, canary=evidence.canary.plus(compared))
    return evidence.looked(now)


def _with(evidence: Evidence, environment: str, heard: Heard) -> Evidence:
    for replica, reading in heard:
        if reading is not None:
            evidence = evidence.grown(environment, replica.name, reading, replica.restarts)
            if environment == PRODUCTION:
                evidence = replace(evidence, production=reading.version)
        elif environment == CANARY:
            evidence = evidence.ended_once_more(replica.name, replica.restarts)
    return evidence


def _begun(
    evidence: Evidence,
    canary: Deployment,
    production: Deployment | None,
    now: float,
    say: Callable[[str], None],
) -> Evidence:
    """Begin, or begin anew when something was released meanwhile."""
    images = (canary.image, production.image if production else "")
    if evidence.images == images:
        return evidence
    if evidence.began:
        say("there was a release meanwhile, so everything is counted anew")
    return Evidence(
        evidence.version,
        images=images,
        began=now,
        ended=now,
        share=evidence.share,
        passed=evidence.passed,
    )


def _require_version(evidence: Evidence, canary: Deployment, heard: Heard) -> None:
    others = {r.version for _, r in heard if r and r.version != evidence.version}
    if others or (evidence.images[0] and evidence.images[0] != canary.image):
        what = f"it serves {', '.join(sorted(others)) or canary.image} and not {evidence.version}"
        raise WrongVersionError(CANARY, what, "Judge what it serves: look at `invoke status`.")


def _replicas(deployment: Deployment | None) -> Iterator[Replica]:
    """Name the replicas of the release; those of the one before do not count."""
    if deployment:
        yield from (r for r in deployment.replicas if r.image == deployment.image)


def _listen(replica: Replica) -> tuple[Replica, Reading | None]:
    try:
        return replica, exposition.ask(replica.url)
    except web.NoAnswerError:
        return replica, None
