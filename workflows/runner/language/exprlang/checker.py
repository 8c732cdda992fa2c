"""Finds, before an expression is run, what can never work."""

from collections.abc import Callable, Mapping
from typing import Any

from workflows.runner.language.exprlang import calls, nodes, types
from workflows.runner.language.exprlang.faults import placed
from workflows.runner.language.exprlang.operands import binary_type
from workflows.runner.language.exprlang.signatures import BUILTINS, PREDICATES
from workflows.runner.language.exprlang.types import Type


def check(tree: nodes.Node, source: str, env: Mapping[str, Any]) -> None:
    """Check an expression against the types of its environment.

    Raises:
        ExpressionError: a name is unknown, or types do not go together.
    """
    checker = Checker(source, env)
    checker.type(tree)


def _is_zero(node: nodes.Node) -> bool:
    return isinstance(node, nodes.Constant) and node.value == 0 and type(node.value) is int


class Checker:
    """Gives each node a type, and refuses at the first that has none."""

    def __init__(self, source: str, env: Mapping[str, Any]) -> None:
        self.source = source
        self.env = env
        self.variables: list[tuple[str, Type]] = []
        self.scopes: list[tuple[Type, dict[str, Type]]] = []

    def type(self, node: nodes.Node) -> Type:
        """Give the type of a node."""
        return _VISITORS[type(node)](self, node)

    def refuse(self, node: nodes.Node, message: str) -> Exception:
        """Make the error that points at a node."""
        return placed(message, self.source, node.at)

    def constant(self, node: nodes.Constant) -> Type:
        return types.type_of(node.value)

    def name(self, node: nodes.Name) -> Type:
        for name, kind in reversed(self.variables):
            if name == node.name:
                return kind
        if node.name == "$env":
            return types.UNKNOWN
        if node.name in self.env:
            return types.type_of(self.env[node.name])
        if node.name in BUILTINS:
            return Type("func", "func(...interface {}) (interface {}, error)")
        raise self.refuse(node, f"unknown name {node.name}")

    def unary(self, node: nodes.Unary) -> Type:
        kind = self.type(node.operand)
        if node.operator in ("!", "not"):
            if kind.kind in ("bool", "unknown"):
                return types.BOOL
        elif kind.is_number or kind.is_unknown:
            return kind
        raise self.refuse(node, f"invalid operation: {node.operator} (mismatched type {kind.name})")

    def binary(self, node: nodes.Binary) -> Type:
        left, right = self.type(node.left), self.type(node.right)
        if node.operator == "%" and _is_zero(node.right) and isinstance(node.left, nodes.Constant):
            raise self.refuse(node, "integer divide by zero")
        try:
            found = binary_type(node, left, right)
        except ValueError as error:
            raise self.refuse(node, str(error)) from error
        if found is None:
            raise self.refuse(
                node,
                f"invalid operation: {node.operator} "
                f"(mismatched types {left.name} and {right.name})",
            )
        return found

    def chain(self, node: nodes.Chain) -> Type:
        return self.type(node.inner)

    def member(self, node: nodes.Member) -> Type:
        if isinstance(node.base, nodes.Name) and node.base.name == "$env":
            return self._of_environment(node)
        base, key = self.type(node.base), self.type(node.key)
        name = node.key.value if isinstance(node.key, nodes.Constant) else None
        if base.is_unknown:
            return types.UNKNOWN
        if isinstance(name, str) and base.kind == "nil":
            raise self.refuse(node, f"type nil has no field {name}")
        if base.kind in ("time", "duration", "zone"):
            if isinstance(name, str) and calls.has_method(base, name):
                return types.UNKNOWN
        elif base.kind == "map":
            if base is types.MAP and key.kind not in ("string", "unknown"):
                raise self.refuse(
                    node.key, f"cannot use {key.name} to get an element from {base.name}"
                )
            return types.ANY
        elif base.kind in ("array", "bytes"):
            if key.kind not in ("int", "unknown"):
                raise self.refuse(
                    node.key,
                    f"array elements can only be selected using an integer (got {key.name})",
                )
            return base.elements()
        if isinstance(name, str):
            what = "method" if node.method else "field"
            raise self.refuse(node, f"type {base.name} has no {what} {name}")
        raise self.refuse(node, f"type {base.name}[{key.name}] is undefined")

    def _of_environment(self, node: nodes.Member) -> Type:
        name = node.key.value if isinstance(node.key, nodes.Constant) else None
        if not isinstance(name, str):
            return types.UNKNOWN
        if name in self.env:
            return types.type_of(self.env[name])
        if node.optional:
            return types.UNKNOWN
        raise self.refuse(node, f"unknown name {name}")

    def slice(self, node: nodes.Slice) -> Type:
        kind = self.type(node.base)
        if kind.is_unknown:
            return types.UNKNOWN
        if kind.kind not in ("string", "array", "bytes"):
            raise self.refuse(node, f"cannot slice {kind.name}")
        for bound in (node.low, node.high):
            found = types.INT if bound is None else self.type(bound)
            if bound is not None and found.kind not in ("int", "unknown"):
                raise self.refuse(bound, f"non-integer slice index {found.name}")
        return kind

    def call(self, node: nodes.Call) -> Type:
        kind = self.type(node.callee)
        if kind.is_unknown:
            # The library does not look at the arguments of what it knows nothing of.
            return types.UNKNOWN
        name = calls.name_of(node.callee)
        if kind.kind == "nil":
            raise self.refuse(node, f"{name} is nil; cannot call nil as function")
        if kind.function is not None:
            return calls.function_type(self, node, name, kind.function)
        if kind.kind == "func":
            return types.ANY
        raise self.refuse(node, f"{kind.name} is not callable")

    def builtin(self, node: nodes.Builtin) -> Type:
        if node.name in PREDICATES:
            return calls.predicate_type(self, node)
        return calls.builtin_type(self, node)

    def predicate(self, node: nodes.Predicate) -> Type:
        return self.type(node.body)

    def pointer(self, node: nodes.Pointer) -> Type:
        if not self.scopes:
            raise self.refuse(node, "cannot use pointer accessor outside predicate")
        collection, variables = self.scopes[-1]
        if not node.name:
            return types.UNKNOWN if collection.is_unknown else collection.elements()
        if node.name not in variables:
            raise self.refuse(node, f"unknown pointer #{node.name}")
        return variables[node.name]

    def conditional(self, node: nodes.Conditional) -> Type:
        condition = self.type(node.condition)
        if condition.kind not in ("bool", "unknown"):
            raise self.refuse(
                node.condition,
                f"non-bool expression (type {condition.name}) used as condition",
            )
        then, otherwise = self.type(node.then), self.type(node.otherwise)
        if then.kind == "nil":
            return otherwise
        if otherwise.kind == "nil":
            return then
        if types.assignable(then, otherwise):
            same = then.kind != "array" or then.elements() == otherwise.elements()
            return then if same else types.ARRAY
        return types.UNKNOWN

    def let(self, node: nodes.Let) -> Type:
        if node.name in self.env:
            raise self.refuse(node, f"cannot redeclare {node.name}")
        if node.name in BUILTINS:
            raise self.refuse(node, f"cannot redeclare builtin {node.name}")
        if any(name == node.name for name, _ in self.variables):
            raise self.refuse(node, f"cannot redeclare variable {node.name}")
        self.variables.append((node.name, self.type(node.value)))
        kind = self.type(node.body)
        self.variables.pop()
        return kind

    def sequence(self, node: nodes.Sequence) -> Type:
        return [self.type(item) for item in node.items][-1]

    def array(self, node: nodes.Array) -> Type:
        kinds = [self.type(item) for item in node.items]
        if kinds and all(kind.kind == kinds[0].kind for kind in kinds):
            return types.array_of(kinds[-1])
        return types.array_of(types.UNKNOWN) if not kinds else types.ARRAY

    def map(self, node: nodes.Map) -> Type:
        for key, value in node.pairs:
            self.type(key)
            self.type(value)
        return types.MAP


_VISITORS: dict[type, Callable[[Checker, Any], Type]] = {
    nodes.Constant: Checker.constant,
    nodes.Name: Checker.name,
    nodes.Unary: Checker.unary,
    nodes.Binary: Checker.binary,
    nodes.Chain: Checker.chain,
    nodes.Member: Checker.member,
    nodes.Slice: Checker.slice,
    nodes.Call: Checker.call,
    nodes.Builtin: Checker.builtin,
    nodes.Predicate: Checker.predicate,
    nodes.Pointer: Checker.pointer,
    nodes.Conditional: Checker.conditional,
    nodes.Let: Checker.let,
    nodes.Sequence: Checker.sequence,
    nodes.Array: Checker.array,
    nodes.Map: Checker.map,
}
