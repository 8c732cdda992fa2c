"""Checks the arguments of calls before an expression is run."""

from typing import TYPE_CHECKING

from workflows.runner.language.exprlang import nodes, types
from workflows.runner.language.exprlang.overloads import RULES
from workflows.runner.language.exprlang.signatures import SIGNATURES
from workflows.runner.language.exprlang.types import Type
from workflows.runner.language.exprlang.values import Function
from workflows.runner.language.go.gotime import Duration, Moment, Zone
from workflows.runner.language.go.timemethods import METHODS

if TYPE_CHECKING:
    from workflows.runner.language.exprlang.checker import Checker

_TRUTH = ("all", "none", "any", "one", "filter", "count",
          "find", "findLast", "findIndex", "findLastIndex")  # fmt: skip
_NUMBERED = ("findIndex", "findLastIndex", "count")


class _MismatchError(Exception):
    """An overload does not fit; another may."""

    def __init__(self, node: nodes.Node, message: str) -> None:
        self.node = node
        self.message = message
        super().__init__(message)


def name_of(callee: nodes.Node) -> str:
    """Give the name that messages call a function by."""
    if isinstance(callee, nodes.Name):
        return callee.name
    if isinstance(callee, nodes.Member) and isinstance(callee.key, nodes.Constant):
        return str(callee.key.value)
    return "function"


def has_method(base: Type, name: str) -> bool:
    """Tell whether a time or a duration has a method."""
    owner = {"time": Moment, "duration": Duration, "zone": Zone}.get(base.kind)
    return owner is not None and name in METHODS[owner]


def function_type(checker: "Checker", node: nodes.Call, name: str, function: Function) -> Type:
    """Check a call of a function of the environment."""
    wanted = [types.of_annotation(kind) for kind in function.takes]
    rest = None if function.rest is None else types.of_annotation(function.rest)
    try:
        _arguments(checker, node, name, wanted, rest)
    except _MismatchError as error:
        raise checker.refuse(error.node, error.message) from error
    return types.of_annotation(function.gives)


def builtin_type(checker: "Checker", node: nodes.Builtin) -> Type:
    """Check a call of one of the language's own functions."""
    rule = RULES.get(node.name)
    if rule is not None:
        kinds = [checker.type(argument) for argument in node.arguments]
        try:
            return rule(node.name, kinds)
        except IndexError as error:
            place, message = error.args
            raise checker.refuse(node.arguments[place], message) from error
        except ValueError as error:
            raise checker.refuse(node, str(error)) from error
    last: _MismatchError | None = None
    for signature in SIGNATURES[node.name]:
        takes, _, gives = signature.partition("-> ")
        wanted = [types.NAMED[name] for name in takes.split()]
        try:
            _arguments(checker, node, node.name, wanted, None)
        except _MismatchError as error:
            last = error
            continue
        return types.NAMED[gives]
    if last is None:
        return types.UNKNOWN
    raise checker.refuse(last.node, last.message) from last


def _arguments(
    checker: "Checker",
    node: nodes.Call | nodes.Builtin,
    name: str,
    wanted: list[Type],
    rest: Type | None,
) -> None:
    arguments = node.arguments
    excess = len(arguments) - len(wanted)
    if excess < 0 or (excess > 0 and rest is None):
        for argument in arguments:
            checker.type(argument)
        amount = "not enough" if excess < 0 else "too many"
        raise _MismatchError(node, f"{amount} arguments to call {name}")
    for index, argument in enumerate(arguments):
        kind = checker.type(argument)
        target = wanted[index] if index < len(wanted) else (rest or types.ANY)
        if target.kind == "float" and kind.kind == "int":
            continue
        if kind.kind == "nil":
            if target is types.ANY or target.kind == "zone":
                continue
            raise _MismatchError(
                argument,
                f"cannot use nil as argument (type {target.name}) to call {name}",
            )
        if not types.assignable(kind, target) and not kind.is_unknown:
            raise _MismatchError(
                argument,
                f"cannot use {kind.name} as argument (type {target.name}) to call {name} ",
            )


def predicate_type(checker: "Checker", node: nodes.Builtin) -> Type:
    """Check a function that computes something for each element."""
    collection = checker.type(node.arguments[0])
    if collection.kind not in ("array", "bytes", "unknown"):
        raise checker.refuse(
            node.arguments[0],
            f"builtin {node.name} takes only array (got {collection.name})",
        )
    body = _body(checker, node, collection) if len(node.arguments) > 1 else None
    if len(node.arguments) == 3:
        _extra(checker, node, node.arguments[2])
    truth = body is None or body.kind in ("bool", "unknown")
    if body is not None and node.name in _TRUTH and not truth:
        raise checker.refuse(
            node.arguments[1], f"predicate should return boolean (got {body.name})"
        )
    return _result(node.name, collection, body)


def _body(checker: "Checker", node: nodes.Builtin, collection: Type) -> Type:
    variables: dict[str, Type] = {}
    if node.name in ("map", "reduce"):
        variables["index"] = types.INT
    if node.name == "reduce":
        variables["acc"] = types.UNKNOWN
    checker.scopes.append((collection, variables))
    body = checker.type(node.arguments[1])
    checker.scopes.pop()
    if body.kind == "nil":
        inputs = "two input" if node.name == "reduce" else "one input"
        raise checker.refuse(
            node.arguments[1], f"predicate should has {inputs} and one output param"
        )
    return body


def _extra(checker: "Checker", node: nodes.Builtin, argument: nodes.Node) -> None:
    kind = checker.type(argument)
    if node.name == "sortBy" and kind.kind not in ("string", "unknown"):
        raise checker.refuse(argument, f"sortBy order argument must be a string (got {kind.name})")


def _result(name: str, collection: Type, body: Type | None) -> Type:
    if name in ("all", "none", "any", "one"):
        return types.BOOL
    if name in _NUMBERED:
        return types.INT
    if name == "map":
        return types.array_of(body or types.UNKNOWN)
    if name == "filter":
        if collection.is_unknown:
            return types.ARRAY
        return types.array_of(collection.elements())
    if name in ("find", "findLast"):
        return types.UNKNOWN if collection.is_unknown else collection.elements()
    if name == "groupBy":
        return types.Type("map", "map[interface {}][]interface {}")
    if name == "sortBy":
        return collection
    if name == "sum" and body is None:
        return types.UNKNOWN if collection.is_unknown else collection.elements()
    if name == "sum" and body is not None and body.is_unknown:
        return types.ANY
    return body or types.UNKNOWN
