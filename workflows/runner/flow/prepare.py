"""Work out the spec that runs: templates merged, global names set, metadata added."""

import json
from typing import Any

from workflows.runner.check import merge
from workflows.runner.engine.gates import Gate
from workflows.runner.engine.run import Run
from workflows.runner.errors import NodeFault
from workflows.runner.language import tags
from workflows.runner.language.errors import LanguageError
from workflows.runner.model import shapes
from workflows.runner.model.library import MissingObjectError, by_name
from workflows.runner.model.node import (
    ERROR,
    FAILED,
    OMITTED,
    SKIPPED,
    SUCCEEDED,
)
from workflows.runner.model.templates import TemplateContext
from workflows.runner.scope.globals import GlobalsError, of_workflow

_IMPLIED = {SKIPPED: SUCCEEDED, OMITTED: SUCCEEDED}


def set_up(run: Run) -> bool:
    """Work out the spec that runs and its global names; false when that failed."""
    try:
        run.spec = shapes.spec(_merged(run))
        run.globals.update(of_workflow(run.workflow, run.spec, run.hub.library))
        _substitute_globals(run)
        _apply_metadata(run)
    except MissingObjectError as error:
        run.set_phase(ERROR, str(error))
        return False
    except GlobalsError as error:
        run.set_phase(FAILED, str(error))
        return False
    except (NodeFault, LanguageError) as error:
        run.set_phase(ERROR, str(error))
        return False
    run.context = TemplateContext(
        run.hub.library, f"local/{run.name}", by_name(run.spec.get("templates") or ()),
        run.spec.get("podMetadata"),
    )  # fmt: skip
    run.volumes = list(run.spec.get("volumes") or ())
    limit = run.spec.get("parallelism")
    run.pods = Gate(int(limit) if limit is not None else None)
    return True


def _merged(run: Run) -> dict[str, Any]:
    own: dict[str, Any] = run.workflow["spec"]
    reference = own.get("workflowTemplateRef")
    if not reference:
        return own
    cluster = bool(reference.get("clusterScope"))
    kind = "ClusterWorkflowTemplate" if cluster else "WorkflowTemplate"
    found = run.hub.library.get(kind, reference["name"])
    label = "cluster-workflow-template" if cluster else "workflow-template"
    labels = run.workflow["metadata"].setdefault("labels", {})
    labels[f"workflows.argoproj.io/{label}"] = reference["name"]
    return merge.workflow_template_ref(own, found.get("spec") or {}, None)


def _substitute_globals(run: Run) -> None:
    """Fill in `workflow.…` in all of the spec but its templates."""
    rest = {key: value for key, value in run.spec.items() if key != "templates"}
    text = json.dumps(rest, ensure_ascii=False)
    if "{{" in text:
        run.spec = {**run.spec, **json.loads(tags.fill(text, run.globals))}


def _apply_metadata(run: Run) -> None:
    """Add what workflowMetadata says to the object's labels and annotations."""
    extra = run.spec.get("workflowMetadata") or {}
    for field in ("labels", "annotations"):
        if extra.get(field):
            own = run.workflow["metadata"].setdefault(field, {})
            own.update(extra[field])
            for key, value in extra[field].items():
                run.globals[f"workflow.{field}.{key}"] = str(value)
    for key, source in (extra.get("labelsFrom") or {}).items():
        from workflows.runner.language import expr

        value = expr.evaluate(source["expression"], expr.environment(run.globals))
        if not isinstance(value, str):
            raise NodeFault(
                f'failed to evaluate label "{key}" expression "{source["expression"]}" '
                f"evaluted to {value!r} but must be a string"
            )
        run.workflow["metadata"].setdefault("labels", {})[key] = value
        run.globals[f"workflow.labels.{key}"] = value
