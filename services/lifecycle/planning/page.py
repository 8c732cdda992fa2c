"""A plan as a person reads it."""

from typing import Any

from services.lifecycle.planning.plan import NONE, Plan
from services.lifecycle.releasing.gates.gate import Answer, Gate
from services.lifecycle.releasing.releases import spoken, version
from services.lifecycle.verbs import explain


def text(plan: Plan) -> str:
    """Write a plan."""
    parts = [
        _head(plan),
        _gates(plan),
        _moves(plan),
        _provenance(plan.provenance),
        *(commit(each) for each in plan.commits),
        "" if plan.commits else "Nothing would be committed: Git holds exactly this already.",
        _last(plan),
    ]
    return "\n\n".join(part for part in parts if part)


def _head(plan: Plan) -> str:
    if plan.command == "judge":
        return (
            f"Judge what canary serves now: {_place('canary', plan.stands)}\n"
            f"  while it passes, its share of the traffic goes {plan.traffic['steps']}\n"
            "  a fail does all that stands below, and no verdict moves nothing"
        )
    what = f"{spoken(version(plan.version))} ({plan.digest[:19] or 'no image'})"
    verb = "Back to" if plan.command == "rollback" else "Promote"
    lines = [f"{verb} {what} {'in' if plan.command == 'rollback' else 'to'} {plan.environment}"]
    if plan.source:
        lines.append(f"from {_place(plan.source['environment'], plan.source)}")
    lines.append(f"where {_place(plan.environment, plan.stands)} now")
    if plan.reason != NONE:
        lines.append(f"because: {plan.reason}")
    return "\n  ".join(lines)


def _place(environment: str, held: dict[str, Any]) -> str:
    if not held["release"]:
        return f"{environment} holds nothing"
    release = held["release"]
    name = f"{spoken(release['version'])} ({release['digest'][:19]})"
    return f"{environment} holds {name} by commit {held['commit'][:12]}"


def _gates(plan: Plan) -> str:
    if not plan.gates:
        return "Gates\n  none: a way back is always open" if plan.command != "promote" else ""
    gates = [Gate(**{**gate, "answer": Answer(gate["answer"])}) for gate in plan.gates]
    return "\n".join(["Gates", *explain.lines(tuple(gates))])


def _moves(plan: Plan) -> str:
    lines = ["Moves"]
    for name, moved in plan.aliases.items():
        now = "unknown" if moved["now"] == "unknown" else _number(moved["now"])
        lines.append(f"  alias {name}: {now} ► {_number(moved['then'])}")
    lines.append(f"  traffic: {plan.traffic['moves']}")
    lines.append(f"    now  {_shares(plan.traffic['now'])}")
    lines.append(f"    then {_shares(plan.traffic['then'])}")
    if plan.holds not in ("", NONE):
        lines.append(f"  version {plan.holds} goes on hold")
    return "\n".join(lines)


def _number(number: int | None) -> str:
    return NONE if number is None else str(number)


def _shares(shares: dict[str, int]) -> str:
    return ", ".join(f"{name} {share} %" for name, share in sorted(shares.items()))


def _provenance(facts: dict[str, Any]) -> str:
    if "trouble" in facts:
        return f"Provenance\n  {facts['trouble']}"
    lines = ["Provenance", f"  built {facts['finished']} by {facts['by']} ({facts['operation']})"]
    for each in facts["materials"]:
        digest = ", ".join(f"{kind}:{value[:12]}" for kind, value in each["digest"].items())
        lines.append(f"  {each['name']}: {digest}")
    return "\n".join(lines)


def commit(made: dict[str, str]) -> str:
    """Write a commit: its message and its diff."""
    message = made["message"].strip().replace("\n", "\n    ")
    return f"Commit\n    {message}\n\n{made['diff']}"


def _last(plan: Plan) -> str:
    if plan.command == "judge":
        return "What is done depends on what is measured: invoke judge"
    if plan.is_open:
        return "It could be carried out now: keep it (--plan --json > plan.json), --apply plan.json"
    return "It would be refused now; each gate that does not allow says what changes its answer."
