"""What an unquoted YAML scalar means to Go's YAML reader, which is not PyYAML's idea."""

import base64
import math
import re
from typing import TypeAlias

Scalar: TypeAlias = str | int | float | bool | None

_TRUE = ("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON")
_FALSE = ("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF")
_NULL = ("", "~", "null", "Null", "NULL")
_WORDS: dict[str, Scalar] = (
    dict.fromkeys(_TRUE, True) | dict.fromkeys(_FALSE, False) | dict.fromkeys(_NULL, None)
)
_INFINITE = re.compile(r"([-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", re.ASCII)
_PREFIXED = re.compile(
    r"[-+]?(?:0[xX](?P<hex>[0-9a-fA-F]+)|0[bB](?P<bin>[01]+)"
    r"|0[oO]?(?P<oct>[0-7]+)|(?P<dec>0|[1-9][0-9]*))",
    re.ASCII,
)
_BASES = {"hex": 16, "bin": 2, "oct": 8, "dec": 10}
_TAG = "tag:yaml.org,2002:"


def plain(text: str) -> Scalar:
    """Resolve a scalar that has neither quotes nor a tag.

    Raises:
        ValueError: it is a number that JSON does not have.
    """
    if text in _WORDS:
        return _WORDS[text]
    if text[0] in "+-.0123456789":
        return _number(text)
    return text


def tagged(tag: str, text: str) -> Scalar:
    """Resolve a scalar with an explicit tag.

    Raises:
        ValueError: the text is not of that kind, or the tag is unknown.
    """
    kind = tag.removeprefix(_TAG)
    value = plain(text)
    if kind == "float" and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if kind == "binary":
        return base64.b64decode(text).decode("utf-8", "replace")
    if kind == "timestamp" or not tag.startswith(_TAG):
        return text
    kinds: dict[str, type | tuple[type, ...]] = {
        "int": int, "float": float, "bool": bool, "null": type(None),
    }  # fmt: skip
    if not isinstance(value, kinds.get(kind, str)):
        raise ValueError(  # noqa: TRY004 (the text is wrong, not a type of ours)
            f"yaml: cannot decode `{text}` as a {tag}"
        )
    return value


def _number(text: str) -> Scalar:
    if _INFINITE.fullmatch(text):
        raise ValueError(f"json: unsupported value: {text}")
    if text[0] == ".":
        return _float(text, text)
    bare = text.replace("_", "")
    whole = _whole(bare)
    if whole is not None:
        return whole
    return _float(bare, text)


def _float(bare: str, text: str) -> float | str:
    value = float(bare) if _FLOAT.fullmatch(bare) else math.inf
    return value if math.isfinite(value) else text


def _whole(bare: str) -> int | None:
    match = _PREFIXED.fullmatch(bare)
    if match is None or match.lastgroup is None:
        return None
    value = int(match[match.lastgroup], _BASES[match.lastgroup])
    if bare[0] == "-":
        value = -value
    return value if -(2**63) <= value < 2**64 else None
