"""Expressions of `{{=...}}`, as the expr-lang library with Argo's functions has them."""

from collections.abc import Mapping
from typing import Any

from workflows.runner.language.errors import ExpressionError


def evaluate(source: str, env: Mapping[str, Any]) -> Any:
    """Compile and run an expression.

    Raises:
        ExpressionError: it does not compile in this environment, or fails.
    """
    raise ExpressionError("not written yet")


def environment(flat: Mapping[str, Any]) -> dict[str, Any]:
    """Turn flat names into the nested maps that expressions see, with the functions."""
    return dict(flat)


def identifiers(source: str) -> list[str]:
    """List the names and dotted paths that an expression needs, as Argo collects them.

    Raises:
        ExpressionError: it cannot be parsed.
    """
    return []


def has(env: Mapping[str, Any], name: str) -> bool:
    """Tell whether a dotted name exists in an environment; nil counts as existing."""
    return name in env
