"""Refuse unless the world is as a plan saw it; asked while nobody else moves the environment."""

from argparse import ArgumentParser, Namespace

from services.lifecycle.planning import plan as plans
from services.lifecycle.releasing.operation import Operation
from services.lifecycle.settings import ENVIRONMENTS
from services.lifecycle.step import Step
from services.lifecycle.verbs import plan


def arguments(parser: ArgumentParser) -> None:
    """Declare what this verb takes."""
    parser.add_argument("--plan", required=True, help="the seals of the plan")
    parser.add_argument("--command", required=True, choices=plans.COMMANDS)
    parser.add_argument("--target", required=True, choices=ENVIRONMENTS)
    parser.add_argument("--version", default=plan.SERVED, help="of a promotion")
    parser.add_argument("--force", default=plans.NONE, help="of a promotion")
    parser.add_argument("--reason", default="", help="of a rollback")


def run(step: Step, asked: Namespace) -> dict[str, str]:
    """Make the plan again and compare."""
    command = f"{asked.command} {asked.target}"
    plans.require(asked.plan, plan.anew(step, asked, command), command)
    Operation(asked.operation, asked.target, step.journal).note("plan", "held", seals=asked.plan)
    step.say("the world is as the plan saw it")
    return {"seals": asked.plan}
