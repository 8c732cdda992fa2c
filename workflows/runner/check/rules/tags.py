"""Whether every simple tag names something that can exist where it stands."""

import json
from collections.abc import Iterator, Set
from difflib import get_close_matches
from typing import Any

from workflows.runner.check.rules.context import Context, Scope
from workflows.runner.check.rules.fault import Fault, Place
from workflows.runner.language import tags

ROOTS = ("item.", "steps.", "inputs.", "outputs.", "pod.", "workflow.", "tasks.")

#: Known only when it runs, so any name that starts so is good.
_LATE = (
    "outputs.",
    "workflow.creationTimestamp",
    "workflow.scheduledTime",
    "workflow.duration",
    "tasks.name",
    "steps.name",
    "node.name",
)
ANY_ITEM = "item.*"
ANY_OUTPUT_PARAMETER = "workflow.outputs.parameters.*"
ANY_OUTPUT_ARTIFACT = "workflow.outputs.artifacts.*"


def check_tags(
    value: Any, scope: Scope, context: Context, place: Place, also: Set[str] = frozenset()
) -> None:
    """Refuse a tag under one of Argo's own roots that nothing here defines.

    Args:
        value: Where the tags are: a text, or anything with texts in it.
        scope: What can be named in this template.
        context: What can be named everywhere.
        place: Where the value stands.
        also: What only this value can name.
    """
    for tag in _tags(value):
        name = tag.strip()
        if not name.startswith(ROOTS) or name in scope or name in also:
            continue
        if not _is_late(name, scope, context, also):
            opened, quote, _ = tag.partition('"')
            text, hint = f"{{{{{tag}}}}}", _hint(name, [*scope, *also, *context.globals])
            if quote:  # it runs on from one text into the next
                text, hint = f"{{{{{opened}", ": the tag is not closed by }}"
            raise Fault(f"failed to resolve {text}{hint}", _where(value, text, place))


def _is_late(name: str, scope: Scope, context: Context, also: Set[str]) -> bool:
    """Say whether a name may turn out to exist when it runs."""
    if name in context.globals or name.startswith(_LATE):
        return True
    if name.startswith("item.") and (ANY_ITEM in also or ANY_ITEM in scope):
        return True
    for magic in (ANY_OUTPUT_PARAMETER, ANY_OUTPUT_ARTIFACT):
        if name.startswith(magic[:-1]) and (magic in scope or magic in context.globals):
            return True
    return name.startswith("workflow.parameters") and context.of_template


def _hint(name: str, known: list[str]) -> str:
    close = get_close_matches(name, known, n=1, cutoff=0.8)
    return f"; did you mean {{{{{close[0]}}}}}?" if close else ""


def _tags(value: Any) -> list[str]:
    """List the simple tags of a value as they are written, expressions left out."""
    text = value if isinstance(value, str) else as_json(value)
    return [tag for _, tag in split(text) if tag is not None and not tag.startswith("=")]


def split(text: str) -> list[tuple[str, str | None]]:
    """Split a text into pairs of literal text and the tag after it.

    Braces that are never closed are literal: shell and awk use them.
    """
    unclosed = text.find("{{", text.rfind("}}") + 1)
    if unclosed < 0:
        return tags.split(text)
    *pairs, (literal, _) = tags.split(text[:unclosed])
    return [*pairs, (literal + text[unclosed:], None)]


def _where(value: Any, tag: str, place: Place) -> Place:
    """Find the text that holds a tag."""
    for path, text in _texts(value, ()):
        if tag in text:
            return Place(place.document, (*place.path, *path))
    return place


def _texts(value: Any, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield (*path, key), key
            yield from _texts(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _texts(inner, (*path, index))


def as_json(value: Any) -> str:
    """Write a value as compact JSON, the text in which Argo looks for tags."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
