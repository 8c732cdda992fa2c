"""Finds, before an expression is run, what can never work."""

from collections.abc import Mapping
from typing import Any

from workflows.runner.language.exprlang import nodes


def check(tree: nodes.Node, source: str, env: Mapping[str, Any]) -> None:
    """Check an expression against the types of its environment."""
