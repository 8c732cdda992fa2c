"""The `depends` expressions of DAG tasks: `a && (b.Failed || !c.Skipped)`."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from workflows.runner.language.errors import ExpressionError, LanguageError

RESULTS = (
    "Succeeded", "Failed", "Errored", "Skipped",
    "Omitted", "Daemoned", "AnySucceeded", "AllFailed",
)  # fmt: skip
BARE = ("Succeeded", "Skipped", "Daemoned")
OF_ITEMS = ("AnySucceeded", "AllFailed")

_NAME = r"[a-zA-Z0-9][-a-zA-Z0-9]*"
_TOKEN = re.compile(rf"{_NAME}\.[A-Z][a-zA-Z]+|&&|\|\||[!()]")
_TERM = re.compile(rf"({_NAME}?\.[A-Z][a-zA-Z]+)|({_NAME})")


class UnknownResultError(LanguageError):
    """A task is asked for a result that no task has."""

    def __init__(self, task: str, result: str) -> None:
        self.task = task
        self.result = result
        super().__init__(f"task result '{result}' for task '{task}' is invalid")


@dataclass(frozen=True)
class Depends:
    """A parsed `depends`.

    Attributes:
        text: The expression as it was written.
        names: The tasks that it names, in order, each once.
        of_items: Those of them that are asked about their items (AnySucceeded, AllFailed).
        logic: The expression with every bare name written out.
    """

    text: str
    names: tuple[str, ...]
    of_items: frozenset[str]
    logic: str

    def evaluate(self, results: Mapping[str, Collection[str]]) -> bool:
        """Decide, given the results that hold for each task that is named.

        Raises:
            ExpressionError: it is no expression, or not one of true and false.
        """
        tokens = _TOKEN.findall(self.logic)
        decision = _Decision(tokens, results)
        if "".join(tokens) != "".join(self.logic.split()) or not decision.complete():
            return self._as_expression(results)
        return decision.value

    def _as_expression(self, results: Mapping[str, Collection[str]]) -> bool:
        from workflows.runner.language import expr

        logic = self.logic.replace("-", "_")
        scope = {
            name.replace("-", "_"): {r: r in results.get(name, ()) for r in RESULTS}
            for name in self.names
        }
        try:
            value = expr.evaluate(logic, scope)
        except ExpressionError as error:
            raise ExpressionError(f"unable to evaluate expression '{logic}': {error}") from error
        if not isinstance(value, bool):
            raise ExpressionError(
                f"unable to evaluate expression '{logic}': "
                f"unable to cast expression result '{value}' to bool"
            )
        return value


class _Decision:
    """Decides a `depends` that is made of names, &&, ||, ! and parentheses alone."""

    def __init__(self, tokens: list[str], results: Mapping[str, Collection[str]]) -> None:
        self.tokens = [*tokens, ""]
        self.position = 0
        self.results = results
        self.value = False

    def complete(self) -> bool:
        """Decide, and tell whether everything was understood."""
        try:
            self.value = self._either()
        except LookupError:
            return False
        return not self.tokens[self.position]

    def _next_is(self, token: str) -> bool:
        if self.tokens[self.position] != token:
            return False
        self.position += 1
        return True

    def _either(self) -> bool:
        value = self._both()
        while self._next_is("||"):
            value = self._both() or value
        return value

    def _both(self) -> bool:
        value = self._one()
        while self._next_is("&&"):
            value = self._one() and value
        return value

    def _one(self) -> bool:
        if self._next_is("!"):
            return not self._one()
        if self._next_is("("):
            value = self._either()
            if not self._next_is(")"):
                raise LookupError("a parenthesis is open")
            return value
        name, dot, result = self.tokens[self.position].partition(".")
        if not dot:
            raise LookupError("this is no result of a task")
        self.position += 1
        return result in self.results.get(name, ())


def parse(text: str) -> Depends:
    """Parse a `depends`.

    Raises:
        UnknownResultError: it asks for a result that does not exist.
    """
    names: dict[str, bool] = {}
    for match in _TERM.finditer(text):
        name, _, result = match.group().partition(".")
        if result and result not in RESULTS:
            raise UnknownResultError(name, result)
        names[name] = names.get(name, False) or result in OF_ITEMS
    of_items = frozenset(name for name, asked in names.items() if asked)
    return Depends(text, tuple(names), of_items, _TERM.sub(_written_out, text))


def bare(name: str, *, errored: bool = False, failed: bool = False) -> str:
    """Write out what a bare task name means, with what its continueOn adds."""
    also = (("Errored",) if errored else ()) + (("Failed",) if failed else ())
    return "(" + " || ".join(f"{name}.{result}" for result in (*BARE, *also)) + ")"


def _written_out(match: re.Match[str]) -> str:
    return match[1] or bare(match[2])
