"""What is known of the types in an expression before it is run."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from workflows.runner.language.exprlang.values import (
    AnyMap,
    Function,
    go_name,
    type_name,
)
from workflows.runner.language.go.gotime import Duration, Moment, Zone


@dataclass(frozen=True)
class Type:
    """A type, or the little that is known of it.

    Attributes:
        kind: unknown, nil, bool, int, float, string, bytes, array, map, func, time,
            duration or zone.
        name: What Go calls it.
        element: The type of an array's elements, where it is known.
        function: What a function takes and gives.
    """

    kind: str
    name: str
    element: "Type | None" = None
    function: Function | None = None

    @property
    def is_unknown(self) -> bool:
        """Tell whether it could be anything."""
        return self.kind == "unknown"

    @property
    def is_number(self) -> bool:
        """Tell whether it is a plain number."""
        return self.kind in ("int", "float")

    def elements(self) -> "Type":
        """Give the type of the elements of an array or a map."""
        return self.element or ANY


UNKNOWN = Type("unknown", "unknown")
ANY = Type("unknown", "interface {}")
NIL = Type("nil", "unknown")
BOOL = Type("bool", "bool")
INT = Type("int", "int")
FLOAT = Type("float", "float64")
STRING = Type("string", "string")
ARRAY = Type("array", "[]interface {}")
STRINGS = Type("array", "[]string", STRING)
MAP = Type("map", "map[string]interface {}")
ANY_MAP = Type("map", "map[interface {}]interface {}")
TIME = Type("time", "time.Time")
DURATION = Type("duration", "time.Duration")
ZONE = Type("zone", "*time.Location")

NAMED = {
    "any": ANY, "bool": BOOL, "int": INT, "float64": FLOAT, "string": STRING,
    "[]any": ARRAY, "[]string": STRINGS, "[]int": Type("array", "[]int", INT),
    "[]float64": Type("array", "[]float64", FLOAT), "time.Duration": DURATION,
    "time.Time": TIME, "*time.Location": ZONE,
}  # fmt: skip
_OF_GO = {
    "bool": BOOL, "int": INT, "float64": FLOAT, "string": STRING, "[]interface {}": ARRAY,
    "map[string]interface {}": MAP, "time.Time": TIME, "time.Duration": DURATION,
    "int64": Type("int", "int64"), "[]uint8": Type("bytes", "[]uint8"),
    "*time.Location": ZONE,
}  # fmt: skip


def array_of(element: Type) -> Type:
    """Make the type of an array whose elements are known."""
    return Type("array", "[]interface {}", element)


def type_of(value: Any) -> Type:
    """Give the type of a value of the environment."""
    if value is None:
        return NIL
    if isinstance(value, Function):
        return Type("func", str(value), None, value)
    if isinstance(value, Mapping):
        return ANY_MAP if isinstance(value, AnyMap) else MAP
    if isinstance(value, (Moment, Duration, Zone)):
        return _OF_GO[type_name(value)]
    return _OF_GO.get(type_name(value), ANY)


def of_annotation(kind: Any) -> Type:
    """Give the type that a Python annotation stands for."""
    return _OF_GO.get(go_name(kind), ANY)


def assignable(source: Type, target: Type) -> bool:
    """Tell whether Go would assign one to the other."""
    if source.kind == "nil":
        return target.kind in ("array", "map", "func", "zone") or target is ANY
    if source.name == "unknown" or target.name == "unknown":
        return False
    return target.name in ("interface {}", source.name)


def comparable(left: Type, right: Type) -> bool:
    """Tell whether == makes sense."""
    return (
        left.is_unknown
        or right.is_unknown
        or "nil" in (left.kind, right.kind)
        or (left.is_number and right.is_number)
        or (left.kind == right.kind and left.kind in ("duration", "time", "array", "bytes"))
        or assignable(left, right)
    )


def perhaps(left: Type, right: Type, *kinds: str) -> bool:
    """Tell whether operands may turn out right, since one or both are unknown."""
    if left.is_unknown:
        return right.is_unknown or right.kind in kinds
    return right.is_unknown and left.kind in kinds
