"""Which template a step means, and in which resource the names inside it are looked up."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from workflows.runner.errors import NodeFault
from workflows.runner.model.library import Library, MissingObjectError
from workflows.runner.model.shapes import kind_of

_KINDS = {False: "WorkflowTemplate", True: "ClusterWorkflowTemplate"}


@dataclass(frozen=True)
class TemplateContext:
    """The resource whose templates are meant by a bare name.

    Attributes:
        scope: As Argo writes it: local/…, namespaced/… or cluster/….
        local: Templates of this resource by name.
        pod_metadata: Labels and annotations that its templates get.
    """

    library: Library
    scope: str
    local: Mapping[str, dict[str, Any]]
    pod_metadata: Mapping[str, Any] | None = None

    def resolve(self, holder: Mapping[str, Any]) -> tuple["TemplateContext", dict[str, Any]]:
        """Give the template that a step, task or hook calls, and the context inside it.

        Raises:
            NodeFault: it is not there or is of no kind.
        """
        if holder.get("inline"):
            context, template = self, holder["inline"]
        elif holder.get("templateRef"):
            context, template = self._referenced(holder["templateRef"])
        else:
            context, template = self, self._own(holder.get("template") or "")
        if kind_of(template) is None:
            raise NodeFault(f"template '{template.get('name', '')}' type is unknown")
        return context, context.with_pod_metadata(template)

    def _own(self, name: str) -> dict[str, Any]:
        if not name:
            raise NodeFault("failed to get a template")
        if name not in self.local:
            raise NodeFault(f"template {name} not found")
        return self.local[name]

    def _referenced(self, reference: Mapping[str, Any]) -> tuple["TemplateContext", dict[str, Any]]:
        name, wanted = reference.get("name", ""), reference.get("template", "")
        cluster = bool(reference.get("clusterScope"))
        try:
            templates = self.library.templates(_KINDS[cluster], name)
        except MissingObjectError:
            raise NodeFault(f"workflow template {name} not found") from None
        if wanted not in templates:
            raise NodeFault(f"template {wanted} not found in workflow template {name}")
        spec = self.library.get(_KINDS[cluster], name).get("spec") or {}
        context = TemplateContext(
            self.library,
            f"{'cluster' if cluster else 'namespaced'}/{name}",
            templates,
            spec.get("podMetadata"),
        )
        return context, templates[wanted]

    def with_pod_metadata(self, template: dict[str, Any]) -> dict[str, Any]:
        """Give a template with the labels and annotations of its resource."""
        if not self.pod_metadata:
            return template
        metadata = dict(template.get("metadata") or {})
        for field in ("labels", "annotations"):
            merged = {**(self.pod_metadata.get(field) or {}), **(metadata.get(field) or {})}
            if merged:
                metadata[field] = merged
        return {**template, "metadata": metadata}
