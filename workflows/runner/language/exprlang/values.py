"""The values that expressions work with, and what Go calls their types."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from workflows.runner.language.exprlang.faults import FaultError
from workflows.runner.language.go.gomath import from_float
from workflows.runner.language.go.gotime import ZERO_TIME, Duration, Moment, Zone


class Int64(int):
    """An int64, which Go does not let stand in for an int argument."""


class Byte(int):
    """A uint8, which is what indexing a text gives."""


class AnyMap(dict[Any, Any]):
    """A map whose keys are of any type; it has no JSON form."""

    def to_json(self) -> str:
        """Refuse, as encoding/json does."""
        raise ValueError("json: unsupported type: map[interface {}]interface {}")


class Groups(AnyMap):
    """What groupBy gives: a map of arrays."""

    def to_json(self) -> str:
        """Refuse, as encoding/json does."""
        raise ValueError("json: unsupported type: map[interface {}][]interface {}")


class NilList(list[Any]):
    """A list that was never made: empty, and null in JSON."""

    def to_json(self) -> str:
        """Write it as encoding/json does."""
        return "null"


_NAMES: tuple[tuple[type | tuple[type, ...], str], ...] = (
    (bool, "bool"),
    (Duration, "time.Duration"),
    (Int64, "int64"),
    (Byte, "uint8"),
    (int, "int"),
    (float, "float64"),
    (str, "string"),
    (bytes, "[]uint8"),
    (list, "[]interface {}"),
    (Groups, "map[interface {}][]interface {}"),
    (AnyMap, "map[interface {}]interface {}"),
    (Mapping, "map[string]interface {}"),
    (Moment, "time.Time"),
    (Zone, "*time.Location"),
)
_KINDS = {
    "<nil>": "invalid", "time.Duration": "int64", "time.Time": "struct",
    "*time.Location": "ptr",
}  # fmt: skip
_GO_NAMES: dict[Any, str] = {
    Any: "interface {}", int: "int", Int64: "int64", float: "float64", str: "string",
    bool: "bool", list: "[]interface {}", dict: "map[string]interface {}",
    bytes: "[]uint8", Moment: "time.Time", Duration: "time.Duration",
}  # fmt: skip
_ZEROS: dict[Any, Callable[[], Any]] = {
    int: int, Int64: Int64, float: float, str: str, bool: bool, list: list, dict: dict,
    Moment: lambda: ZERO_TIME, Duration: Duration,
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Function:
    """A Go function: a Python one whose annotations are its Go signature."""

    name: str
    body: Callable[..., Any]
    takes: tuple[Any, ...] = field(init=False)
    rest: Any = field(init=False)
    gives: Any = field(init=False)

    def __post_init__(self) -> None:
        code, kinds = self.body.__code__, self.body.__annotations__
        names = code.co_varnames[: code.co_argcount]
        variadic = bool(code.co_flags & 0x04)
        object.__setattr__(self, "takes", tuple(kinds.get(n, Any) for n in names))
        rest = kinds.get(code.co_varnames[code.co_argcount], Any) if variadic else None
        object.__setattr__(self, "rest", rest)
        object.__setattr__(self, "gives", kinds.get("return", Any))

    def __call__(self, *arguments: Any) -> Any:
        """Call it as Go's reflection does: with exactly these types."""
        least, given = len(self.takes), len(arguments)
        if self.rest is None and given != least:
            raise FaultError(f"invalid number of arguments: expected {least}, got {given}")
        if given < least:
            raise FaultError(f"invalid number of arguments: expected at least {least}, got {given}")
        fixed = map(_accepted, arguments, self.takes)
        return self.body(*fixed, *(self._of_rest(value) for value in arguments[least:]))

    def _of_rest(self, value: Any) -> Any:
        try:
            return _accepted(value, self.rest)
        except FaultError as error:
            raise FaultError(
                f"reflect: cannot use {type_name(value)} as type {go_name(self.rest)} in Call"
            ) from error

    def __str__(self) -> str:
        parts = [go_name(kind) for kind in self.takes]
        if self.rest is not None:
            parts.append(f"...{go_name(self.rest)}")
        return f"func({', '.join(parts)}) {go_name(self.gives)}"


def _accepted(value: Any, kind: Any) -> Any:
    if kind is Any:
        return value
    if value is None:
        return _ZEROS[kind]()
    if type_name(value) != go_name(kind):
        raise FaultError(f"reflect: Call using {type_name(value)} as type {go_name(kind)}")
    return value


def go_name(kind: Any) -> str:
    """Give the Go type that a Python annotation stands for."""
    return _GO_NAMES.get(kind, "interface {}")


def type_name(value: object) -> str:
    """Give what Go's %T prints for a value."""
    if value is None:
        return "<nil>"
    if isinstance(value, Function):
        return str(value)
    for kinds, name in _NAMES:
        if isinstance(value, kinds):
            return name
    return type(value).__name__


def kind_name(value: object) -> str:
    """Give what Go's reflection calls the kind of a value."""
    name = type_name(value)
    if name.startswith("[]"):
        return "slice"
    if name.startswith("map["):
        return "map"
    return "func" if name.startswith("func(") else _KINDS.get(name, name)


def is_nil(value: object) -> bool:
    """Tell whether it is nil, or a list that was never made."""
    return value is None or isinstance(value, NilList)


def is_number(value: object) -> bool:
    """Tell whether arithmetic takes it as a plain number."""
    return isinstance(value, (int, float)) and not isinstance(value, (bool, Duration))


def wrapped(value: int) -> int:
    """Bring an int into 64 bits the way Go's arithmetic overflows."""
    if -(2**63) <= value < 2**63:
        return value
    return (value + 2**63) % 2**64 - 2**63


def to_int(value: object) -> int:
    """Convert a number as the language does where it needs an int.

    Raises:
        FaultError: it is no number.
    """
    if isinstance(value, float):
        return from_float(value)
    if isinstance(value, int) and is_number(value):
        return int(value)
    raise FaultError(f"invalid operation: int({type_name(value)})")


def to_float(value: object) -> float:
    """Convert a number as the language does where it needs a float.

    Raises:
        FaultError: it is no number.
    """
    if is_number(value):
        return float(value)  # type: ignore[arg-type]
    raise FaultError(f"invalid operation: float({type_name(value)})")


def as_bool(value: object) -> bool:
    """Take a value that has to be a truth value.

    Raises:
        FaultError: it is none.
    """
    return bool(expected(value, bool))


def expected(value: object, kind: type) -> Any:
    """Take a value that has to be of one kind: Go's type assertion.

    Raises:
        FaultError: it is of another.
    """
    if isinstance(value, kind) and (kind is bool or not isinstance(value, bool)):
        return value
    name = "nil" if value is None else type_name(value)
    raise FaultError(f"interface conversion: interface {{}} is {name}, not {go_name(kind)}")
