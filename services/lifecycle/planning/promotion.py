"""What a promotion would do: asked and rendered by the code that does it."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from services.lifecycle.errors import LifecycleError
from services.lifecycle.evidence import verification
from services.lifecycle.planning import shares
from services.lifecycle.planning.plan import NONE, Plan
from services.lifecycle.planning.rehearsal import Rehearsing
from services.lifecycle.releasing import operation, rendering, weights
from services.lifecycle.releasing.gates.asking import Asked, Asking, Question
from services.lifecycle.releasing.moves import back, naming
from services.lifecycle.releasing.operation import Operation
from services.lifecycle.releasing.releases import Release, written
from services.lifecycle.verbs import release

# The name that the operation will have is not known yet.
OPERATION = "(the name of the workflow)"


def make(step: Rehearsing, question: Question, force: str) -> Plan:
    """Ask the gates and rehearse the commits."""
    with ThreadPoolExecutor(max_workers=2) as pool:
        asking = Asking(step, question)
        rendered = pool.submit(_render, step, question.target, asking.digest)
        found = asking.ask()
        wanted = rendered.result()
    stands = operation.stands(step.gitops, question.target)
    before = weights.read(step.gitops.tree())
    now = shares.full(before)
    then = _rehearse(step, question, wanted, now) if wanted else now
    names = naming.aliases(question.target, tested=False)
    return Plan(
        command="promote",
        environment=question.target,
        version=written(question.version),
        digest=found.digest,
        reason=force or NONE,
        source=_source(question, found),
        stands=stands,
        aliases={name: {"now": alias(step, name), "then": question.version} for name in names},
        traffic=shares.told(question.target, now, then),
        holds="",
        gates=[gate.facts() for gate in found.gates],
        provenance=provenance(step, found.digest),
        commits=step.gitops.commits,
    )


def _render(step: Rehearsing, environment: str, digest: str) -> tuple[Release, Path] | None:
    if not digest:
        return None
    wanted = Release.of(step.layout.image(digest))
    out = step.work / "rendered"
    rendering.release(step.settings.site, environment, wanted, out)
    return wanted, out


def _rehearse(
    step: Rehearsing, question: Question, rendered: tuple[Release, Path], now: dict[str, int]
) -> dict[str, int]:
    """Make the commits of a promotion in the working copy; return the shares after them."""
    wanted, folder = rendered
    made = Operation(OPERATION, question.target, step.journal)
    canary = Operation(OPERATION, back.CANARY, step.journal)
    first = weights.steps()[0]
    if question.target == back.CANARY and now.get(back.CANARY, 0) > first:
        back.put_share(step, canary, first)
    release.commit(step, made, wanted, folder)
    # Production serves then what canary does, so canary needs no traffic any more.
    back.put_share(step, canary, first if question.target == back.CANARY else 0)
    return shares.full(weights.read(step.gitops.tree()))


def provenance(step: Rehearsing, digest: str) -> dict[str, Any]:
    """Return how an image was built, or why that is not known."""
    if not digest:
        return {"trouble": "no image was baked"}
    try:
        said = verification.provenance(step.layout, digest, step.settings.public_keys)
    except LifecycleError as error:
        return {"trouble": str(error)}
    return said.facts()


def _source(question: Question, found: Asked) -> dict[str, Any]:
    held = found.held
    facts = held.release.facts() if held else None
    commit = held.id if held else None
    return {"environment": question.source, "commit": commit, "release": facts}


def alias(step: Rehearsing, name: str) -> int | str | None:
    """Return the version that an alias names, or that this is not known."""
    try:
        return step.registry.alias(name)
    except LifecycleError:
        return "unknown"
