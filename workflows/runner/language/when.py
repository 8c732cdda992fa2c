"""Whether a step runs: its `when`, as the govaluate library decides it."""

import functools

from workflows.runner.language.errors import ConditionError
from workflows.runner.language.go.gofmt import sprint
from workflows.runner.language.govaluate.evaluation import compiled, computed
from workflows.runner.language.govaluate.lexer import tokens
from workflows.runner.language.govaluate.tokens import Token

_HINT = ' (hint: try wrapping the affected expression in quotes ("))'


def decide(text: str, *, bare_words: bool = True) -> bool:
    """Decide a `when` whose tags are filled in; an empty one is true.

    Args:
        text: The condition.
        bare_words: Take words without quotes as text (steps and tasks). A CronWorkflow's
            `when` takes them as variables, of which there are none.

    Raises:
        ConditionError: it is malformed, cannot be computed, or is not a truth value.
    """
    if text == "":
        return True
    try:
        value = _value(text, bare_words=bare_words)
    except RecursionError as error:
        raise ConditionError(f"Invalid 'when' expression '{text}': too deep") from error
    if not isinstance(value, bool):
        raise ConditionError(f"Expected boolean evaluation for '{text}'. Got {sprint(value)}")
    return value


@functools.lru_cache(maxsize=1024)
def _value(text: str, *, bare_words: bool) -> object:
    doing = "Invalid 'when' expression"
    try:
        words, stage = compiled(tokens(text))
        if bare_words:
            doing = "Failed to parse 'when' expression"
            _, stage = compiled([_as_text(token) for token in words])
        doing = "Failed to evaluate 'when' expresion"
        return computed(stage)
    except ConditionError as error:
        if not bare_words:
            raise
        hint = _HINT if doing.startswith("Invalid") and "Invalid token" in str(error) else ""
        raise ConditionError(f"{doing} '{text}': {error}{hint}") from error


def _as_text(token: Token) -> Token:
    return Token("STRING", token.value) if token.kind == "VARIABLE" else token
