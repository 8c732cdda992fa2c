"""Every field of Argo's schema: what it holds, and what this runner does with it.

The facts are in `schema/*.fields`, kept by hand. A type lists its fields line by line:

    type Backoff
    done    duration:string factor:IntOrString
    none    affinity:Affinity
          | why these have no meaning on one machine

`done`, `none` (no meaning here), `refused` and `gone` (Argo 3.7 had it, 4 refuses it) are
followed by `name:holds` pairs; the reason after the bar is for all fields since the word.
`holds` is a type of the schema or a scalar, `[]X` a list, `{}X` a map; `/key` names the key
by which Kubernetes merges the list (`/` alone: as a set). `like X` takes over the fields of
another type.
"""

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Literal, TypeAlias, get_args

Support: TypeAlias = Literal["done", "none", "refused", "gone"]

_SUPPORT: dict[str, Support] = {word: word for word in get_args(Support)}
FOLDER = Path(__file__).parent / "schema"
FILES = ("workflow", "artifacts", "pods", "volumes", "metadata", "status")

#: What a document's `kind` makes it; documents of other kinds are left alone.
KINDS = (
    "Workflow",
    "WorkflowTemplate",
    "ClusterWorkflowTemplate",
    "CronWorkflow",
    "WorkflowEventBinding",
    "WorkflowTaskSet",
    "WorkflowTaskResult",
    "WorkflowArtifactGCTask",
    "ConfigMap",
    "Secret",
    "PersistentVolumeClaim",
)


@dataclass(frozen=True)
class Field:
    """One field of one type.

    Attributes:
        name: As it is written in YAML.
        holds: A type of the schema, a scalar, or a list or map of one.
        support: What this runner does with it.
        why: Why it is refused or means nothing; empty for `done`.
        merge_key: How Kubernetes merges this list: by this key, as a set if empty text,
            and None if a patch replaces it.
    """

    name: str
    holds: str
    support: Support
    why: str = ""
    merge_key: str | None = None


Schema: TypeAlias = dict[str, dict[str, Field]]


@cache
def schema() -> Schema:
    """Read the schema: the fields of each type by name."""
    types: Schema = {}
    alike: dict[str, str] = {}
    for name in FILES:
        for block in (FOLDER / f"{name}.fields").read_text(encoding="utf-8").split("\n\n"):
            _read(block, types, alike)
    for name, other in alike.items():
        types[name] = {**types[other], **types[name]}
    return types


def _read(block: str, types: Schema, alike: dict[str, str]) -> None:
    """Read the lines of one type."""
    fields: dict[str, Field] = {}
    group: list[Field] = []
    support: Support = "done"
    for line in block.splitlines():
        word, _, rest = line.partition(" ")
        if word == "type":
            name = rest
            types[name] = fields
        elif word == "like":
            alike[name] = rest
        elif rest.lstrip().startswith("| "):
            why = rest.lstrip().removeprefix("| ")
            fields.update((field.name, replace(field, why=why)) for field in group)
        elif word != "#":
            if word:
                support, group = _SUPPORT[word], []
            added = [_field(pair, support) for pair in rest.split()]
            fields.update((field.name, field) for field in added)
            group += added


def _field(pair: str, support: Support) -> Field:
    name, _, holds = pair.partition(":")
    holds, keyed, key = holds.partition("/")
    return Field(name, holds, support, merge_key=key if keyed else None)
