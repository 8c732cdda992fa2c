"""Reading strictly: each scalar of the schema, and what is left alone."""

import pytest

from workflows.runner.check.structure import structure
from workflows.runner.language import manifest


def workflow(template, spec=""):
    text = (
        "apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nmetadata: {name: bake}\n"
        f"spec:\n{spec}  templates:\n  - {template}\n"
    )
    (document,) = manifest.read(text, "bake.yaml")
    return document


@pytest.mark.parametrize(
    "field",
    [
        "activeDeadlineSeconds: 5",
        "activeDeadlineSeconds: '{{inputs.parameters.n}}'",
        "parallelism: 2.0",
        "daemon: yes",
        "daemon: null",
        "nodeSelector: {disk: ssd}",
        "steps: []",
        "container: {args: [null, '5']}",
        "container: {resources: {limits: {cpu: 2, memory: 1.5Gi}}}",
        "inputs: {parameters: [{name: a, value: {any: thing}}]}",
        "dag: {tasks: [{withItems: [1, a, true, [b], {c: d}, null]}]}",
        "metrics: {prometheus: [{histogram: {buckets: [1, 2.5]}}]}",
        "http: {bodyFrom: {bytes: aGVsbG8=}}",
    ],
)
def test_a_value_of_the_right_type_is_taken(field):
    assert structure(workflow("{name: bake, " + field + "}")) == []


@pytest.mark.parametrize(
    ("field", "problem"),
    [
        ("parallelism: 2.5", "cannot unmarshal number into"),
        ("parallelism: true", "cannot unmarshal bool into"),
        ("daemon: 1", "cannot unmarshal number into"),
        ("nodeSelector: [disk]", "cannot unmarshal array into"),
        (
            "nodeSelector: {disk: 1}",
            "cannot unmarshal number into spec.templates[0].nodeSelector.disk",
        ),
        ("steps: {a: b}", "cannot unmarshal object into"),
        ("http: {bodyFrom: {bytes: 'é'}}", "cannot unmarshal string into"),
        ("metrics: {prometheus: [{histogram: {buckets: [a]}}]}", "cannot unmarshal string into"),
    ],
)
def test_a_value_of_another_type_is_refused_with_its_path(field, problem):
    (found,) = structure(workflow("{name: bake, " + field + "}"))

    assert found.text.startswith(problem)
    assert found.path.startswith("spec.templates[0].")
    assert str(found) == f"bake.yaml:6: {found.text}"


def test_every_mistake_is_listed_in_the_order_of_the_file():
    document = workflow("{name: bake, containr: {}, daemon: 1}", "  entrypont: bake\n")

    assert [problem.line for problem in structure(document)] == [5, 7, 7]


def test_a_field_that_is_refused_may_be_there_without_asking_for_anything():
    assert (
        structure(workflow("{name: bake, synchronization: {mutexes: [{name: a}]}, plugin: null}"))
        == []
    )


def test_status_is_taken_as_the_server_wrote_it():
    text = (
        "apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nmetadata: {name: bake, uid: '1'}\n"
        "spec: {}\n"
        "status: {phase: Failed, nodes: {bake: {startedAt: 2030-01-31T06:00:00Z}}}\n"
    )
    (document,) = manifest.read(text, "bake.yaml")

    assert structure(document) == []
