"""What a rollback would do: found and rehearsed by the code that does it.

No gate stands before a way back: what is left was wanted gone.
"""

from services.lifecycle.errors import ReleaseError
from services.lifecycle.planning import shares
from services.lifecycle.planning.plan import Plan
from services.lifecycle.planning.promotion import OPERATION, alias, provenance
from services.lifecycle.planning.rehearsal import Rehearsing
from services.lifecycle.releasing import operation, weights
from services.lifecycle.releasing.moves import back, naming
from services.lifecycle.releasing.operation import Operation
from services.lifecycle.releasing.releases import written


def make(step: Rehearsing, environment: str, reason: str) -> Plan:
    """Find the release to go back to, and rehearse the commits.

    Raises:
        ReleaseError: there is nothing to go back to.
    """
    stands = operation.stands(step.gitops, environment)
    left = step.gitops.current(environment)
    if left is None:
        raise ReleaseError(f"{environment}: nothing was ever released here.")
    approved = step.gitops.approved(environment)
    target = back.choose(
        back.proved(step, approved), left, lambda number: back.is_held(step, number)
    )
    now = shares.full(weights.read(step.gitops.tree()))
    made = Operation(OPERATION, environment, step.journal)
    if environment == back.CANARY:
        back.put_share(step, made, 0)
    back.restore(step, made, target, reason)
    then = shares.full(weights.read(step.gitops.tree()))
    names = naming.aliases(environment, tested=True)
    goes = target.release.version
    return Plan(
        command="rollback",
        environment=environment,
        version=written(goes),
        digest=target.release.digest,
        reason=reason,
        source={},
        stands=stands,
        aliases={name: {"now": alias(step, name), "then": goes} for name in names},
        traffic=shares.told(environment, now, then),
        holds=written(left.release.version),
        gates=[],
        provenance=provenance(step, target.release.digest),
        commits=step.gitops.commits,
    )
