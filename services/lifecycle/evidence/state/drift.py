"""Do Git, the site and the registry say the same of an environment? And if not, who lies?"""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import yaml

from services.lifecycle.clients import site
from services.lifecycle.errors import ImageError
from services.lifecycle.evidence import verification
from services.lifecycle.evidence.chain import links
from services.lifecycle.evidence.chain.world import World
from services.lifecycle.evidence.errors import EvidenceError
from services.lifecycle.releasing.lock import Holder
from services.lifecycle.releasing.releases import Release, spoken
from services.lifecycle.settings import namespace

DIGEST = 19


@dataclass
class Row:
    """What is said of one environment.

    Attributes:
        git: The release that Git holds.
        runs: What the replicas answer.
        alias: The version that the alias names; None for none.
        weight: The weight that Git gives it, and the one that the site goes by.
        proof: Whether the image is what was baked and signed.
        problems: What does not agree.
        unknown: What could not be asked.
        moving: The operation that holds the environment now, if any.
    """

    environment: str
    git: str = "nothing"
    runs: str = "unknown"
    alias: str = "unknown"
    weight: tuple[float | None, float | None] = (None, None)
    proof: str = "unknown"
    problems: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    moving: str = ""

    @property
    def state(self) -> str:
        """Say in a word how it stands."""
        if self.moving:
            return "in progress"
        if self.problems:
            return "drift"
        return "unknown" if self.unknown else "same"

    def facts(self) -> dict[str, Any]:
        """Return it as plain values."""
        git_weight, site_weight = self.weight
        rest = {"state": self.state, "weight": {"git": git_weight, "site": site_weight}}
        return asdict(self) | rest


def row(world: World, environment: str) -> Row:
    """Hold what is said of an environment against one another."""
    newest = links.current(world, environment)
    release = newest.release if newest else None
    made = Row(environment, git=_spoken(release))
    if release is None:
        made.problems.append("Git holds no release of it. Make one: invoke up")
        return made
    _runs(made, world, release)
    _alias(made, world, release)
    _weight(made, world)
    _proof(made, world, release)
    made.moving = _holder(world, environment)
    return made


def _runs(made: Row, world: World, release: Release) -> None:
    running = world.running.get(made.environment)
    if running is None:
        made.unknown.append("what runs: the site does not answer, or runs nothing here")
        return
    said = site.answers(running.replicas)
    heard = sorted({_answer(answer) for answer in said})
    made.runs = ", ".join(heard) or "no replica"
    wanted = f"{spoken(release.version)} ({release.digest[:DIGEST]})"
    if not running.image.endswith("@" + release.digest):
        told = running.image.partition("@")[2][:DIGEST]
        made.problems.append(
            f"Git says {wanted}, and the site was told {told}. Is its agent up? invoke logs agent"
        )
    if heard != [wanted]:
        made.problems.append(
            f"Git says {wanted}, and what answers is {made.runs}. Look: invoke logs "
            f"{made.environment}; mend: invoke repair {made.environment}"
        )


def _answer(answer: site.Answer) -> str:
    if answer.silence:
        return f"{answer.replica} is silent"
    return f"{spoken(answer.version)} ({answer.digest[:DIGEST]})"


def _alias(made: Row, world: World, release: Release) -> None:
    if world.registry is None:
        made.unknown.append("the alias: MLflow does not answer")
        return
    named = world.aliases.get(made.environment)
    made.alias = "none" if named is None else f"version {named}"
    if named != release.version:
        wanted = "none" if release.version is None else spoken(release.version)
        made.problems.append(
            f"the alias {made.environment} names {made.alias}, and Git says {wanted}. "
            f"Mend: invoke repair {made.environment}"
        )


def _weight(made: Row, world: World) -> None:
    told = weights(world.tree).get(namespace(made.environment), 0.0)
    given = world.shares.get(made.environment, 0.0) if world.running else None
    made.weight = (told, given)
    if given is None:
        made.unknown.append("its traffic: the site does not answer")
    elif abs(told - given) > 1e-9:
        made.problems.append(
            f"Git gives it {told:.0%} of the traffic, and the site {given:.0%}. "
            "Is its agent up? invoke logs agent"
        )


def weights(tree: Path) -> dict[str, float]:
    """Return the share of each namespace, as the routes in Git have it."""
    found: dict[str, int] = {}
    for path in sorted((tree / "platform").glob("httproute-*.yaml")):
        for document in yaml.safe_load_all(path.read_text()):
            for rule in document["spec"]["rules"]:
                for backend in rule.get("backendRefs", []):
                    if backend["name"] == site.APP:
                        name = backend.get("namespace", "")
                        found[name] = found.get(name, 0) + backend.get("weight", 1)
    total = sum(found.values())
    return {name: weight / total if total else 0.0 for name, weight in found.items()}


def _proof(made: Row, world: World, release: Release) -> None:
    try:
        verification.require(world.step, release.digest)
    except ImageError as error:
        made.proof = "gone"
        made.problems.append(f"its image is not in the store: {error}")
        return
    except EvidenceError as error:
        made.proof = "not proved"
        made.problems.append(
            f"its image is not what was baked and signed: the {error.part} {error.what}. Bake "
            f"it again, or go back: invoke rollback {made.environment}"
        )
        return
    made.proof = "verified"


def _holder(world: World, environment: str) -> str:
    held = world.step.gitops.held(environment)
    if held is None or not held[1].strip():
        return ""
    holder = Holder.read(held[1], held[0])
    return "" if holder.is_dead else str(holder)


def _spoken(release: Release | None) -> str:
    return f"{spoken(release.version)} ({release.digest[:DIGEST]})" if release else "nothing"
