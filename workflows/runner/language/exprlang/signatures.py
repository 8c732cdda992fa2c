"""The functions of the language itself: their names and what they take.

A signature reads `argument argument -> result` in Go's type names. Functions that are
absent from SIGNATURES are checked by a rule of their own in `overloads`.
"""

_OVER_EACH = (
    "all", "none", "any", "one", "filter", "map",
    "find", "findIndex", "findLast", "findLastIndex", "groupBy",
)  # fmt: skip

PREDICATES: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(_OVER_EACH, ("list", "predicate")),
    "count": ("list", "predicate?"),
    "sum": ("list", "predicate?"),
    "sortBy": ("list", "predicate", "order?"),
    "reduce": ("list", "predicate", "initial?"),
}

SIGNATURES: dict[str, tuple[str, ...]] = {
    "type": ("any -> string",),
    "string": ("any -> string",),
    "trim": ("string -> string", "string string -> string"),
    "trimPrefix": ("string string -> string", "string -> string"),
    "trimSuffix": ("string string -> string", "string -> string"),
    "upper": ("string -> string",),
    "lower": ("string -> string",),
    "split": ("string string -> []string", "string string int -> []string"),
    "splitAfter": ("string string -> []string", "string string int -> []string"),
    "replace": ("string string string int -> string", "string string string -> string"),
    "repeat": ("string int -> string",),
    "join": (
        "[]string string -> string",
        "[]any string -> string",
        "[]any -> string",
        "[]string string -> string",
        "[]string -> string",
    ),
    "indexOf": ("string string -> int",),
    "lastIndexOf": ("string string -> int",),
    "hasPrefix": ("string string -> bool",),
    "hasSuffix": ("string string -> bool",),
    "toJSON": ("any -> string",),
    "fromJSON": ("string -> any",),
    "toBase64": ("string -> string",),
    "fromBase64": ("string -> string",),
    "duration": ("string -> time.Duration",),
    "timezone": ("string -> *time.Location",),
    "sort": (
        "[]any string -> []any",
        "[]int string -> []any",
        "[]float64 string -> []any",
        "[]string string -> []any",
        "[]any -> []any",
        "[]float64 -> []any",
        "[]string -> []any",
        "[]int -> []any",
    ),
    "bitnot": ("int -> int",),
} | dict.fromkeys(
    ("bitand", "bitor", "bitxor", "bitnand", "bitshl", "bitshr", "bitushr"), ("int int -> int",)
)

_RULED = (
    "len", "abs", "ceil", "floor", "round", "int", "float", "max", "min", "mean",
    "median", "now", "date", "first", "last", "get", "take", "keys", "values",
    "toPairs", "fromPairs", "reverse", "uniq", "concat", "flatten",
)  # fmt: skip

BUILTINS = frozenset((*PREDICATES, *SIGNATURES, *_RULED))
