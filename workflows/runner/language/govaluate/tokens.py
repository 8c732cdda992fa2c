"""The tokens of a `when`, and which kind may follow which."""

from typing import Any, NamedTuple

from workflows.runner.language.errors import ConditionError
from workflows.runner.language.go.gofmt import sprint

_VALUES = "NUMERIC BOOLEAN VARIABLE FUNCTION ACCESSOR STRING TIME CLAUSE"
_AFTER_VALUE = "MODIFIER COMPARATOR LOGICALOP CLAUSE_CLOSE SEPARATOR"

# Kind: (may end the whole, kinds that may follow).
GRAMMAR: dict[str, tuple[bool, frozenset[str]]] = {
    kind: (ends, frozenset(following.split()))
    for kind, ends, following in (
        ("UNKNOWN", False, f"PREFIX PATTERN {_VALUES}"),
        ("CLAUSE", False, f"PREFIX PATTERN CLAUSE_CLOSE {_VALUES}"),
        (
            "CLAUSE_CLOSE",
            True,
            f"{_AFTER_VALUE} TERNARY NUMERIC BOOLEAN VARIABLE STRING PATTERN TIME CLAUSE",
        ),
        ("NUMERIC", True, f"{_AFTER_VALUE} TERNARY"),
        ("BOOLEAN", True, f"{_AFTER_VALUE} TERNARY"),
        ("STRING", True, f"{_AFTER_VALUE} TERNARY"),
        ("TIME", True, _AFTER_VALUE),
        ("PATTERN", True, _AFTER_VALUE),
        ("VARIABLE", True, f"{_AFTER_VALUE} TERNARY"),
        (
            "MODIFIER",
            False,
            "PREFIX NUMERIC VARIABLE FUNCTION ACCESSOR STRING BOOLEAN CLAUSE CLAUSE_CLOSE",
        ),
        ("COMPARATOR", False, f"PREFIX CLAUSE_CLOSE PATTERN {_VALUES}"),
        ("LOGICALOP", False, f"PREFIX CLAUSE_CLOSE {_VALUES}"),
        (
            "PREFIX",
            False,
            "NUMERIC BOOLEAN VARIABLE FUNCTION ACCESSOR CLAUSE CLAUSE_CLOSE",
        ),
        ("TERNARY", False, f"PREFIX SEPARATOR {_VALUES}"),
        ("ACCESSOR", True, f"CLAUSE TERNARY {_AFTER_VALUE}"),
        ("SEPARATOR", False, f"PREFIX {_VALUES}"),
    )
}

PREFIXES = ("-", "!", "~")
MODIFIERS = ("+", "-", "*", "/", "%", "**", "&", "|", "^", ">>", "<<")
LOGICAL = ("&&", "||")
COMPARATORS = ("==", "!=", ">", ">=", "<", "<=", "=~", "!~", "in")
TERNARY = ("?", ":", "??")


class Token(NamedTuple):
    """A piece of a condition."""

    kind: str
    value: Any

    @property
    def shown(self) -> str:
        """The value as Go's %v prints it; a parenthesis is printed as its number."""
        if self.kind in ("CLAUSE", "CLAUSE_CLOSE"):
            return str(ord(self.value))
        return sprint(self.value)


def check_balance(tokens: list[Token]) -> None:
    """Refuse parentheses that do not pair up.

    Raises:
        ConditionError: there are more of one than of the other.
    """
    kinds = [token.kind for token in tokens]
    if kinds.count("CLAUSE") != kinds.count("CLAUSE_CLOSE"):
        raise ConditionError("Unbalanced parenthesis")


def check_order(tokens: list[Token]) -> None:
    """Refuse tokens that cannot follow one another.

    Raises:
        ConditionError: it names the two kinds.
    """
    last = Token("UNKNOWN", None)
    for token in tokens:
        if token.kind not in GRAMMAR[last.kind][1]:
            if last.kind == "VARIABLE" and token.kind == "CLAUSE":
                raise ConditionError(f"Undefined function {last.value}")
            raise ConditionError(
                f"Cannot transition token types from {last.kind} [{last.shown}] "
                f"to {token.kind} [{token.shown}]"
            )
        last = token
    if not GRAMMAR[last.kind][0]:
        raise ConditionError("Unexpected end of expression")
