"""What things may be called."""

import re
from collections.abc import Sequence
from typing import Any

from workflows.runner.check.rules.fault import Fault, Place

LONGEST = 128
PLACEHOLDER = "__argo__internal__placeholder-"

_NAME = re.compile(r"[a-zA-Z0-9][-a-zA-Z0-9]*")
_PARAMETER = re.compile(r"[-a-zA-Z0-9_]+")
_TAG = re.compile(r"{{[-a-zA-Z0-9]+(\.[-a-zA-Z0-9_]+)*}}")
_FILLED = re.compile(re.escape(PLACEHOLDER) + r"\d+")


def is_tag(text: str) -> bool:
    """Say whether a name is only known when it runs."""
    return _TAG.search(text) is not None


def name_problem(name: str) -> str | None:
    """Judge the name of a template, task or container."""
    problems = []
    if len(name.encode()) > LONGEST:
        problems.append(f"must be no more than {LONGEST} characters")
    if not _NAME.fullmatch(name):
        problems.append(
            "name must consist of alpha-numeric characters or '-', and must start with an "
            "alpha-numeric character (e.g. My-name1-2, 123-NAME)"
        )
    return ";".join(problems) or None


def step_name_problem(name: str) -> str | None:
    """Judge the name of a step, which may hold what only the run can tell."""
    return name_problem(_FILLED.sub("x", name))


def parameter_problem(name: str) -> str | None:
    """Judge the name of a parameter or artifact."""
    if _PARAMETER.fullmatch(name):
        return None
    return (
        "Parameter/Artifact name must consist of alpha-numeric characters, '_' or '-' "
        "e.g. my_param_1, MY-PARAM-1"
    )


def check_names(items: Sequence[dict[str, Any]], place: Place, *, parameters: bool = False) -> None:
    """Demand a name for each item, well-formed and there once."""
    judge = parameter_problem if parameters else name_problem
    seen: set[str] = set()
    for index, item in enumerate(items):
        name = item.get("name") or ""
        spot = place / index / "name"
        if not name:
            raise Fault(f"[{index}].name is required", spot)
        if problem := judge(name):
            raise Fault(f"[{index}].name: '{name}' is invalid: {problem}", spot)
        if name in seen:
            raise Fault(f"[{index}].name '{name}' is not unique", spot)
        seen.add(name)
