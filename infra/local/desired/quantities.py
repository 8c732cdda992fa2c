"""Kubernetes quantities, such as 640Mi and 200m."""

import re
from decimal import Decimal

PATTERN = re.compile(r"([+-]?\d+(?:\.\d*)?|\.\d+)(m|[kMGTPE]|[KMGTPE]i|[eE][+-]?\d+)?")
POWERS = {"k": 1, "K": 1, "M": 2, "G": 3, "T": 4, "P": 5, "E": 6}


def parse(text: str | int | float) -> float:
    """Return a quantity as a number.

    Raises:
        ValueError: the text is no quantity.
    """
    found = PATTERN.fullmatch(str(text))
    if not found:
        raise ValueError(f"{text!r} is no quantity, such as 640Mi")
    number, unit = Decimal(found.group(1)), found.group(2) or ""
    if unit == "m":
        return float(number / 1000)
    if unit.endswith("i"):
        return float(number * 1024 ** POWERS[unit[0]])
    if unit[:1] in ("e", "E") and len(unit) > 1:
        return float(number * Decimal(10) ** int(unit[1:]))
    return float(number * 1000 ** POWERS[unit] if unit else number)


def shown(size: float) -> str:
    """Return a size in bytes as people write it."""
    for unit in ("B", "KiB", "MiB"):
        if size < 1024:
            return f"{size:.0f} {unit}"
        size /= 1024
    return f"{size:.1f} GiB"
