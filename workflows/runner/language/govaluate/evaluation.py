"""Compiles and computes a `when`."""

from typing import Any

from workflows.runner.language.errors import ConditionError, ExpressionError
from workflows.runner.language.go import goregex
from workflows.runner.language.govaluate.operations import OPERATIONS, check
from workflows.runner.language.govaluate.stages import Stage, plan
from workflows.runner.language.govaluate.tokens import (
    Token,
    check_balance,
    check_order,
)


def compiled(tokens: list[Token]) -> tuple[list[Token], Stage | None]:
    """Check tokens, compile their patterns and make their tree.

    Raises:
        ConditionError: they are no condition.
    """
    check_balance(tokens)
    check_order(tokens)
    ready = list(tokens)
    for index, token in enumerate(tokens):
        if token.kind == "COMPARATOR" and token.value in ("=~", "!~"):
            ready[index + 1] = _pattern(tokens[index + 1])
    return ready, plan(ready)


def _pattern(token: Token) -> Token:
    if token.kind != "STRING":
        return token
    try:
        return Token("PATTERN", goregex.compile(token.value))
    except ExpressionError as error:
        raise ConditionError(str(error)) from error


def computed(stage: Stage | None) -> Any:
    """Compute a tree; there are no variables.

    Raises:
        ConditionError: a value does not fit its operator, or a variable is asked for.
    """
    if stage is None:
        return None
    if stage.symbol == "literal":
        return stage.value
    if stage.symbol in ("variable", "access"):
        name = stage.value if stage.symbol == "variable" else stage.value[0]
        if stage.right is not None:
            computed(stage.right)
        raise ConditionError(f"No parameter '{name}' found.")
    left = computed(stage.left)
    if (stage.symbol == "&&" and left is False) or (stage.symbol == "||" and left is True):
        return left
    if stage.symbol == "??" and left is not None:
        return left
    skipped = (stage.symbol == "?" and left is False) or (stage.symbol == ":" and left is not None)
    right = None if skipped else computed(stage.right)
    check(stage.symbol, left, right, stage.message)
    try:
        return OPERATIONS[stage.symbol](left, right)
    except goregex.RegexError as error:
        raise ConditionError(f"Unable to compile regexp pattern '{right}': {error}") from error
