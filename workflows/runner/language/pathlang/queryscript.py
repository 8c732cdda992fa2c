"""The conditions and sums inside a JSONPath: `@.price > 10 && @.name`, `@.length-1`."""

import json
import re
from typing import Any

from workflows.runner.language.errors import PathError

_PAIRS = {"(": ")", "[": "]"}
_COMPARISONS = ("==", "!=", "<=", ">=", "=~", "<", ">")
_ADDED = re.compile(r"(.+?)\s*([+*/-])\s*(\d+(?:\.\d+)?)", re.ASCII)


def split(text: str, separator: str) -> list[str]:
    """Split outside of quotes and brackets."""
    parts, depth, quote, start, place = [], 0, "", 0, 0
    while place < len(text):
        here = text[place]
        if quote:
            quote = "" if here == quote and text[place - 1] != "\\" else quote
        elif here in "'\"":
            quote = here
        elif here in _PAIRS or here in _PAIRS.values():
            depth += 1 if here in _PAIRS else -1
        elif depth == 0 and text.startswith(separator, place):
            parts.append(text[start:place])
            place += len(separator)
            start = place
            continue
        place += 1
    return [*parts, text[start:]]


def holds(text: str, current: Any, root: Any) -> bool:
    """Decide a condition; something that is there counts as true, except empty text."""
    try:
        value = evaluate(text, current, root)
    except PathError:
        return False
    if isinstance(value, bool):
        return value
    return value is not None and value != ""


def evaluate(text: str, current: Any, root: Any) -> Any:
    """Compute a condition, a sum, a path or a literal.

    Raises:
        PathError: it is malformed or names what is not there.
    """
    text = text.strip()
    for sign, decide in (("||", any), ("&&", all)):
        parts = split(text, sign)
        if len(parts) > 1:
            return decide(holds(part, current, root) for part in parts)
    for sign in _COMPARISONS:
        parts = split(text, sign)
        if len(parts) == 2:
            return _compared(sign, *(_operand(part, current, root) for part in parts))
    if text.startswith("!"):
        return not holds(text[1:], current, root)
    if text.startswith("(") and text.endswith(")"):
        return evaluate(text[1:-1], current, root)
    return _value(text, current, root)


def _operand(text: str, current: Any, root: Any) -> Any:
    try:
        return evaluate(text, current, root)
    except PathError:
        return None


def _value(text: str, current: Any, root: Any) -> Any:
    from workflows.runner.language.pathlang import querypath

    added = _ADDED.fullmatch(text)
    if added and text[0] in "@$":
        left = evaluate(added[1], current, root)
        if not isinstance(left, (int, float)):
            raise PathError(f"invalid expression. '{text}' is no sum of numbers")
        right = float(added[3])
        results = {"+": left + right, "-": left - right, "*": left * right}
        return results.get(added[2], left / right if right else 0.0)
    if text.startswith(("@", "$")):
        return querypath.walk(querypath.parse(text), current if text[0] == "@" else root, root)
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"/":
        return text[1:-1]
    try:
        return json.loads({"nil": "null"}.get(text, text))
    except ValueError as error:
        raise PathError(f"invalid expression. '{text}' has no value") from error


def _compared(sign: str, left: Any, right: Any) -> bool:
    if sign == "==":
        return bool(left == right)
    if sign == "!=":
        return bool(left != right)
    if sign == "=~":
        return False  # The library has no such operator, and finds nothing.
    numbers = all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in (left, right))
    if not numbers and not (isinstance(left, str) and isinstance(right, str)):
        return False
    results = {"<": left < right, ">": left > right, "<=": left <= right}
    return bool(results.get(sign, left >= right))
