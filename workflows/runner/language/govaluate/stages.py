"""The tree of a `when`: planned right to left, then turned round, as govaluate does."""

from dataclasses import dataclass
from typing import Any

from workflows.runner.language.errors import ConditionError
from workflows.runner.language.govaluate.operations import FORMATS
from workflows.runner.language.govaluate.tokens import Token

# Loosest first: kind of token, symbols, and which message a wrong type gets.
_LEVELS: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("SEPARATOR", (",",), ""),
    ("TERNARY", ("?", ":", "??"), "ternary"),
    ("LOGICALOP", ("||",), "logical"),
    ("LOGICALOP", ("&&",), "logical"),
    ("COMPARATOR", ("==", "!=", ">", ">=", "<", "<=", "=~", "!~", "in"), "comparator"),
    ("MODIFIER", ("^", "&", "|"), "modifier"),
    ("MODIFIER", (">>", "<<"), "modifier"),
    ("MODIFIER", ("+", "-"), "modifier"),
    ("MODIFIER", ("*", "/", "%"), "modifier"),
    ("MODIFIER", ("**",), "modifier"),
)
_PRECEDENCE = {symbol: level for level, (_, symbols, _) in enumerate(_LEVELS) for symbol in symbols}
_VALUE, _CLAUSE, _PREFIX, _ACCESS = -1, -2, -3, -4


@dataclass(eq=False)
class Stage:
    """An operation, or a value when `symbol` is one of literal, variable and access."""

    symbol: str
    left: "Stage | None" = None
    right: "Stage | None" = None
    value: Any = None
    message: str = ""

    @property
    def precedence(self) -> int:
        """Which operations it can be chained with."""
        if self.symbol == "clause":
            return _CLAUSE
        if self.symbol.startswith("prefix"):
            return _PREFIX
        return _ACCESS if self.symbol == "access" else _PRECEDENCE.get(self.symbol, _VALUE)

    def swap(self, other: "Stage") -> None:
        """Exchange everything but what is below."""
        for name in ("symbol", "value", "message"):
            mine, others = getattr(self, name), getattr(other, name)
            setattr(self, name, others)
            setattr(other, name, mine)


def plan(tokens: list[Token]) -> Stage | None:
    """Make the tree of a list of tokens.

    Raises:
        ConditionError: a token stands where no value can be made of it.
    """
    stage = _Planner(tokens).level(0)
    if stage is not None:
        _reorder(stage)
    return stage


class _Planner:
    """A stream of tokens that can go back."""

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.position = 0

    def _more(self) -> bool:
        return self.position < len(self.tokens)

    def _next(self) -> Token:
        self.position += 1
        return self.tokens[self.position - 1]

    def level(self, level: int) -> Stage | None:
        """Plan the operators of one level and all that bind tighter."""
        if level == len(_LEVELS):
            return self._operand()
        kind, symbols, message = _LEVELS[level]
        left = self.level(level + 1)
        if self._more():
            token = self._next()
            if token.kind == kind and token.value in symbols:
                right = self.level(level)
                return Stage(token.value, left, right, None, FORMATS.get(message, ""))
        self.position -= 1
        return left

    def _operand(self) -> Stage | None:
        if not self._more():
            return None
        token = self._next()
        if token.kind == "CLAUSE":
            inner = self.level(0)
            self.position += 1
            return Stage("clause", None, inner)
        if token.kind == "CLAUSE_CLOSE":
            self.position -= 1
            return None
        if token.kind == "PREFIX":
            right = self._operand()
            return Stage(f"prefix {token.value}", None, right, None, FORMATS["prefix"])
        if token.kind == "ACCESSOR":
            return self._access(token)
        if token.kind == "VARIABLE":
            return Stage("variable", None, None, token.value)
        if token.kind == "TIME":
            return Stage("literal", None, None, float(token.value.nanoseconds // 10**9))
        if token.kind in ("NUMERIC", "STRING", "PATTERN", "BOOLEAN"):
            return Stage("literal", None, None, token.value)
        raise ConditionError(f"Unable to plan token kind: '{token.kind}', value: '{token.shown}'")

    def _access(self, token: Token) -> Stage:
        right = None
        if self._more() and self.tokens[self.position].kind == "CLAUSE":
            right = self.level(0)
        return Stage("access", None, right, token.value)


def _reorder(root: Stage) -> None:
    """Turn chains of one precedence round, since they were planned from the right."""
    chain: list[Stage] = []
    precedence = root.precedence
    stage: Stage | None = root
    while stage is not None:
        following = stage.right
        if stage.left is not None:
            _reorder(stage.left)
        if stage.precedence == precedence:
            chain.append(stage)
        else:
            if len(chain) > 1:
                _mirror(chain)
            chain, precedence = [stage], stage.precedence
        stage = following
    if len(chain) > 1:
        _mirror(chain)


def _mirror(chain: list[Stage]) -> None:
    size = len(chain)
    for stage in chain:
        stage.left, stage.right = stage.right, stage.left
    root, last = chain[0], chain[-1]
    last.left, root.right = root.right, last.left
    for index in range((size - 2) // 2 + 1):
        front, back = chain[index + 1], chain[size - index - 1]
        front.right, back.right = back.right, front.right
    for index in range(size // 2):
        chain[index].swap(chain[size - index - 1])
