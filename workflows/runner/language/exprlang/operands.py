"""Which types the operators of expressions take, and what they give."""

from workflows.runner.language.exprlang import nodes, types
from workflows.runner.language.exprlang.types import Type, perhaps
from workflows.runner.language.go import goregex

_ORDERED = ("string", "time", "duration")


def binary_type(node: nodes.Binary, left: Type, right: Type) -> Type | None:
    """Give the type of an operation; None when the operands do not go together.

    Raises:
        ValueError: for an operator with words of its own.
    """
    sign = node.operator
    if sign in ("==", "!="):
        return types.BOOL if types.comparable(left, right) else None
    if sign in ("or", "||", "and", "&&"):
        both = left.kind == right.kind == "bool"
        return types.BOOL if both or perhaps(left, right, "bool") else None
    if sign in ("<", ">", "<=", ">="):
        return _ordering(left, right)
    if sign in ("+", "-", "*"):
        return _arithmetic(sign, left, right)
    if sign in ("/", "**", "^"):
        fits = (left.is_number and right.is_number) or perhaps(left, right, "int", "float")
        return types.FLOAT if fits else None
    if sign in ("%", ".."):
        if not (left.kind == right.kind == "int" or perhaps(left, right, "int")):
            return None
        return types.INT if sign == "%" else types.array_of(types.INT)
    if sign == "in":
        return _membership(left, right)
    if sign == "??":
        return _coalesced(left, right)
    return _textual(node, left, right)


def _ordering(left: Type, right: Type) -> Type | None:
    if left.is_number and right.is_number:
        return types.BOOL
    if left.kind == right.kind and left.kind in _ORDERED:
        return types.BOOL
    return types.BOOL if perhaps(left, right, "int", "float", *_ORDERED) else None


def _arithmetic(sign: str, left: Type, right: Type) -> Type | None:
    if left.is_number and right.is_number:
        return types.FLOAT if "float" in (left.kind, right.kind) else types.INT
    pair = left.kind, right.kind
    exact = {
        ("+", "string", "string"): types.STRING,
        ("+", "time", "duration"): types.TIME,
        ("+", "duration", "time"): types.TIME,
        ("+", "duration", "duration"): types.DURATION,
        ("-", "time", "time"): types.DURATION,
        ("-", "time", "duration"): types.TIME,
        ("-", "duration", "duration"): types.DURATION,
        ("*", "duration", "duration"): types.DURATION,
    }.get((sign, *pair))
    if exact is not None:
        return exact
    if sign == "*" and "duration" in pair and (left.is_number or right.is_number):
        return types.DURATION
    others = {"+": _ORDERED, "-": ("time", "duration"), "*": ("duration",)}[sign]
    return types.UNKNOWN if perhaps(left, right, "int", "float", *others) else None


def _membership(left: Type, right: Type) -> Type | None:
    if right.kind == "map":
        if right is types.MAP and left.kind != "string" and not left.is_unknown:
            raise ValueError(f"cannot use {left.name} as type string in map key")
        return types.BOOL
    if right.kind in ("array", "bytes"):
        element = right.elements()
        if not types.comparable(left, element):
            raise ValueError(f"cannot use {left.name} as type {element.name} in array")
        return types.BOOL
    if right.is_unknown or (left.is_unknown and right.kind == "string"):
        return types.BOOL
    return None


def _coalesced(left: Type, right: Type) -> Type:
    if left.kind == "nil":
        return right
    if right.kind == "nil" or types.assignable(right, left):
        return left
    return types.UNKNOWN


def _textual(node: nodes.Binary, left: Type, right: Type) -> Type | None:
    pattern = node.right.value if isinstance(node.right, nodes.Constant) else None
    if node.operator == "matches" and isinstance(pattern, str):
        goregex.compile(pattern)
    texts = ("string", "bytes") if node.operator == "matches" else ("string",)
    if left.kind in texts and right.kind == "string":
        return types.BOOL
    return types.BOOL if perhaps(left, right, "string") else None
