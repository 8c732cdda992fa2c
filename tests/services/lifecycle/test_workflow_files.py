"""The workflow files that we ship: what they call exists, and they keep the house rules."""

import argparse
from importlib import import_module

import pytest
import yaml

from services.lifecycle.command_line import VERBS
from tests.services.lifecycle.conftest import ROOT

FILES = sorted((ROOT / "workflows").glob("*.yaml"))
# All but those that only hand parameters to another one.
OWN = [
    path
    for path in FILES
    if "workflowTemplateRef:" not in path.read_text().partition("templates:")[0]
]
OUTPUTS = "/tmp/outputs/"


def read(path):
    (document,) = yaml.safe_load_all(path.read_text())
    return document


def spec_of(document):
    spec = document["spec"]
    return spec.get("workflowSpec", spec)


def templates():
    return [
        pytest.param(path.stem, template, id=f"{path.stem}/{template['name']}")
        for path in FILES
        for template in spec_of(read(path)).get("templates", ())
    ]


def having(kind):
    return [case for case in templates() if kind in case.values[1]]


def calls():
    """Return the steps that run a verb of the lifecycle."""
    return [case for case in having("container") if "command" not in case.values[1]["container"]]


def parse(verb, arguments):
    module = import_module("services.lifecycle.verbs." + verb.replace("-", "_"))
    parser = argparse.ArgumentParser(exit_on_error=False)
    parser.add_argument("--outputs")
    parser.add_argument("--operation")
    module.arguments(parser)
    for action in parser._actions:
        action.type = action.choices = None  # the values are tags here
    return parser.parse_args(arguments)


def test_there_are_the_ten_workflows():
    assert {path.stem for path in FILES} == {
        "build-container-image", "build-training-image", "cron-drift", "cron-train",
        "deploy-container-image",
        "judge-canary", "promote-model", "revert-model", "test-staging", "train-model",
    }  # fmt: skip


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_is_named_like_its_object_and_says_what_it_is_for(path):
    document = read(path)

    assert document["metadata"]["name"] == path.stem
    assert path.read_text().startswith("# ")
    assert set(document["metadata"]["annotations"]) == {
        "workflows.argoproj.io/title",
        "workflows.argoproj.io/description",
    }


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_workflow_has_a_deadline_and_an_exit_handler(path):
    spec = spec_of(read(path))
    if "workflowTemplateRef" in spec:
        spec = spec_of(read(path.with_stem(spec["workflowTemplateRef"]["name"])))

    assert spec["activeDeadlineSeconds"] > 0
    assert spec["onExit"] in {template["name"] for template in spec["templates"]}


@pytest.mark.parametrize("path", OWN, ids=lambda path: path.stem)
def test_every_parameter_is_explained(path):
    spec = spec_of(read(path))

    unexplained = [p["name"] for p in spec["arguments"]["parameters"] if "description" not in p]

    assert unexplained == []


@pytest.mark.parametrize(("name", "template"), having("container"))
def test_every_pod_has_a_deadline(name, template):
    assert template["activeDeadlineSeconds"] > 0


@pytest.mark.parametrize(("name", "template"), templates())
def test_only_what_argo_could_not_run_is_tried_again(name, template):
    retry = template.get("retryStrategy")

    assert retry is None or retry["retryPolicy"] == "OnError"
    assert not (retry and "resource" in template), "a second child would be started"


@pytest.mark.parametrize("path", OWN, ids=lambda path: path.stem)
def test_pods_are_restricted_and_named_by_the_platform(path):
    spec = spec_of(read(path))
    container = spec["templateDefaults"]["container"]

    assert spec["securityContext"]["runAsNonRoot"] is True
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert container["image"] == "{{workflow.parameters.lifecycle-image}}"
    assert container["envFrom"] == [{"configMapRef": {"name": "platform"}}]
    assert container["resources"]["limits"]["memory"]


@pytest.mark.parametrize(("name", "template"), calls())
def test_a_step_calls_a_verb_that_exists_with_arguments_that_it_takes(name, template):
    verb, *arguments = template["container"]["args"]

    assert verb in VERBS
    asked = parse(verb, arguments)
    declared = template.get("outputs", {}).get("parameters", ())
    assert not declared or asked.outputs == OUTPUTS.rstrip("/")


@pytest.mark.parametrize(("name", "template"), having("outputs"))
def test_outputs_are_read_from_where_they_are_written(name, template):
    for output in template.get("outputs", {}).get("parameters", ()):
        source = output["valueFrom"]
        assert "jsonPath" in source or source["path"] == OUTPUTS + output["name"]


@pytest.mark.parametrize(("name", "template"), having("resource"))
def test_a_child_workflow_is_awaited_and_its_failure_is_ours(name, template):
    child = template["resource"]
    manifest = yaml.safe_load(child["manifest"])
    reference = manifest["spec"]["workflowTemplateRef"]["name"]
    known = {
        p["name"] for p in spec_of(read(FILES[0].with_stem(reference)))["arguments"]["parameters"]
    }

    assert child["successCondition"] == "status.phase == Succeeded"
    assert child["failureCondition"] == "status.phase in (Failed, Error)"
    given = {p["name"] for p in manifest["spec"]["arguments"]["parameters"]}
    assert given <= known
    assert "lifecycle-image" in given


MOVING = {"deploy-container-image", "promote-model", "revert-model", "test-staging"}


@pytest.mark.parametrize("name", sorted(MOVING))
def test_what_moves_an_environment_takes_its_lock_and_lets_it_go_at_the_end(name):
    text = (ROOT / "workflows" / f"{name}.yaml").read_text()
    templates = {t["name"]: t for t in spec_of(yaml.safe_load(text))["templates"]}

    assert "template: begin }" in text or "template: begin\n" in text
    (last,) = templates[spec_of(yaml.safe_load(text))["onExit"]]["steps"][-1]
    called = last.get("template") or last["templateRef"]["template"]
    assert called in ("record", "settle")
    assert "mutexes" not in text, "a second one is refused by name, and not left waiting"


def test_what_a_training_starts_waits_for_its_turn():
    training = spec_of(read(ROOT / "workflows" / "train-model.yaml"))["templates"]
    children = [
        yaml.safe_load(t["resource"]["manifest"])["spec"] for t in training if "resource" in t
    ]
    moving = [c for c in children if c["workflowTemplateRef"]["name"] in MOVING]

    assert len(moving) == 4
    for child in moving:
        assert {"name": "patience", "value": "600"} in child["arguments"]["parameters"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_no_moving_tag_and_no_shell_stands_in_a_workflow(path):
    text = path.read_text()

    for word in ("latest", "pip install", "sh, -c", "bash", "apk add"):
        assert word not in text
