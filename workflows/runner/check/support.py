"""The table of every field of Argo's schema and what this runner does with it."""

import json
from typing import Literal, NamedTuple

from workflows.runner.check.fields import schema

Form = Literal["text", "markdown", "json"]

WORDS = {"done": "done", "refused": "refused", "gone": "refused", "none": "no meaning here"}


class Row(NamedTuple):
    """One field: which type has it, what it holds, and whether it is done here."""

    type: str
    field: str
    holds: str
    support: str
    why: str


def support_table() -> list[Row]:
    """List every field of the schema, by type and field."""
    return [
        Row(type_name, field.name, field.holds, WORDS[field.support], field.why)
        for type_name, fields in schema().items()
        for field in fields.values()
    ]


def render(rows: list[Row], form: Form = "text") -> str:
    """Write the table for a terminal, a document or a program."""
    if form == "json":
        return json.dumps([row._asdict() for row in rows], indent=1)
    if form == "markdown":
        lines = ["| field | holds | here | why |", "|---|---|---|---|"]
        lines += [f"| {r.type}.{r.field} | `{r.holds}` | {r.support} | {r.why} |" for r in rows]
        return "\n".join(lines)
    width = max((len(f"{row.type}.{row.field}") for row in rows), default=0)
    lines = [
        f"{row.type + '.' + row.field:{width}}  {row.support:15}  {row.why}".rstrip()
        for row in rows
    ]
    return "\n".join([*lines, "", _summary(rows)])


def _summary(rows: list[Row]) -> str:
    words = dict.fromkeys(WORDS.values())
    counts = (f"{sum(row.support == word for row in rows)} {word}" for word in words)
    return f"{len(rows)} fields: {', '.join(counts)}"
