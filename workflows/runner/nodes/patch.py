"""podSpecPatch: what it says of containers is honoured here, the rest means nothing."""

from typing import Any

import yaml

from workflows.runner.check import merge
from workflows.runner.engine.run import Run
from workflows.runner.errors import NodeFault


def apply(template: dict[str, Any], run: Run) -> dict[str, Any]:
    """Give a template with the workflow's and its own podSpecPatch laid over it.

    Raises:
        NodeFault: a patch is no YAML.
    """
    patches = [p for p in (run.spec.get("podSpecPatch"), template.get("podSpecPatch")) if p]
    if not patches:
        return template
    kind = "script" if template.get("script") else "container"
    if not template.get(kind):
        return template
    spec = {"containers": [{**template[kind], "name": "main"}]}
    for text in patches:
        spec = merge.strategic(spec, _read(text), "PodSpec")
    main = next(c for c in spec["containers"] if c.get("name") == "main")
    return {**template, kind: main}


def _read(text: str) -> dict[str, Any]:
    try:
        read = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise NodeFault(f"Failed to merge the workflow PodSpecPatch: {error}") from error
    if not isinstance(read, dict):
        raise NodeFault("Failed to merge the workflow PodSpecPatch: it is no object")
    return read
