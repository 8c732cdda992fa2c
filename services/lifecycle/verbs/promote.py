"""Ask whether a version may go from one environment to the next; moves nothing."""

import json
from argparse import ArgumentParser, Namespace

from services.lifecycle.errors import AskedWronglyError
from services.lifecycle.planning import plan, promotion, rehearsal
from services.lifecycle.releasing.gates import gate
from services.lifecycle.releasing.gates.approval import Person
from services.lifecycle.releasing.gates.asking import (
    SOURCES,
    Asked,
    Asking,
    Question,
    require_serving,
)
from services.lifecycle.releasing.gates.gate import Answer, Gate
from services.lifecycle.releasing.operation import Operation
from services.lifecycle.releasing.releases import spoken, version
from services.lifecycle.step import Step

NOBODY = "none"
# A label holds no @, so Argo writes .at. for it.
CREATOR = "workflows.argoproj.io/creator-email"
APPROVAL = "approval"


def arguments(parser: ArgumentParser) -> None:
    """Declare what this verb takes."""
    parser.add_argument("--version", required=True, type=version, help="the model version")
    parser.add_argument("--target", required=True, choices=SOURCES)
    parser.add_argument("--labels", default="{}", help="of the workflow; Argo's name its creator")
    parser.add_argument("--force", default=NOBODY, help="why closed gates are passed all the same")
    parser.add_argument("--plan", default=NOBODY, help="the seals of the plan that this is")
    parser.add_argument(
        "--patient", default="no", choices=("yes", "no"),
        help="yes: with nothing but approvals missing, say so and end well",
    )  # fmt: skip


def run(step: Step, asked: Namespace) -> dict[str, str]:
    """Check that the source serves exactly this version, then ask the gates."""
    question = _question(step, asked)
    asking = Asking(step, question)
    seen = require_serving(step, question, asking.held)
    found = asking.ask()
    made = Operation(asked.operation, asked.target, step.journal)
    force = _reason(asked.force)
    answers = [str(each) for each in found.gates]
    made.note(
        "gates", "asked", answers=answers, evidence=str(seen), by=str(question.promoter or "")
    )
    closed = [each for each in found.gates if not each.is_open]
    if asked.patient == "yes" and not force and _wait_for_people(closed):
        step.say(f"{spoken(asked.version)} waits: {closed[0]}")
        return _outputs(found, question, Answer.WAIT)
    if asked.plan != NOBODY:
        now = promotion.make(rehearsal.of(step), question, force)
        plan.require(asked.plan, now, f"promote --to {asked.target} --version {asked.version}")
    forced = gate.require(found.gates, asked.version, asked.target, force)
    if forced:
        names = ", ".join(each.name for each in forced)
        made.note("gates", "forced", reason=force, gates=names, answers=[str(e) for e in forced])
        step.say(f"forced ({force}): {names}")
    step.say(f"{spoken(asked.version)} at {found.digest[:19]} may go to {asked.target}")
    return _outputs(found, question, Answer.ALLOW)


def _question(step: Step, asked: Namespace) -> Question:
    if asked.version is None:
        raise AskedWronglyError("the bootstrap model is promoted nowhere. Give a version's number.")
    return Question(asked.version, asked.target, promoter(step, asked.labels))


def promoter(step: Step, labels: str) -> Person | None:
    """Return who runs this, as the engine or the person's own machine says it."""
    try:
        found = json.loads(labels)
        found = json.loads(found) if isinstance(found, str) else found
    except ValueError:
        found = {}
    if address := found.get(CREATOR, ""):
        return Person.read(address.replace(".at.", "@"))
    known = step.settings.values.get("GOURMET_PERSON", "")
    return Person.read(known) if known else None


def _reason(force: str) -> str:
    if force == NOBODY:
        return ""
    if not force.strip():
        raise AskedWronglyError("--force needs a reason; it is journalled, and history tells it.")
    return force


def _wait_for_people(closed: list[Gate]) -> bool:
    return [(each.name, each.answer) for each in closed] == [(APPROVAL, Answer.WAIT)]


def _outputs(found: Asked, question: Question, answer: Answer) -> dict[str, str]:
    return {"digest": found.digest, "source": question.source, "answer": answer.value}
