"""Merge specs as Kubernetes merges them: lists by key, maps by field, scalars replaced."""

from collections.abc import Mapping
from typing import Any


def strategic(base: Mapping[str, Any], patch: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """Lay a patch over an object of a type of the schema, such as PodSpec or Template."""
    raise NotImplementedError


def workflow_template_ref(
    workflow_spec: Mapping[str, Any],
    template_spec: Mapping[str, Any],
    defaults: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Give the spec that runs: the workflow over its WorkflowTemplate over the defaults."""
    raise NotImplementedError


def template_defaults(
    template: Mapping[str, Any], defaults: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Give a template with the gaps filled from spec.templateDefaults."""
    raise NotImplementedError
