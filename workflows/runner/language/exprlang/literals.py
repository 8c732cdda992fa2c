"""Number literals of expressions."""

import math
import re

from workflows.runner.language.exprlang.faults import placed
from workflows.runner.language.exprlang.lexer import Token
from workflows.runner.language.go.gotext import quote

_FLOAT = re.compile(r"(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.ASCII)
_KINDS = {"0x": ("hex", 16), "0b": ("binary", 2), "0o": ("octal", 8)}


def number(token: Token, source: str) -> int | float:
    """Read a number: with a dot or an exponent it is a float.

    Raises:
        ExpressionError: it is malformed or too large.
    """
    text = token.value.replace("_", "")
    lower = text.lower()
    kind, base = _KINDS.get(lower[:2], ("integer", 10))
    if kind != "hex" and ("." in lower or "e" in lower):
        if not _FLOAT.fullmatch(lower) or math.isinf(float(lower)):
            raise placed(f"invalid float literal: {text}", source, token.at)
        return float(lower)
    digits = text if base == 10 else text[2:]
    try:
        value = int(digits, base)
    except ValueError:
        value = None
    if value is None or value >= 2**63:
        reason = "invalid syntax" if value is None else "value out of range"
        raise placed(
            f"invalid {kind} literal: strconv.ParseInt: parsing {quote(text)}: {reason}",
            source,
            token.at,
        )
    return value
