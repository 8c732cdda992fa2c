"""What may follow a value: `.name`, `?.name`, `[index]`, `[low:high]`, a method call."""

from collections.abc import Callable

from workflows.runner.language.exprlang import nodes
from workflows.runner.language.exprlang.lexer import BRACKET, IDENTIFIER, OPERATOR
from workflows.runner.language.exprlang.stream import Stream

Expression = Callable[[int], nodes.Node]
Arguments = Callable[[], tuple[nodes.Node, ...]]


def postfix(
    tokens: Stream, node: nodes.Node, expression: Expression, arguments: Arguments
) -> nodes.Node:
    """Parse what follows a value, as long as something does."""
    while tokens.at(OPERATOR, ".", "?.") or tokens.at(BRACKET, "["):
        token = tokens.next()
        optional = token.value == "?."
        if optional and tokens.at(BRACKET, "["):
            token = tokens.next()
        if token.value == "[":
            node = _subscript(tokens, node, expression, at=token.at, optional=optional)
        else:
            node = _named(tokens, node, arguments, optional=optional)
    return node


def _named(tokens: Stream, node: nodes.Node, arguments: Arguments, *, optional: bool) -> nodes.Node:
    token = tokens.next()
    if token.kind != IDENTIFIER and not (token.kind == OPERATOR and token.value[:1].isalpha()):
        raise tokens.error("expected name")
    chained = isinstance(node, nodes.Chain)
    base = node.inner if isinstance(node, nodes.Chain) else node
    key = nodes.Constant(token.at, token.value)
    is_call = tokens.at(BRACKET, "(")
    result: nodes.Node = nodes.Member(token.at, base, key, optional, is_call)
    if is_call:
        result = nodes.Call(token.at, result, arguments())
    return nodes.Chain(token.at, result) if chained or optional else result


def _subscript(
    tokens: Stream, node: nodes.Node, expression: Expression, *, at: int, optional: bool
) -> nodes.Node:
    low = None if tokens.at(OPERATOR, ":") else expression(0)
    if tokens.at(OPERATOR, ":"):
        tokens.next()
        high = None if tokens.at(BRACKET, "]") else expression(0)
        tokens.expect(BRACKET, "]")
        return nodes.Slice(at, node, low, high)
    if low is None:
        raise tokens.unexpected()
    tokens.expect(BRACKET, "]")
    member = nodes.Member(at, node, low, optional)
    return nodes.Chain(at, member) if optional else member
