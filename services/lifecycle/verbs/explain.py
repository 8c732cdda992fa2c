"""Show what each gate says of a version, and move nothing."""

from argparse import ArgumentParser, Namespace

from services.lifecycle.errors import RefusedError
from services.lifecycle.releasing import gates
from services.lifecycle.releasing.gates import Answer
from services.lifecycle.releasing.releases import spoken, version
from services.lifecycle.step import Step, Told
from services.lifecycle.verbs.promote import SOURCES


def arguments(parser: ArgumentParser) -> None:
    """Declare what this verb takes."""
    parser.add_argument("--version", required=True, type=version, help="the model version")
    parser.add_argument("--target", required=True, choices=SOURCES)


def run(step: Step, asked: Namespace) -> Told:
    """Ask every gate."""
    if asked.version is None:
        raise RefusedError("the bootstrap model goes nowhere. Give the number of a version.")
    current = step.gitops.current(SOURCES[asked.target])
    tags = step.registry.version(asked.version).tags
    digest = current.release.digest if current else ""
    answers = [gates.hold(tags), gates.staging_tests(tags, digest)]
    closed = [gate for gate in answers if gate.answer is not Answer.ALLOW]
    lines = [f"{spoken(asked.version)} to {asked.target}:", *map(str, answers)]
    facts = [{"name": g.name, "answer": g.answer.value, "reason": g.reason} for g in answers]
    return Told("\n".join(lines), facts, exit_code=1 if closed else 0)
