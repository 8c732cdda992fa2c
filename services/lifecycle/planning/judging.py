"""What a judgement of the canary may do: the shares that it gets, and what a fail takes back."""

from dataclasses import replace

from services.lifecycle.planning import rollback
from services.lifecycle.planning.plan import Plan
from services.lifecycle.planning.rehearsal import Rehearsing
from services.lifecycle.releasing import weights
from services.lifecycle.releasing.moves import back


def make(step: Rehearsing) -> Plan:
    """Plan the way back that a fail takes, and tell the shares on the way up.

    Raises:
        ReleaseError: there is nothing to go back to.
    """
    failed = rollback.make(step, back.CANARY, "the judge failed it")
    shares = weights.steps()
    now = failed.traffic["now"].get(back.CANARY, 0)
    steps = [now, *(share for share in shares if share > now)]
    told = " ► ".join(f"{share} %" for share in steps)
    return replace(failed, command="judge", traffic={**failed.traffic, "steps": told})
