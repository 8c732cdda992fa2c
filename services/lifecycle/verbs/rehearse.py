"""Show what approve, hold or repair would do, and do nothing."""

from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from types import ModuleType
from typing import Any

from services.lifecycle.planning import approving, deed_page, holding_back, repairing
from services.lifecycle.planning.deed import Deed
from services.lifecycle.step import Step, Told
from services.lifecycle.verbs import approve, hold, repair

MAKERS: dict[str, Callable[[Step, dict[str, Any]], Deed]] = {
    "approve": approving.make,
    "hold": holding_back.make,
    "repair": repairing.make,
}
VERBS: dict[str, ModuleType] = {"approve": approve, "hold": hold, "repair": repair}
# What __main__ gives each verb, and is no part of the wish.
OF_ANY = frozenset({"verb", "of", "file", "json", "outputs", "operation"})


def arguments(parser: ArgumentParser) -> None:
    """Declare what this verb takes: another one, with its own arguments."""
    verbs = parser.add_subparsers(dest="of", required=True, metavar="VERB")
    for name, module in VERBS.items():
        module.arguments(verbs.add_parser(name))


def run(step: Step, asked: Namespace) -> Told:
    """Make the plan."""
    made = MAKERS[asked.of](step, wish(asked))
    return Told(deed_page.text(made), made.facts(), exit_code=1 if made.refused else 0)


def wish(asked: Namespace) -> dict[str, Any]:
    """Return the arguments of the verb that is rehearsed."""
    return {name: value for name, value in vars(asked).items() if name not in OF_ANY}
