"""How tightly the operators of expressions bind: a higher number binds tighter."""

UNARY = {"not": 50, "!": 50, "-": 90, "+": 90}
BINARY = {
    "|": 0, "or": 10, "||": 10, "and": 15, "&&": 15, "==": 20, "!=": 20, "<": 20,
    ">": 20, ">=": 20, "<=": 20, "in": 20, "matches": 20, "contains": 20,
    "startsWith": 20, "endsWith": 20, "..": 25, "+": 30, "-": 30, "*": 60, "/": 60,
    "%": 60, "**": 100, "^": 100, "??": 500,
}  # fmt: skip
RIGHT = ("**", "^")
COMPARISONS = ("<", ">", "<=", ">=")
NEGATED = ("contains", "matches", "startsWith", "endsWith", "in")
