"""Ask whether a version may go from one environment to the next; moves nothing."""

from argparse import ArgumentParser, Namespace

from services.lifecycle.errors import RefusedError
from services.lifecycle.releasing import gates, serving
from services.lifecycle.releasing.operation import Operation
from services.lifecycle.releasing.releases import spoken, version
from services.lifecycle.releasing.serving import Wanted
from services.lifecycle.step import Step

SOURCES = {"canary": "staging", "production": "canary"}


def arguments(parser: ArgumentParser) -> None:
    """Declare what this verb takes."""
    parser.add_argument("--version", required=True, type=version, help="the model version")
    parser.add_argument("--target", required=True, choices=SOURCES)


def run(step: Step, asked: Namespace) -> dict[str, str]:
    """Check that the source serves exactly this version, then ask the gates."""
    source = SOURCES[asked.target]
    current = step.gitops.current(source)
    if current is None or current.release.version != asked.version or asked.version is None:
        holds = spoken(current.release.version) if current else "nothing"
        raise RefusedError(
            f"{source} holds {holds} and not {spoken(asked.version)}, so that cannot go to "
            f"{asked.target}. Promote what {source} runs, or release the version there first."
        )
    digest = current.release.digest
    seen = serving.require(step.settings.site_api, Wanted(source, asked.version, digest))
    tags = step.registry.version(asked.version).tags
    answers = [gates.hold(tags), gates.staging_tests(tags, digest)]
    made = Operation(asked.operation, asked.target, step.journal)
    made.note("gates", "asked", answers=[str(gate) for gate in answers], evidence=str(seen))
    gates.require(answers, asked.version, asked.target)
    step.say(f"{spoken(asked.version)} at {digest[:19]} may go from {source} to {asked.target}")
    return {"digest": digest, "source": source}
