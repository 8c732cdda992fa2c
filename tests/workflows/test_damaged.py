"""Files damaged at random are judged: accepted or refused, never a traceback."""

import copy
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from workflows.runner.check.problem import RefusedError
from workflows.runner.check.structure import structure
from workflows.runner.check.validate import validate
from workflows.runner.language import manifest
from workflows.runner.language.manifest import Document

ROOT = Path(__file__).parents[2]
WHOLE = [
    *sorted((ROOT / "tests/workflows/accepted").glob("*.yaml")),
    *sorted((ROOT / "workflows").glob("*.yaml")),
]

VALUES = some.one_of(
    some.sampled_from(
        [
            *("", "a", "a.b", "5", "a && b.Failed", "@daily", "../x", "{{", "}}", "{{=1}}"),
            *("{{item}}", "{{item.a}}", "{{inputs.parameters.a}}", "{{steps.{{item}}}}"),
        ]
    ),
    some.none() | some.booleans() | some.integers(-2, 2) | some.floats(allow_nan=False, width=16),
    some.sampled_from([[], {}, [None], [[]], [{}], [[None]], {"name": "a"}, [{"name": "a"}]]),
)


@pytest.fixture(scope="module")
def wholes():
    return [manifest.read(file.read_text(), file.name) for file in WHOLE]


def places(value, path=()):
    """List where a value can be damaged."""
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    for key, below in inner:
        yield (*path, key)
        if isinstance(below, (dict, list)):
            yield from places(below, (*path, key))


def damage(data, path, value):
    """Put a value at a place, if the place is still there."""
    for key in path[:-1]:
        data = data[key]
    data[path[-1]] = value


@settings(max_examples=300, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(draw=some.data())
def test_a_damaged_file_is_accepted_or_refused_but_never_breaks_the_checks(wholes, draw):
    documents = [
        Document(copy.deepcopy(whole.data), whole.file, whole.index, whole.lines)
        for whole in draw.draw(some.sampled_from(wholes))
    ]
    victim = draw.draw(some.sampled_from(documents)).data
    spots = [path for path in places(victim) if path[0] == "spec"]
    if spots:
        damage(victim, draw.draw(some.sampled_from(spots)), draw.draw(VALUES))

    problems = [problem for document in documents for problem in structure(document)]
    if not problems:
        runs = [d for d in documents if d.data["kind"] == "Workflow"]
        try:
            validate(documents, submit=runs[-1] if runs else None)
        except RefusedError as refusal:
            problems = list(refusal.problems)

    assert all(str(problem).startswith(problem.file) and problem.text for problem in problems)
