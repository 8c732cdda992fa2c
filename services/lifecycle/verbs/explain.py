"""Show what each gate says of a version, and move nothing."""

import textwrap
from argparse import ArgumentParser, Namespace

from services.lifecycle.errors import AskedWronglyError
from services.lifecycle.evidence import screen
from services.lifecycle.releasing.gates.asking import SOURCES, Asked, Asking, Question
from services.lifecycle.releasing.gates.gate import Gate
from services.lifecycle.releasing.releases import spoken, version
from services.lifecycle.step import Step, Told
from services.lifecycle.verbs.promote import promoter


def arguments(parser: ArgumentParser) -> None:
    """Declare what this verb takes."""
    parser.add_argument("--version", required=True, type=version, help="the model version")
    parser.add_argument("--target", required=True, choices=SOURCES)


def run(step: Step, asked: Namespace) -> Told:
    """Ask every gate."""
    if asked.version is None:
        raise AskedWronglyError("the bootstrap model goes nowhere. Give the number of a version.")
    question = Question(asked.version, asked.target, promoter(step, "{}"))
    found = Asking(step, question).ask()
    return Told(text(question, found), facts(question, found), exit_code=int(bool(closed(found))))


def closed(found: Asked) -> list[Gate]:
    """Return the gates that do not allow."""
    return [gate for gate in found.gates if not gate.is_open]


def text(question: Question, found: Asked) -> str:
    """Write the answers for a person."""
    shut, count = len(closed(found)), len(found.gates)
    verdict = f"{shut} of {count} gates do not allow it" if shut else "every gate allows it"
    image = f" ({found.digest[:19]})" if found.digest else ""
    head = f"{spoken(question.version)}{image} to {question.target}: {verdict}"
    return "\n".join([head, *lines(found.gates, evidence=True)])


def lines(gates: tuple[Gate, ...], *, evidence: bool = False) -> list[str]:
    """Write each gate as a line, and below it what changes its answer."""
    width = max(len(gate.name) for gate in gates)
    told = []
    for gate in gates:
        told.append(f"  {gate.answer.value:<5}  {gate.name:<{width}}  {gate.reason}")
        told += _wrapped(gate.evidence, " " * (width + 11)) if evidence else []
        told += [f"{'':>{width + 11}}► {gate.remedy}"] if gate.remedy and not gate.is_open else []
    return told


def _wrapped(evidence: str, indent: str) -> list[str]:
    return textwrap.wrap(
        evidence, screen.width(), initial_indent=f"{indent}· ", subsequent_indent=f"{indent}  ",
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip


def facts(question: Question, found: Asked) -> dict[str, object]:
    """Write the answers for a program."""
    return {
        "version": question.version,
        "target": question.target,
        "digest": found.digest,
        "allowed": not closed(found),
        "gates": [gate.facts() for gate in found.gates],
    }
