"""Does an environment serve exactly this version and digest, on every replica?"""

import time
from collections.abc import Callable
from dataclasses import dataclass

from services.lifecycle.clients import site, web
from services.lifecycle.errors import (
    CrashLoopError,
    NotServingError,
    OutOfMemoryError,
    ServingError,
    WrongVersionError,
)
from services.lifecycle.releasing.releases import spoken

POLL = 0.25
# A replica that ended this often will not recover by waiting.
HOPELESS_RESTARTS = 3


@dataclass(frozen=True)
class Wanted:
    """What an environment should serve."""

    environment: str
    version: int | None
    digest: str


@dataclass(frozen=True)
class Observed:
    """What was last seen of an environment."""

    deployment: site.Deployment | None
    answers: tuple[site.Answer, ...]
    trouble: str = ""

    def __str__(self) -> str:
        if self.trouble:
            return self.trouble
        if self.deployment is None:
            return "nothing is deployed"
        said = ", ".join(_answer(answer) for answer in self.answers) or "no replica"
        first = self.deployment.message.partition("\n")[0]
        return f"{self.deployment.health}, {first or said}"


def wait(site_api: str, wanted: Wanted, deadline: float, say: Callable[[str], None]) -> Observed:
    """Wait until every replica serves exactly what is wanted.

    Raises:
        ServingError: it never will, or did not before the deadline.
    """
    end = time.monotonic() + deadline
    last = ""
    while True:
        observed = observe(site_api, wanted.environment)
        problem = judge(wanted, observed)
        if problem is None:
            return observed
        if str(problem) != last:
            say(f"waiting: {observed}")
            last = str(problem)
        if isinstance(problem, (CrashLoopError, OutOfMemoryError)):
            raise problem
        if time.monotonic() > end:
            raise _late(wanted, problem, deadline)
        time.sleep(POLL)


def require(site_api: str, wanted: Wanted) -> Observed:
    """Look once.

    Raises:
        ServingError: at this moment it serves something else.
    """
    observed = observe(site_api, wanted.environment)
    problem = judge(wanted, observed)
    if problem:
        raise problem
    return observed


def observe(site_api: str, environment: str) -> Observed:
    """Ask the site, then every replica."""
    try:
        deployment = site.deployment(site_api, environment)
    except web.NoAnswerError as error:
        return Observed(None, (), trouble=f"the site does not answer ({error})")
    if deployment is None:
        return Observed(None, ())
    return Observed(deployment, tuple(site.answers(deployment.replicas)))


def judge(wanted: Wanted, observed: Observed) -> ServingError | None:
    """Return what is wrong, or None when exactly the wanted release serves everywhere."""
    environment, deployment = wanted.environment, observed.deployment
    if deployment is None:
        return NotServingError(environment, str(observed), "Look at `invoke status`.")
    if not deployment.image.endswith("@" + wanted.digest):
        what = f"it is told to run {deployment.image}, not {wanted.digest}"
        return WrongVersionError(
            environment, what, "Look at the last commits of the GitOps repository."
        )
    return (
        _ended(wanted, deployment) or _unready(environment, deployment) or _other(wanted, observed)
    )


def _ended(wanted: Wanted, deployment: site.Deployment) -> ServingError | None:
    log = f"Read its last words: invoke logs {wanted.environment}"
    for replica in deployment.replicas:
        if replica.image != deployment.image:
            continue
        if replica.reason == "OOMKilled" and not replica.ready:
            limit = f"{(replica.memory_limit or 0) / 2**20:.0f} MiB"
            what = f"{replica.name} was killed for memory, at a limit of {limit}"
            return OutOfMemoryError(wanted.environment, what, log)
        gone = replica.reason in ("CrashLoopBackOff", "Error") and not replica.ready
        if gone and replica.restarts >= HOPELESS_RESTARTS:
            what = f"{replica.name} ended {replica.restarts} times right after its start"
            what += _last_words(deployment)
            return CrashLoopError(wanted.environment, what, log)
    return None


def _last_words(deployment: site.Deployment) -> str:
    lines = deployment.message.strip().splitlines()
    return f", with the words: {lines[-1].strip().rstrip('.')}" if len(lines) > 1 else ""


def _unready(environment: str, deployment: site.Deployment) -> ServingError | None:
    ready = sum(replica.ready for replica in deployment.replicas)
    if deployment.health == "Healthy" and ready == len(deployment.replicas) == deployment.desired:
        return None
    what = f"{deployment.health}, {ready} of {deployment.desired} replicas are ready"
    return NotServingError(environment, what, f"Read why: invoke logs {environment}")


def _other(wanted: Wanted, observed: Observed) -> ServingError | None:
    for answer in observed.answers:
        if answer.silence:
            return NotServingError(wanted.environment, answer.silence, "Is it still starting?")
        if answer.version != wanted.version or answer.digest != wanted.digest:
            what = f"{_answer(answer)}, not {spoken(wanted.version)} at {wanted.digest[:19]}"
            return WrongVersionError(wanted.environment, what, "Nothing was moved.")
    return None


def _answer(answer: site.Answer) -> str:
    if answer.silence:
        return f"{answer.replica}: {answer.silence}"
    return f"{answer.replica} answers {spoken(answer.version)} at {answer.digest[:19]}"


def _late(wanted: Wanted, problem: ServingError, deadline: float) -> ServingError:
    what = f"it does not serve {spoken(wanted.version)} after {deadline:.0f} s: {problem.what}"
    kind = WrongVersionError if isinstance(problem, WrongVersionError) else NotServingError
    return kind(wanted.environment, what, f"Read why: invoke logs {wanted.environment}")
