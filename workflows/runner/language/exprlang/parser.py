"""Parses an expression into its syntax tree."""

import functools

from workflows.runner.language.errors import ExpressionError
from workflows.runner.language.exprlang import nodes
from workflows.runner.language.exprlang.lexer import (
    BRACKET,
    BYTES,
    END,
    IDENTIFIER,
    NUMBER,
    OPERATOR,
    STRING,
    Token,
)
from workflows.runner.language.exprlang.literals import number
from workflows.runner.language.exprlang.postfix import postfix
from workflows.runner.language.exprlang.precedence import (
    BINARY,
    COMPARISONS,
    NEGATED,
    RIGHT,
    UNARY,
)
from workflows.runner.language.exprlang.signatures import BUILTINS, PREDICATES
from workflows.runner.language.exprlang.stream import Stream

_MOST_NODES = 10_000


@functools.lru_cache(maxsize=1024)
def parse(source: str) -> nodes.Node:
    """Parse an expression.

    Raises:
        ExpressionError: it is malformed.
    """
    try:
        return _Parser(source).run()
    except RecursionError as error:
        raise ExpressionError("the expression is nested too deeply") from error


class _Parser:
    """A parser of operator precedence over the tokens of one expression."""

    def __init__(self, source: str) -> None:
        self.tokens = Stream(source)
        self.depth = 0
        if len(self.tokens) > _MOST_NODES:
            raise self.tokens.error("compilation failed: expression exceeds maximum allowed nodes")

    def run(self) -> nodes.Node:
        node = self._sequence()
        if self.tokens.current.kind != END:
            raise self.tokens.unexpected()
        return node

    def _sequence(self) -> nodes.Node:
        items = [self._expression(0)]
        while self.tokens.at(OPERATOR, ";"):
            self.tokens.next()
            if self.tokens.current.kind == END:
                break
            items.append(self._expression(0))
        return items[0] if len(items) == 1 else nodes.Sequence(items[0].at, tuple(items))

    def _expression(self, precedence: int) -> nodes.Node:
        if precedence == 0 and self.tokens.at(OPERATOR, "let"):
            return self._let()
        if precedence == 0 and self.tokens.at(OPERATOR, "if"):
            return self._if()
        left = self._primary()
        previous = ""
        while self.tokens.current.kind == OPERATOR:
            token = self.tokens.current
            negation = None
            if token.value == "not":
                following = self.tokens.following
                if following.value not in NEGATED:
                    self.tokens.next()
                    raise self.tokens.unexpected()
                if BINARY[following.value] < precedence:
                    break
                negation = token = following
                self.tokens.next()
            if BINARY.get(token.value, -1) < precedence:
                break
            left = self._operation(left, self.tokens.next(), previous)
            if negation is not None and token.value not in COMPARISONS:
                left = nodes.Unary(negation.at, "not", left)
            previous = token.value
        return self._conditional(left) if precedence == 0 else left

    def _operation(self, left: nodes.Node, token: Token, previous: str) -> nodes.Node:
        operator, precedence = token.value, BINARY[token.value]
        if operator == "|":
            return self._call(self.tokens.expect(IDENTIFIER), (left,))
        if previous == "??" and operator != "??":
            raise self.tokens.error(
                f"Operator ({operator}) and coalesce expressions (??) cannot be mixed. "
                "Wrap either by parentheses.",
                token.at,
            )
        if operator in COMPARISONS:
            return self._comparison(left, token, precedence)
        right = self._expression(precedence if operator in RIGHT else precedence + 1)
        return nodes.Binary(token.at, operator, left, right)

    def _comparison(self, left: nodes.Node, token: Token, precedence: int) -> nodes.Node:
        whole: nodes.Node | None = None
        while True:
            right = self._expression(precedence + 1)
            one = nodes.Binary(token.at, token.value, left, right)
            whole = one if whole is None else nodes.Binary(token.at, "&&", whole, one)
            left, token = right, self.tokens.current
            if not self.tokens.at(OPERATOR, *COMPARISONS):
                return whole
            self.tokens.next()

    def _let(self) -> nodes.Node:
        self.tokens.next()
        name = self.tokens.expect(IDENTIFIER)
        self.tokens.expect(OPERATOR, "=")
        value = self._expression(0)
        self.tokens.expect(OPERATOR, ";")
        return nodes.Let(name.at, name.value, value, self._sequence())

    def _if(self) -> nodes.Node:
        self.tokens.next()
        condition = self._expression(0)
        then = self._block()
        self.tokens.expect(OPERATOR, "else")
        otherwise = self._if() if self.tokens.at(OPERATOR, "if") else self._block()
        return nodes.Conditional(0, condition, then, otherwise)

    def _block(self) -> nodes.Node:
        self.tokens.expect(BRACKET, "{")
        body = self._sequence()
        self.tokens.expect(BRACKET, "}")
        return body

    def _conditional(self, node: nodes.Node) -> nodes.Node:
        while self.tokens.at(OPERATOR, "?"):
            self.tokens.next()
            then = node
            if not self.tokens.at(OPERATOR, ":"):
                then = self._expression(0)
            self.tokens.expect(OPERATOR, ":")
            otherwise = self._expression(0)
            node = nodes.Conditional(self.tokens.current.at, node, then, otherwise)
        return node

    def _primary(self) -> nodes.Node:
        token = self.tokens.current
        if token.kind == OPERATOR and token.value in UNARY:
            self.tokens.next()
            operand = self._expression(UNARY[token.value])
            return self._postfix(nodes.Unary(token.at, token.value, operand))
        if self.tokens.at(BRACKET, "("):
            self.tokens.next()
            inner = self._sequence()
            self.tokens.expect(BRACKET, ")")
            return self._postfix(inner)
        if self.depth > 0 and self.tokens.at(OPERATOR, "#", "."):
            return self._pointer(token)
        if self.tokens.at(OPERATOR, "::"):
            self.tokens.next()
            return self._postfix(self._call(self.tokens.expect(IDENTIFIER), ()))
        return self._secondary(token)

    def _pointer(self, token: Token) -> nodes.Node:
        name = ""
        if token.value == "#":
            self.tokens.next()
            if self.tokens.at(IDENTIFIER):
                name = self.tokens.next().value
        return self._postfix(nodes.Pointer(token.at, name))

    def _secondary(self, token: Token) -> nodes.Node:
        if token.kind == NUMBER:
            self.tokens.next()
            return nodes.Constant(token.at, number(token, self.tokens.source))
        if token.kind == IDENTIFIER:
            self.tokens.next()
            if token.value in ("true", "false", "nil"):
                value = None if token.value == "nil" else token.value == "true"
                return nodes.Constant(token.at, value)
            if self.tokens.at(BRACKET, "("):
                return self._postfix(self._call(token, ()))
            return self._postfix(nodes.Name(token.at, token.value))
        if token.kind in (STRING, BYTES):
            self.tokens.next()
            text = token.value
            return self._postfix(
                nodes.Constant(token.at, text if token.kind == STRING else text.encode("latin-1"))
            )
        if self.tokens.at(BRACKET, "["):
            return self._postfix(self._array(token))
        if self.tokens.at(BRACKET, "{"):
            return self._postfix(self._map(token))
        raise self.tokens.unexpected()

    def _call(self, name: Token, piped: tuple[nodes.Node, ...]) -> nodes.Node:
        if name.value in PREDICATES:
            return self._predicate_call(name, piped)
        arguments = (*piped, *self._arguments())
        if name.value in BUILTINS:
            return nodes.Builtin(name.at, name.value, arguments)
        return nodes.Call(name.at, nodes.Name(name.at, name.value), arguments)

    def _predicate_call(self, name: Token, piped: tuple[nodes.Node, ...]) -> nodes.Node:
        self.tokens.expect(BRACKET, "(")
        arguments = list(piped)
        wanted = PREDICATES[name.value][len(piped) :]
        for index, kind in enumerate(wanted):
            if self.tokens.at(BRACKET, ")"):
                if kind.endswith("?"):
                    break
                raise self.tokens.error(f"expected at least {len(wanted)} arguments")
            if index:
                self.tokens.expect(OPERATOR, ",")
            is_predicate = kind.startswith("predicate")
            arguments.append(self._predicate() if is_predicate else self._expression(0))
        if self.tokens.at(OPERATOR, ","):
            self.tokens.next()
        self.tokens.expect(BRACKET, ")")
        return nodes.Builtin(name.at, name.value, tuple(arguments))

    def _predicate(self) -> nodes.Node:
        start = self.tokens.current
        self.depth += 1
        if self.tokens.at(BRACKET, "{"):
            self.tokens.next()
            body = self._sequence()
            self.depth -= 1
            self.tokens.expect(BRACKET, "}")
            return nodes.Predicate(start.at, body)
        body = self._expression(0)
        if self.tokens.at(OPERATOR, ";"):
            raise self.tokens.error("wrap predicate with brackets { and }")
        self.depth -= 1
        return nodes.Predicate(start.at, body)

    def _arguments(self) -> tuple[nodes.Node, ...]:
        self.tokens.expect(BRACKET, "(")
        return self._items(")")

    def _array(self, token: Token) -> nodes.Node:
        self.tokens.next()
        return nodes.Array(token.at, self._items("]"))

    def _items(self, closing: str) -> tuple[nodes.Node, ...]:
        items: list[nodes.Node] = []
        while not self.tokens.at(BRACKET, closing):
            if items:
                self.tokens.expect(OPERATOR, ",")
                if self.tokens.at(BRACKET, closing):
                    break
            items.append(self._expression(0))
        self.tokens.expect(BRACKET, closing)
        return tuple(items)

    def _map(self, token: Token) -> nodes.Node:
        self.tokens.next()
        pairs: list[tuple[nodes.Node, nodes.Node]] = []
        while not self.tokens.at(BRACKET, "}"):
            if pairs:
                self.tokens.expect(OPERATOR, ",")
                if self.tokens.at(BRACKET, "}"):
                    break
            key = self._key()
            self.tokens.expect(OPERATOR, ":")
            pairs.append((key, self._expression(0)))
        self.tokens.expect(BRACKET, "}")
        return nodes.Map(token.at, tuple(pairs))

    def _key(self) -> nodes.Node:
        token = self.tokens.current
        if token.kind in (NUMBER, STRING, IDENTIFIER):
            self.tokens.next()
            return nodes.Constant(token.at, token.value)
        if self.tokens.at(BRACKET, "("):
            return self._expression(0)
        raise self.tokens.error(
            "a map key must be a quoted string, a number, a identifier, or an expression "
            f"enclosed in parentheses (unexpected token {token})"
        )

    def _postfix(self, node: nodes.Node) -> nodes.Node:
        return postfix(self.tokens, node, self._expression, self._arguments)
