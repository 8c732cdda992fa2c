"""The resources among the files given, and the templates that can be named in them."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from typing import Any

from workflows.runner.check.rules.fault import Fault, Place
from workflows.runner.language.manifest import Document

Data = dict[str, Any]

#: Where any scalar may stand and becomes text, and anything else becomes empty text.
_TEXTS = ("value", "default", "description")


@dataclass(frozen=True)
class Template:
    """A template as it was written or filled in, and where it stands."""

    data: Data
    place: Place

    @property
    def name(self) -> str:
        """Its name; inline templates have none."""
        return str(self.data.get("name") or "")


@dataclass(frozen=True)
class Resource:
    """Something with templates of its own: a Workflow or one of the template kinds.

    Attributes:
        kind: Its kind; what a WorkflowTemplate holds is checked as a Workflow.
        name: Its name.
        spec: The workflow spec in it.
        place: Where that spec stands.
    """

    kind: str
    name: str
    spec: Data
    place: Place

    @property
    def scope(self) -> str:
        """What tells its templates from others of the same name."""
        return f"{self.kind}/{self.name}"

    def templates(self) -> list[Template]:
        """List its templates."""
        listed = self.spec.get("templates") or []
        return [
            Template(data, self.place / "templates" / index) for index, data in enumerate(listed)
        ]

    def template(self, name: str) -> Template | None:
        """Find a template, with the metadata that all of its pods get."""
        return self._by_name.get(name)

    @cached_property
    def _by_name(self) -> dict[str, Template]:
        return {
            template.name: Template(_with_metadata(template.data, self.spec), template.place)
            for template in reversed(self.templates())
        }


@dataclass(frozen=True)
class Registry:
    """The WorkflowTemplates and ClusterWorkflowTemplates of the files given."""

    resources: dict[tuple[str, str], Resource]

    @classmethod
    def of(cls, documents: Iterable[Document]) -> "Registry":
        """Collect them; the first of a name counts."""
        found: dict[tuple[str, str], Resource] = {}
        for document in documents:
            kind = document.data.get("kind")
            if kind in ("WorkflowTemplate", "ClusterWorkflowTemplate"):
                resource = resource_of(document)
                found.setdefault((kind, resource.name), resource)
        return cls(found)

    def find(self, name: str, *, cluster: bool, place: Place) -> Resource:
        """Find a resource by name."""
        kind = "ClusterWorkflowTemplate" if cluster else "WorkflowTemplate"
        if found := self.resources.get((kind, name)):
            return found
        words = "cluster workflow template" if cluster else "workflow template"
        known = [other for other_kind, other in self.resources if other_kind == kind]
        close = get_close_matches(name, known, n=1)
        hint = f"did you mean {close[0]}?" if close else "give its file as well"
        raise Fault(f'couldn\'t find {words} "{name}": not found among the files; {hint}', place)


def resource_of(document: Document) -> Resource:
    """Take a Workflow or template kind as something with templates."""
    name = (document.data.get("metadata") or {}).get("name") or ""
    spec = as_go_reads(document.data.get("spec") or {})
    return Resource(document.data["kind"], name, spec, Place(document, ("spec",)))


def as_go_reads(value: Any) -> Any:
    """Take null as a field that is not there or an empty item; maps as values are no text."""
    if isinstance(value, dict):
        return {
            key: "" if key in _TEXTS and isinstance(inner, (dict, list)) else as_go_reads(inner)
            for key, inner in value.items()
            if inner is not None
        }
    if isinstance(value, list):
        return [{} if item is None else as_go_reads(item) for item in value]
    return value


def _with_metadata(template: Data, spec: Data) -> Data:
    shared = spec.get("podMetadata") or {}
    if not shared:
        return template
    own = template.get("metadata") or {}
    merged = {
        part: {**(shared.get(part) or {}), **(own.get(part) or {})}
        for part in ("annotations", "labels")
    }
    return {**template, "metadata": {**own, **merged}}
