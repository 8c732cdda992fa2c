"""An error at a place in an expression, shown the way expr-lang shows it."""

from workflows.runner.language.errors import ExpressionError


class FaultError(ValueError):
    """Something is wrong at a place that only the caller knows."""


def placed(message: str, source: str, at: int) -> ExpressionError:
    """Make an error that quotes the line and points at the character."""
    before = source[: max(at, 0)]
    start = before.rfind("\n") + 1
    end = source.find("\n", start)
    line = source[start:] if end < 0 else source[start:end]
    if not line:
        return ExpressionError(message)
    column = len(before) - start
    shown = line.replace("\t", " ")
    return ExpressionError(
        f"{message} ({before.count(chr(10)) + 1}:{column + 1})\n | {shown}\n | {'.' * column}^"
    )
