"""Templates that do work themselves: container, script, containerSet, resource and others."""

from typing import Any

import yaml

from workflows.runner.check.rules.container_sets import check_container_set, is_reserved
from workflows.runner.check.rules.context import Context, Scope
from workflows.runner.check.rules.fault import Fault, Place, within
from workflows.runner.check.rules.inputs import artifacts_of
from workflows.runner.check.rules.names import PLACEHOLDER
from workflows.runner.check.rules.registry import Resource, Template
from workflows.runner.check.rules.tags import check_tags

Data = dict[str, Any]

ACTIONS = ("get", "create", "apply", "delete", "replace", "patch")


def check_leaf(context: Context, template: Template, home: Resource, scope: Scope) -> None:
    """Check a template that calls no other."""
    data, at = template.data, f"templates.{template.name}"
    with within(f"{at}: "):
        check_tags(data, scope, context, template.place)
    if data.get("container") is not None:
        _check_mounts(at, data, template.place)
        _check_image(at, "container", template, home)
    if data.get("containerSet") is not None:
        check_container_set(template)
    for index, sidecar in enumerate(data.get("sidecars") or []):
        name = sidecar.get("name") or ""
        if is_reserved(name):
            raise Fault(
                f'{at}.sidecars: "{name}" is a reserved Argo container name',
                template.place / "sidecars" / index,
            )
    if data.get("resource") is not None:
        _check_resource(at, data, template.place / "resource")
    if data.get("script") is not None:
        _check_image(at, "script", template, home)
    _check_limits(at, data, template.place)


def _check_mounts(at: str, data: Data, place: Place) -> None:
    taken: dict[str, str] = {}
    for index, mount in enumerate(data["container"].get("volumeMounts") or []):
        path = mount.get("mountPath") or ""
        if path in taken:
            raise Fault(
                f"{at}.container.volumeMounts[{index}].mountPath '{path}' already mounted in "
                f"{taken[path]}",
                place / "container" / "volumeMounts" / index,
            )
        taken[path] = f"container.volumeMounts.{mount.get('name')}"
    for index, artifact in enumerate(artifacts_of(data, "inputs")):
        path = artifact.get("path") or ""
        if path in taken:
            raise Fault(
                f"{at}.inputs.artifacts[{index}].path '{path}' already mounted in {taken[path]}",
                place / "inputs" / "artifacts" / index,
            )
        taken[path] = f"inputs.artifacts.{artifact.get('name')}"


def _check_image(at: str, part: str, template: Template, home: Resource) -> None:
    if template.data[part].get("image"):
        return
    defaults = (home.spec.get("templateDefaults") or {}).get(part) or {}
    if not defaults.get("image") or home.kind == "ClusterWorkflowTemplate":
        raise Fault(f"{at}.{part}.image may not be empty", template.place / part)


def _check_resource(at: str, data: Data, place: Place) -> None:
    resource = data["resource"]
    action = resource.get("action") or ""
    if action not in ACTIONS and not action.startswith(PLACEHOLDER):
        raise Fault(f"{at}.resource.action must be one of: {', '.join(ACTIONS)}", place)
    if action in ("delete", "get"):
        return
    manifest, source = resource.get("manifest") or "", resource.get("manifestFrom")
    if not manifest and source is None:
        raise Fault(
            f"either {at}.resource.manifest or {at}.resource.manifestFrom must be specified", place
        )
    if manifest and source is not None:
        raise Fault(
            "shouldn't have both `manifest` and `manifestFrom` specified in `Manifest` for "
            "resource template",
            place,
        )
    artifact = (source or {}).get("artifact")
    if artifact is not None:
        names = [item.get("name") for item in artifacts_of(data, "inputs")]
        if artifact.get("name") not in names:
            raise Fault(
                f"artifact {artifact.get('name')} in `manifestFrom` refer to a non-exist artifact",
                place / "manifestFrom",
            )
    if manifest and not manifest.startswith(PLACEHOLDER) and not _is_yaml(manifest):
        raise Fault(f"{at}.resource.manifest must be a valid yaml", place / "manifest")


def _is_yaml(manifest: str) -> bool:
    """Say whether a manifest is YAML."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        list(yaml.load_all(manifest, Loader=loader))
    except (yaml.YAMLError, ValueError):
        return False
    return True


def _check_limits(at: str, data: Data, place: Place) -> None:
    seconds = data.get("activeDeadlineSeconds")
    if seconds is not None and not _is_deadline(seconds):
        raise Fault(
            f"{at}.activeDeadlineSeconds must be a positive integer > 0 or an argo variable",
            place / "activeDeadlineSeconds",
        )
    if data.get("parallelism") is not None:
        raise Fault(
            f"{at}.parallelism is only valid for steps and dag templates", place / "parallelism"
        )


def _is_deadline(seconds: object) -> bool:
    if isinstance(seconds, float):
        return seconds >= 0
    text = str(seconds)
    if text.startswith(PLACEHOLDER) or (text.startswith("{{") and text.endswith("}}")):
        return True
    return text.removeprefix("+").isdecimal()
