"""What a training would read, compare and write, before it starts; what it learns is not known."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from services.lifecycle.errors import LifecycleError
from services.lifecycle.images.layout import Layout
from services.lifecycle.releasing import git, lock, weights
from services.lifecycle.releasing.gates import asking, judgements, policy
from services.lifecycle.releasing.gates.gate import Gate
from services.lifecycle.releasing.gates.policy import Approvals
from services.lifecycle.step import Step
from services.lifecycle.verbs import check_training_image
from services.lifecycle.verbs.check_training_image import SAME, Seen

STOPS = ("register", "staging", "canary", "production")
CHAMPION = "production"
UNKNOWN = "unknown"


@dataclass(frozen=True)
class Training:
    """What a training would do.

    Attributes:
        commit: The commit whose code trains, with its subject, author and time.
        data: What is trained on, as it was asked for.
        image: The training image: its state, and the digest of the one that is there.
        champion: What the new model is compared with; empty where nothing was in production.
        version: The number that the new version gets, if nobody registers before it.
        stops: Each stop on the way: what it asks, who is there now, and what is written.
    """

    commit: dict[str, str]
    data: str
    image: dict[str, str]
    champion: dict[str, Any]
    version: int | str
    stops: list[dict[str, Any]]


def make(step: Step, branch: str, data: str, until: str) -> Training:
    """Look at everything that a training of this branch goes by."""
    with ThreadPoolExecutor(max_workers=2) as pool:
        asked = pool.submit(_asked, step)
        seen = check_training_image.look(step, branch, Layout.at(f"oci:{step.work / 'scratch'}"))
        way = STOPS[: STOPS.index(until) + 1]
        stops = [_stop(step, name) for name in way]
        champion, version = asked.result()
    return Training(
        commit=_commit(seen),
        data=data,
        image={
            "name": seen.name,
            "tag": seen.checkout.tag,
            "state": seen.state,
            "does": "stays" if seen.state == SAME else "is built anew",
            "digest": seen.digest or "",
        },
        champion=champion,
        version=version,
        stops=[{**stop, "writes": writes(stop["stop"], version)} for stop in stops],
    )


def _asked(step: Step) -> tuple[dict[str, Any], int | str]:
    """Ask the registry for the champion, and for the number that comes next."""
    registry = step.registry
    try:
        number = registry.alias(CHAMPION)
        known = [each.number for each in registry.versions()]
    except LifecycleError as error:
        return {"trouble": str(error)}, UNKNOWN
    champion = {"version": number, "run": registry.version(number).run} if number else {}
    return champion, max(known, default=0) + 1


def _commit(seen: Seen) -> dict[str, str]:
    checkout = seen.checkout
    said = git.text(
        "show", "-s", "--format=%s%n%an%n%cI", checkout.commit, folder=checkout.repository
    )
    subject, author, at = (*said.split("\n"), "", "", "")[:3]
    return {"id": checkout.commit, "subject": subject, "author": author, "at": at}


def _stop(step: Step, name: str) -> dict[str, Any]:
    if name == "register":
        asks = ["its model tests pass, and it is no worse than the champion"]
        return {"stop": name, "asks": asks}
    held = step.gitops.current(name)
    holder = lock.look(step.gitops, name)
    asks = ["the staging tests pass"] if name == "staging" else _gates(step, name)
    return {
        "stop": name,
        "asks": asks,
        "serves": held.release.facts() if held else {},
        "holder": str(holder) if holder else "",
    }


def _gates(step: Step, environment: str) -> list[str]:
    """Say what stands before an environment, as far as it can be asked before there is a model."""
    rules = policy.read(step.settings.policy)
    clock, _ = asking.now(step)
    of_time = (
        judgements.lease(step.settings.lease_ends, rules.lease_hours, clock),
        judgements.freeze(rules.freezes, environment, clock),
    )
    mine = rules.of(environment)
    judged = [f"the judge's verdict ({mine.verdict})"] if environment == "production" else []
    return [
        "serving, provenance, model tests, staging tests, hold: asked when it is there",
        *judged,
        *(_spoken(gate) for gate in of_time),
        _approvals(mine.approvals),
    ]


def _spoken(gate: Gate) -> str:
    return f"{gate.name}: {gate.answer.value} now, {gate.reason}"


def _approvals(rules: Approvals) -> str:
    if not rules.needed:
        return "approval: needs none"
    of = f" of {', '.join(rules.approvers)}" if rules.approvers else ""
    return f"approval: waits for {rules.needed}{of}"


def writes(stop: str, version: int | str) -> list[str]:
    """Say what is there after a stop that was not there before."""
    match stop:
        case "register":
            return [
                "a run in MLflow, with the model, its tests and the hash of its data",
                f"version {version} in the registry, and alias development on it",
            ]
        case "staging":
            return [
                "an image with this model, signed",
                "a commit in environments/staging, and aliases staging, staging-approved",
            ]
        case "canary":
            share = weights.steps()[0]
            return [f"a commit in environments/canary, {share} % of the traffic, alias canary"]
        case _:
            return ["a commit in environments/production, all of the traffic, alias production"]
