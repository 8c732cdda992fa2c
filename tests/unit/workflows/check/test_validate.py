"""Judging files together: what counts as found, what is said once, and where."""

import pytest

from workflows.runner.check.problem import RefusedError
from workflows.runner.check.validate import validate
from workflows.runner.language import manifest

HEAD = "apiVersion: argoproj.io/v1alpha1\n"
KITCHEN = (
    HEAD
    + """kind: WorkflowTemplate
metadata: {name: kitchen}
spec:
  arguments: {parameters: [{name: spice}]}
  entrypoint: bake
  templates:
  - name: bake
    container: {image: oven, args: ["{{workflow.parameters.spice}}"]}
"""
)
BAKE = (
    HEAD + "kind: Workflow\nmetadata: {name: bake}\nspec: {workflowTemplateRef: {name: kitchen}}\n"
)


def read(**files):
    return [
        document for name, text in files.items() for document in manifest.read(text, f"{name}.yaml")
    ]


def test_a_reference_is_found_in_whatever_file_comes_with_it():
    bake, kitchen = read(bake=BAKE, kitchen=KITCHEN)

    validate([bake, kitchen])
    with pytest.raises(RefusedError, match='couldn\'t find workflow template "kitchen"'):
        validate([bake])


def test_values_may_be_missing_until_it_is_submitted():
    bake, kitchen = read(bake=BAKE, kitchen=KITCHEN)

    with pytest.raises(RefusedError) as refusal:
        validate([bake, kitchen], submit=bake)

    assert str(refusal.value) == (
        "bake.yaml:4: spec.arguments.spice.value or spec.arguments.spice.valueFrom is required"
    )


def test_what_is_submitted_need_not_be_one_of_the_files():
    (kitchen,) = read(kitchen=KITCHEN)
    (made,) = read(made=BAKE.replace("name: kitchen", "name: kitchn"))

    with pytest.raises(RefusedError, match="did you mean kitchen"):
        validate([kitchen], submit=made)


def test_a_mistake_in_a_template_is_said_once_and_where_it_is():
    bad = KITCHEN.replace("workflow.parameters.spice", "inputs.parameters.spice")
    documents = read(bake=BAKE, kitchen=bad)

    with pytest.raises(RefusedError) as refusal:
        validate(documents)

    (problem,) = refusal.value.problems
    assert (problem.file, problem.line) == ("kitchen.yaml", 9)
    assert problem.path == "spec.templates[0].container.args[0]"
    assert problem.text.endswith("failed to resolve {{inputs.parameters.spice}}")


def test_each_file_gets_its_own_first_mistake():
    documents = read(
        one=HEAD + "kind: Workflow\nmetadata: {name: one}\nspec: {}\n",
        two=HEAD + "kind: CronWorkflow\nmetadata: {name: two}\nspec: {}\n",
    )

    with pytest.raises(RefusedError) as refusal:
        validate(documents)

    assert str(refusal.value).splitlines() == [
        "one.yaml:4: spec.entrypoint is required",
        "two.yaml:4: cron workflow must have at least one schedule",
    ]
