"""The table of every field of Argo's schema and what this runner does with it."""

from typing import Literal, NamedTuple

Form = Literal["text", "markdown", "json"]


class Support(NamedTuple):
    """One field: which type has it, what it holds, and whether it is done here."""

    type: str
    field: str
    holds: str
    support: str
    why: str


def support_table() -> list[Support]:
    """List every field of the schema, by type and field."""
    return []


def render(rows: list[Support], form: Form = "text") -> str:
    """Write the table for a terminal, a document or a program."""
    return ""
