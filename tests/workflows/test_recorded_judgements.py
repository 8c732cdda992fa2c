"""The judgements of Argo's own parser and validator, where their record is at hand."""

import json
from pathlib import Path

import pytest

from workflows.runner.check.problem import RefusedError
from workflows.runner.check.structure import structure
from workflows.runner.check.validate import validate
from workflows.runner.language import manifest

CASES = Path(__file__).parents[3] / "shared" / "argo-cases" / "cases.json"


@pytest.fixture(scope="module")
def cases():
    if not CASES.exists():
        pytest.skip(f"no record of Argo's judgements here: {CASES} is missing")
    return json.loads(CASES.read_text())


def refusals(text: str, *, submit: bool) -> list[str]:
    """Say why a text is refused; nothing when it is accepted."""
    documents = manifest.read(text, "case.yaml")
    if problems := [problem for document in documents for problem in structure(document)]:
        return [problem.text for problem in problems]
    runs = [d for d in documents if d.data.get("kind") == "Workflow"]
    try:
        validate(documents, submit=runs[-1] if submit and runs else None)
    except RefusedError as refusal:
        return [problem.text for problem in refusal.problems]
    return []


def test_what_argo_refuses_is_refused_in_its_words(cases):
    wrong = {}
    for case in cases["invalid"]:
        if case["stage"] != "runtime":
            found = refusals(case["yaml"], submit=case["stage"] == "submit")
            if not found or case["expect"] not in found[0]:
                wrong[case["name"]] = found

    assert wrong == {}


def test_what_only_fails_when_it_runs_is_not_refused(cases):
    late = [case["yaml"] for case in cases["invalid"] if case["stage"] == "runtime"]

    assert late
    assert [refusals(text, submit=True) for text in late] == [[]] * len(late)


@pytest.mark.parametrize("kind", ["accept", "custom", "random", "dataflow"])
def test_what_argo_accepts_is_accepted(cases, kind):
    group = cases[kind]
    leaves = group["leaf_templates"] if isinstance(group, dict) else ""
    listed = group["cases"] if isinstance(group, dict) else group
    wrong = {}
    for case in listed:
        if found := refusals(case["yaml"] + leaves, submit=True):
            wrong[case.get("name") or case["id"]] = found

    assert listed
    assert wrong == {}
