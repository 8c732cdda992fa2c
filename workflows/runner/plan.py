"""What a run would do, before it does anything: nodes, images, secrets, writes."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from workflows.runner.check import merge
from workflows.runner.errors import NodeFault
from workflows.runner.model.library import Library, by_name
from workflows.runner.model.shapes import kind_of
from workflows.runner.model.templates import TemplateContext

_DEPTH = 30
_TAG = re.compile(r"\{\{")


@dataclass
class Planned:
    """One call of a template, and the calls inside it."""

    name: str
    template: str
    kind: str
    image: str = ""
    note: str = ""
    inner: list["Planned"] = field(default_factory=list)


@dataclass
class Needs:
    """What a workflow needs of its surroundings."""

    images: dict[str, None] = field(default_factory=dict)
    secrets: dict[str, None] = field(default_factory=dict)
    config: dict[str, None] = field(default_factory=dict)
    writes: dict[str, None] = field(default_factory=dict)


def context_of(name: str, spec: Mapping[str, Any], library: Library) -> TemplateContext:
    """Give where the templates of a workflow are looked up."""
    return TemplateContext(library, f"local/{name}", by_name(spec.get("templates") or ()))


def reachable(spec: Mapping[str, Any], context: TemplateContext) -> Iterator[dict[str, Any]]:
    """Give every template that a workflow can call, each once."""
    seen: set[int] = set()
    defaults = spec.get("templateDefaults")
    pending = [(context, holder) for holder in _roots(spec)]
    while pending:
        where, holder = pending.pop()
        try:
            inner, template = where.resolve(holder)
        except NodeFault:
            continue
        if id(template) in seen:
            continue
        seen.add(id(template))
        yield merge.template_defaults(template, defaults)
        pending += [(inner, call) for _, call in calls(template)]


def _roots(spec: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for name in (spec.get("entrypoint"), spec.get("onExit")):
        if name:
            yield {"template": name}
    yield from (spec.get("hooks") or {}).values()


def calls(template: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Give the calls of a template by name, hooks and exit handlers included."""
    steps = [step for group in template.get("steps") or () for step in group]
    for call in (*steps, *((template.get("dag") or {}).get("tasks") or ())):
        yield call["name"], call
        if call.get("onExit"):
            yield f"{call['name']}.onExit", {"template": call["onExit"]}
        for hook, body in (call.get("hooks") or {}).items():
            yield f"{call['name']}.hooks.{hook}", body


def containers(template: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Give every container that a template runs."""
    for kind in ("container", "script"):
        if template.get(kind):
            yield template[kind]
    yield from (template.get("containerSet") or {}).get("containers") or ()
    yield from template.get("initContainers") or ()
    yield from template.get("sidecars") or ()


def needs(templates: Iterable[Mapping[str, Any]]) -> Needs:
    """Give what templates need of their surroundings."""
    found = Needs()
    for template in templates:
        for container in containers(template):
            image = container.get("image") or ""
            if image and not _TAG.search(image):
                found.images[image] = None
            _references(container, found)
        for volume in template.get("volumes") or ():
            if volume.get("secret"):
                found.secrets[volume["secret"].get("secretName", "")] = None
        if template.get("resource"):
            action = template["resource"].get("action", "")
            found.writes[f"{action} by template {template.get('name')}"] = None
    return found


def _references(container: Mapping[str, Any], found: Needs) -> None:
    for item in container.get("env") or ():
        source = item.get("valueFrom") or {}
        if source.get("secretKeyRef"):
            found.secrets[source["secretKeyRef"].get("name", "")] = None
        if source.get("configMapKeyRef"):
            found.config[source["configMapKeyRef"].get("name", "")] = None
    for source in container.get("envFrom") or ():
        if source.get("secretRef"):
            found.secrets[source["secretRef"].get("name", "")] = None
        if source.get("configMapRef"):
            found.config[source["configMapRef"].get("name", "")] = None


def expand(
    name: str,
    holder: Mapping[str, Any],
    context: TemplateContext,
    defaults: Mapping[str, Any] | None,
    depth: int = 0,
) -> Planned:
    """Give what one call would run, with what it calls in turn.

    Args:
        name: Of the step or task.
        holder: The step or task.
        context: Where its template is looked up.
        defaults: The workflow's templateDefaults.
        depth: How many calls are around it.
    """
    try:
        inner, template = context.resolve(holder)
    except NodeFault as fault:
        return Planned(name, "?", "?", note=fault.message)
    kind = kind_of(template) or ""
    template = merge.template_defaults(template, defaults)
    image = next((str(c.get("image", "")) for c in containers(template)), "")
    planned = Planned(name, template.get("name") or "(inline)", kind, image, _note(holder))
    if depth < _DEPTH:
        planned.inner = [
            expand(called, call, inner, defaults, depth + 1) for called, call in calls(template)
        ]
    return planned


def _note(holder: Mapping[str, Any]) -> str:
    parts = []
    for kind in ("withItems", "withParam", "withSequence"):
        if holder.get(kind) is not None:
            size = f" of {len(holder[kind])}" if kind == "withItems" else ""
            parts.append(f"loop{size}")
    if holder.get("when"):
        parts.append(f"when {holder['when']}")
    if holder.get("depends"):
        parts.append(f"after {holder['depends']}")
    elif holder.get("dependencies"):
        parts.append(f"after {', '.join(holder['dependencies'])}")
    return "; ".join(parts)
