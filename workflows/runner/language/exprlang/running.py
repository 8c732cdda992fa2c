"""Computes the value of a syntax tree."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from workflows.runner.language.exprlang import functions, nodes, operators
from workflows.runner.language.exprlang.access import fetch, sliced
from workflows.runner.language.exprlang.faults import FaultError
from workflows.runner.language.exprlang.predicates import LOOPS, Scope
from workflows.runner.language.exprlang.values import as_bool, expected, is_nil, type_name

# What one run may make of elements and characters, and what makes them.
_MOST_MADE = 1_000_000
_MAKES = frozenset(("map", "filter", "sortBy", "reverse", "concat", "flatten", "sort", "repeat"))


class _NilInChainError(Exception):
    """A `?.` met nil: the whole chain is nil."""


class Machine:
    """Runs one expression once.

    Attributes:
        at: Where the operation being done stands in the source, for messages.
        made: How many elements and characters were made so far.
    """

    def __init__(self, environment: Mapping[str, Any]) -> None:
        self.environment = environment
        self.variables: list[tuple[str, Any]] = []
        self.scopes: list[Scope] = []
        self.at = 0
        self.made = 0

    def _counted(self, made: Any) -> Any:
        """Give what was made back, unless too much has been made by now."""
        self.made += len(made)
        if self.made >= _MOST_MADE:
            raise FaultError("memory budget exceeded")
        return made

    def value(self, node: nodes.Node) -> Any:
        """Compute one node."""
        return _VISITORS[type(node)](self, node)

    def constant(self, node: nodes.Constant) -> Any:
        return node.value

    def name(self, node: nodes.Name) -> Any:
        for name, value in reversed(self.variables):
            if name == node.name:
                return value
        if node.name == "$env":
            return self.environment
        self.at = node.at
        return self.environment.get(node.name)

    def unary(self, node: nodes.Unary) -> Any:
        operand = self.value(node.operand)
        self.at = node.at
        if node.operator in ("!", "not"):
            return not as_bool(operand)
        return operators.negate(operand) if node.operator == "-" else operand

    def binary(self, node: nodes.Binary) -> Any:
        operator = node.operator
        if operator in ("&&", "and", "||", "or"):
            return self._logical(node, decided_by=operator in ("||", "or"))
        left = self.value(node.left)
        if operator == "??":
            return self.value(node.right) if is_nil(left) else left
        right = self.value(node.right)
        self.at = node.at
        result = operators.BINARY[operator](left, right)
        return self._counted(result) if operator == ".." else result

    def _logical(self, node: nodes.Binary, *, decided_by: bool) -> Any:
        # A literal on the right is folded away before the left one is looked at.
        right = node.right.value if isinstance(node.right, nodes.Constant) else None
        if isinstance(right, bool):
            return decided_by if right is decided_by else self.value(node.left)
        left = self.value(node.left)
        self.at = node.at
        return left if as_bool(left) is decided_by else self.value(node.right)

    def member(self, node: nodes.Member) -> Any:
        base = self.value(node.base)
        if node.optional and is_nil(base):
            raise _NilInChainError
        key = self.value(node.key)
        self.at = node.at
        return fetch(base, key)

    def chain(self, node: nodes.Chain) -> Any:
        try:
            return self.value(node.inner)
        except _NilInChainError:
            return None

    def slice(self, node: nodes.Slice) -> Any:
        base = self.value(node.base)
        high = None if node.high is None else self.value(node.high)
        low = None if node.low is None else self.value(node.low)
        self.at = node.at
        return sliced(base, low, high)

    def call(self, node: nodes.Call) -> Any:
        arguments = [self.value(argument) for argument in node.arguments]
        callee = self.value(node.callee)
        self.at = node.at
        if callee is None:
            raise FaultError("invalid operation: cannot call nil")
        if not callable(callee):
            raise FaultError(
                "invalid operation: cannot call non-function of type " + type_name(callee)
            )
        return callee(*arguments)

    def builtin(self, node: nodes.Builtin) -> Any:
        loop = LOOPS.get(node.name)
        if loop is None:
            arguments = [self.value(argument) for argument in node.arguments]
            self.at = node.at
            result = functions.TABLE[node.name](*arguments)
            return self._counted(result) if node.name in _MAKES else result
        collection = self.value(node.arguments[0])
        self.at = node.at
        scope = Scope(collection)
        rest = node.arguments[1:]
        extra = [self.value(argument) for argument in rest[1:]]
        self.scopes.append(scope)
        try:
            result = loop(scope, self._body(node, rest), extra)
            return self._counted(result) if node.name in _MAKES else result
        finally:
            self.scopes.pop()

    def _body(self, node: nodes.Builtin, rest: Sequence[nodes.Node]) -> Callable[[], Any] | None:
        if not rest:
            return None
        body = rest[0].body if isinstance(rest[0], nodes.Predicate) else rest[0]

        def compute() -> Any:
            value = self.value(body)
            self.at = node.at
            return value

        return compute

    def pointer(self, node: nodes.Pointer) -> Any:
        scope = self.scopes[-1]
        self.at = node.at
        if node.name == "index":
            return scope.index
        return scope.accumulated if node.name == "acc" else scope.item()

    def conditional(self, node: nodes.Conditional) -> Any:
        condition = self.value(node.condition)
        self.at = node.at
        return self.value(node.then if as_bool(condition) else node.otherwise)

    def let(self, node: nodes.Let) -> Any:
        value = self.value(node.value)
        self.variables.append((node.name, value))
        try:
            return self.value(node.body)
        finally:
            self.variables.pop()

    def sequence(self, node: nodes.Sequence) -> Any:
        return [self.value(item) for item in node.items][-1]

    def array(self, node: nodes.Array) -> Any:
        return self._counted([self.value(item) for item in node.items])

    def map(self, node: nodes.Map) -> Any:
        pairs = [(self.value(key), self.value(value)) for key, value in node.pairs]
        self.at = node.at
        # Of equal keys the first one stays: they are stored from the last to the first.
        return self._counted({expected(key, str): value for key, value in reversed(pairs)})


_VISITORS: dict[type, Callable[[Machine, Any], Any]] = {
    nodes.Constant: Machine.constant,
    nodes.Name: Machine.name,
    nodes.Unary: Machine.unary,
    nodes.Binary: Machine.binary,
    nodes.Member: Machine.member,
    nodes.Chain: Machine.chain,
    nodes.Slice: Machine.slice,
    nodes.Call: Machine.call,
    nodes.Builtin: Machine.builtin,
    nodes.Pointer: Machine.pointer,
    nodes.Conditional: Machine.conditional,
    nodes.Let: Machine.let,
    nodes.Sequence: Machine.sequence,
    nodes.Array: Machine.array,
    nodes.Map: Machine.map,
}
