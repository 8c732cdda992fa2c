"""Refuse what Argo's validator refuses, in Argo's order and words, before anything starts."""

from collections.abc import Sequence

from workflows.runner.language.manifest import Document


def validate(objects: Sequence[Document], *, submit: Document | None = None) -> None:
    """Check the objects of all files together; references are resolved among them.

    Args:
        objects: Every document that was read, of whatever kind.
        submit: The one that is about to run: its arguments must all have values.

    Raises:
        RefusedError: with the first thing that is wrong in each object.
    """
