"""How a task ends at the terminal: an exit code, or a sentence instead of a traceback."""

import os
from collections.abc import Callable
from pathlib import Path

from invoke import Exit

from workflows.submission import SubmissionError


def with_refusals(submit: Callable[[], int]) -> None:
    """End as what was handed over did; a refusal is its sentence and exit code 2."""
    try:
        end(submit())
    except SubmissionError as error:
        raise Exit(str(error), 2) from None


def end(code: int) -> None:
    """End with an exit code, if there is one."""
    if code:
        raise Exit(code=code)


def absolute(path: str) -> str:
    """Read a path as the person meant it, wherever `./run` went meanwhile."""
    return str(Path(os.environ.get("GOURMET_FROM", "."), path).resolve())
