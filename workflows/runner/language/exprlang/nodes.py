"""The syntax tree of an expression. Nobody changes a node once it is made."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import TypeAlias


@dataclass(eq=False, repr=False)
class Constant:
    """A number, text, true, false, nil or bytes."""

    at: int
    value: bool | int | float | str | bytes | None


@dataclass(eq=False, repr=False)
class Name:
    """A variable of the environment or of a `let`."""

    at: int
    name: str


@dataclass(eq=False, repr=False)
class Unary:
    """`-x`, `+x`, `!x`, `not x`."""

    at: int
    operator: str
    operand: "Node"


@dataclass(eq=False, repr=False)
class Binary:
    """Two operands and what is between them."""

    at: int
    operator: str
    left: "Node"
    right: "Node"


@dataclass(eq=False, repr=False)
class Member:
    """`a.b`, `a[b]`, and with `optional` `a?.b`."""

    at: int
    base: "Node"
    key: "Node"
    optional: bool = False
    method: bool = False


@dataclass(eq=False, repr=False)
class Chain:
    """What becomes nil as a whole when a `?.` inside it meets nil."""

    at: int
    inner: "Node"


@dataclass(eq=False, repr=False)
class Slice:
    """`a[low:high]`."""

    at: int
    base: "Node"
    low: "Node | None"
    high: "Node | None"


@dataclass(eq=False, repr=False)
class Call:
    """A call of something in the environment."""

    at: int
    callee: "Node"
    arguments: "tuple[Node, ...]"


@dataclass(eq=False, repr=False)
class Builtin:
    """A call of one of the language's own functions."""

    at: int
    name: str
    arguments: "tuple[Node, ...]"


@dataclass(eq=False, repr=False)
class Predicate:
    """What is computed for each element: `{# > 1}`."""

    at: int
    body: "Node"


@dataclass(eq=False, repr=False)
class Pointer:
    """`#`, `#index`, `#acc`."""

    at: int
    name: str


@dataclass(eq=False, repr=False)
class Conditional:
    """`a ? b : c` and `if a { b } else { c }`."""

    at: int
    condition: "Node"
    then: "Node"
    otherwise: "Node"


@dataclass(eq=False, repr=False)
class Let:
    """`let name = value; body`."""

    at: int
    name: str
    value: "Node"
    body: "Node"


@dataclass(eq=False, repr=False)
class Sequence:
    """`a; b`: the last one counts."""

    at: int
    items: "tuple[Node, ...]"


@dataclass(eq=False, repr=False)
class Array:
    """`[a, b]`."""

    at: int
    items: "tuple[Node, ...]"


@dataclass(eq=False, repr=False)
class Map:
    """`{a: b}`."""

    at: int
    pairs: "tuple[tuple[Node, Node], ...]"


Node: TypeAlias = (
    Constant | Name | Unary | Binary | Member | Chain | Slice | Call | Builtin
    | Predicate | Pointer | Conditional | Let | Sequence | Array | Map
)  # fmt: skip


def children(node: Node) -> Iterator[Node]:
    """Give the nodes directly below one, in the order of the text."""
    for field in fields(node):
        value = getattr(node, field.name)
        if isinstance(value, tuple):
            for item in value:
                yield from item if isinstance(item, tuple) else (item,)
        elif hasattr(value, "at"):
            yield value
