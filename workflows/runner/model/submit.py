"""From files and options to the one Workflow that is to run."""

import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from workflows.runner.errors import UsageError
from workflows.runner.language.manifest import Document
from workflows.runner.model import names
from workflows.runner.model.library import NAMESPACE
from workflows.runner.model.node import moment

API_VERSION = "argoproj.io/v1alpha1"
TEMPLATES = ("WorkflowTemplate", "ClusterWorkflowTemplate")
_SUBMITTABLE = ("WorkflowTemplate", "ClusterWorkflowTemplate", "CronWorkflow")


@dataclass(frozen=True)
class Options:
    """What the command line says about the workflow.

    Attributes:
        parameters: Values that win over every other source.
        source: The template or cron workflow to run, when the files name no Workflow.
    """

    parameters: Mapping[str, str] = field(default_factory=dict)
    entrypoint: str | None = None
    name: str | None = None
    source: str | None = None


def choose(documents: Sequence[Document], options: Options) -> list[Document]:
    """Give the documents that run: the Workflows, or what `--from` or only one choice names.

    Raises:
        UsageError: nothing can run, or it is not clear what.
    """
    if options.source:
        return [_named(documents, options.source)]
    workflows = [d for d in documents if d.data.get("kind") == "Workflow"]
    if workflows:
        return workflows
    crons = [d for d in documents if d.data.get("kind") == "CronWorkflow"]
    entries = [
        d for d in documents
        if d.data.get("kind") in _SUBMITTABLE and (d.data.get("spec") or {}).get("entrypoint")
    ]  # fmt: skip
    for group in (crons, entries):
        if len(group) == 1:
            return group
    found = [_name(d) for d in crons or entries]
    if found:
        raise UsageError(f"no Workflow in the files: say --from {' or --from '.join(found)}")
    raise UsageError("no Workflow in the files: name a file that has one, or use --from NAME")


def _name(document: Document) -> str:
    return str((document.data.get("metadata") or {}).get("name", ""))


def _named(documents: Sequence[Document], name: str) -> Document:
    candidates = {_name(d): d for d in documents if d.data.get("kind") in _SUBMITTABLE}
    bare = name.rpartition("/")[2]
    if bare in candidates:
        return candidates[bare]
    close = get_close_matches(bare, candidates, n=1)
    hint = f"did you mean {close[0]}?" if close else f"there is {', '.join(candidates) or 'none'}."
    raise UsageError(f"--from {name}: the files have no such template or cron workflow; {hint}")


def workflow(data: Mapping[str, Any], options: Options) -> dict[str, Any]:
    """Make the Workflow object that a document and the options mean."""
    kind = data.get("kind")
    if kind == "CronWorkflow":
        made = from_cron(data, time.time())
        made["metadata"].pop("name")
        made["metadata"]["generateName"] = f"{data['metadata']['name']}-"
    elif kind in ("WorkflowTemplate", "ClusterWorkflowTemplate"):
        made = from_template(data)
    else:
        made = {key: value for key, value in data.items() if key != "status"}
    return stamp(_with_options(made, options))


def from_template(data: Mapping[str, Any]) -> dict[str, Any]:
    """Make a Workflow that runs a WorkflowTemplate."""
    name = data["metadata"]["name"]
    reference: dict[str, Any] = {"name": name}
    if data["kind"] == "ClusterWorkflowTemplate":
        reference["clusterScope"] = True
    return {
        "apiVersion": API_VERSION,
        "kind": "Workflow",
        "metadata": {"generateName": f"{name}-"},
        "spec": {"workflowTemplateRef": reference},
    }


def from_cron(data: Mapping[str, Any], scheduled: float) -> dict[str, Any]:
    """Make the Workflow that a CronWorkflow starts at a time of its schedule."""
    cron, spec = data["metadata"], data.get("spec") or {}
    extra = spec.get("workflowMetadata") or {}
    metadata: dict[str, Any] = {
        "name": f"{cron['name']}-{int(scheduled)}",
        "labels": {
            **(extra.get("labels") or {}),
            "workflows.argoproj.io/cron-workflow": cron["name"],
        },
        "annotations": {
            **(extra.get("annotations") or {}),
            "workflows.argoproj.io/scheduled-time": str(moment(float(int(scheduled)))).replace(
                ".000Z", "Z"
            ),
        },
        "ownerReferences": [
            {"apiVersion": API_VERSION, "kind": "CronWorkflow", "name": cron["name"],
             "controller": True, "blockOwnerDeletion": True, "uid": cron.get("uid", "")}
        ],
    }  # fmt: skip
    if cron.get("namespace"):
        metadata["namespace"] = cron["namespace"]
    return {
        "apiVersion": API_VERSION,
        "kind": "Workflow",
        "metadata": metadata,
        "spec": dict(spec.get("workflowSpec") or {}),
    }


def _with_options(made: dict[str, Any], options: Options) -> dict[str, Any]:
    spec = dict(made.get("spec") or {})
    if options.entrypoint:
        spec["entrypoint"] = options.entrypoint
    if options.parameters:
        arguments = dict(spec.get("arguments") or {})
        given = {p["name"]: p for p in arguments.get("parameters") or ()}
        for name, value in options.parameters.items():
            given[name] = {"name": name, "value": value}
        spec["arguments"] = {**arguments, "parameters": list(given.values())}
    metadata = dict(made.get("metadata") or {})
    if options.name:
        metadata["name"] = options.name
        metadata.pop("generateName", None)
    return {**made, "metadata": metadata, "spec": spec}


def stamp(made: Mapping[str, Any]) -> dict[str, Any]:
    """Give a Workflow what the API server adds: name, uid, namespace, time of creation."""
    metadata = dict(made.get("metadata") or {})
    if not metadata.get("name"):
        metadata["name"] = names.generate(metadata.get("generateName") or "workflow-")
    metadata.setdefault("namespace", NAMESPACE)
    metadata["uid"] = str(uuid.uuid4())
    metadata["creationTimestamp"] = str(moment(float(int(time.time())))).replace(".000Z", "Z")
    return {
        "apiVersion": made.get("apiVersion", API_VERSION),
        "kind": "Workflow",
        "metadata": metadata,
        "spec": dict(made.get("spec") or {}),
    }
