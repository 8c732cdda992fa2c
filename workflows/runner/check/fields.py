"""Every field of Argo's schema: what it holds, and what this runner does with it.

The facts are in `schema/*.fields`, kept by hand. A type lists its fields line by line:

    type Backoff
    done    duration:string factor:IntOrString
    none    affinity:Affinity
          | why these have no meaning on one machine

`done`, `none` (no meaning here) and `refused` are followed by `name:holds` pairs; the
reason after the bar is for all fields since the word. `holds` is a type of the schema or
a scalar, `[]X` a list, `{}X` a map; `/key` names the key by which Kubernetes merges the
list (`/` alone: as a set). `like X` takes over the fields of another type.
"""

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Literal, TypeAlias

Support: TypeAlias = Literal["done", "none", "refused"]

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
    for name in FILES:
        _read((FOLDER / f"{name}.fields").read_text(encoding="utf-8"), types)
    _take_over(types)
    return types


_LIKE = "like"


def _read(text: str, types: Schema) -> None:
    current: dict[str, Field] = {}
    group: list[str] = []
    support: Support = "done"
    for line in text.splitlines():
        if not line or line.startswith("#"):
            continue
        head, _, rest = line.partition(" ")
        if head == "type":
            current = types.setdefault(rest, {})
        elif head == _LIKE:
            current[_LIKE] = Field(_LIKE, rest, "done")
        elif line.startswith("      |"):
            why = line[7:].strip()
            current.update((name, replace(current[name], why=why)) for name in group)
        else:
            if head in ("done", "none", "refused"):
                support, group = head, []  # type: ignore[assignment]
            else:
                rest = line
            for pair in rest.split():
                field = _field(pair, support)
                current[field.name] = field
                group.append(field.name)


def _field(pair: str, support: Support) -> Field:
    name, _, holds = pair.partition(":")
    holds, keyed, key = holds.partition("/")
    return Field(name, holds, support, merge_key=key if keyed else None)


def _take_over(types: Schema) -> None:
    for fields in types.values():
        if _LIKE in fields:
            other = types[fields.pop(_LIKE).holds]
            fields.update({name: field for name, field in other.items() if name not in fields})
