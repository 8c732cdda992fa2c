"""A plan of what is done by hand, as a person reads it."""

from collections.abc import Callable
from typing import Any

from services.lifecycle.planning.deed import Deed
from services.lifecycle.planning.page import commit
from services.lifecycle.releasing.gates.gate import Answer, Gate
from services.lifecycle.releasing.releases import spoken
from services.lifecycle.verbs import explain

PROCESS = {
    "dead": "its process is dead beyond doubt, so it is taken over",
    "alive": "its process lives, so it is left alone",
    "unproved": (
        "nothing proves that its process is dead, so it is left alone unless you know "
        "better: --gone REASON"
    ),
}


def text(deed: Deed) -> str:
    """Write a plan."""
    heads: dict[str, Callable[[Deed], list[str]]] = {
        "approve": _approve, "hold": _hold, "repair": _repair,
    }  # fmt: skip
    parts = [
        "\n  ".join(heads[deed.command](deed)),
        _gates(deed),
        _moves(deed),
        *(commit(each) for each in deed.commits),
        _last(deed),
    ]
    return "\n\n".join(part for part in parts if part)


def _approve(deed: Deed) -> list[str]:
    wish, about = deed.wish, deed.about
    what = f"{spoken(wish['version'])} ({about['digest'][:19] or 'no image'})"
    if wish["revoke"]:
        lines = [f"Take back the approval of {what} for {wish['target']}"]
    else:
        lines = [f"Approve {what} for {wish['target']}"]
        lines += [f"until {about['expires']}"] if about["expires"] else []
    lines += [f"by {about['by']}"] if about["by"] else []
    lines += [f"because: {wish['note']}"] if wish["note"] else []
    lines.append(_opens(deed))
    return lines


def _opens(deed: Deed) -> str:
    now, then = deed.about["approval"]["now"], deed.about["approval"]["then"]
    shut = [gate["name"] for gate in deed.gates if gate["answer"] != "allow"]
    left = f"; {', '.join(shut)} would not allow it yet" if shut else "; every gate would allow it"
    if now == then:
        return f"it opens no gate: approval says {then} before and after{left}"
    return f"the gate approval goes from {now} to {then}{left}"


def _hold(deed: Deed) -> list[str]:
    number, held = spoken(deed.wish["version"]), deed.about["hold"]
    lines = [f"Lift the hold of {number}" if deed.wish["lift"] else f"Put {number} on hold"]
    lines.append(f"on hold now: {held['now'] or 'no'}")
    lines.append(f"because: {deed.wish['reason']}")
    serves = deed.about["serves"]
    where = " and ".join(serves)
    lines.append(f"served by {where}, which a hold does not change" if serves else "served nowhere")
    if serves and not deed.wish["lift"]:
        lines += [f"to take it out: invoke rollback {name}" for name in serves]
    if deed.about["refuses"]:
        lines.append(f"then refused: promotion to {' and '.join(deed.about['refuses'])}")
        lines.append("a rollback passes it over, and the same model is not registered again")
    return lines


def _repair(deed: Deed) -> list[str]:
    holder: dict[str, Any] = deed.about["holder"]
    lines = [f"Repair {deed.wish['environment']}"]
    if not holder:
        return [*lines, "nobody holds it, so no operation is left to finish or to take back"]
    wants = holder["wants"]
    aim = " ".join(filter(None, (wants.get("kind", ""), wants.get("version", ""))))
    lines.append(f"held by {holder['operation']} of {holder['by']} since {holder['since']}")
    lines.append(f"it was at {holder['step']}" + (f", on its way to {aim}" if aim else ""))
    lines.append(PROCESS[holder["process"]])
    if holder["left"]:
        lines.append(f"it had taken over from {', '.join(holder['left'])} before")
    return lines


def _gates(deed: Deed) -> str:
    if not deed.gates:
        return ""
    gates = [Gate(**{**gate, "answer": Answer(gate["answer"])}) for gate in deed.gates]
    return "\n".join(["Gates, afterwards", *explain.lines(tuple(gates))])


def _moves(deed: Deed) -> str:
    said = [f"  {each}" for each in deed.says] if deed.command == "repair" else []
    moved = [
        f"  {each['what']}: {_value(each['now'])} ► {_value(each['then'])}" for each in deed.moves
    ]
    told = ["What it would say", *said] if said else []
    return "\n".join([*told, *(["Moves", *moved] if moved else [])])


def _value(value: object) -> str:
    return "none" if value in (None, "") else str(value)


def _last(deed: Deed) -> str:
    if deed.refused:
        return f"It would be refused now: {deed.refused}"
    if not deed.changes_something and not deed.about.get("holder"):
        return "Nothing would change: it is so already."
    return (
        "It could be carried out now: keep it (--plan --json > plan.json), then "
        f"invoke {deed.typed} --apply plan.json"
    )
