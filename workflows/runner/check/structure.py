"""Read a manifest as strictly as `argo lint`: every field known, of its type, and done here."""

import base64
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from difflib import get_close_matches
from typing import Any

from workflows.runner.check.fields import KINDS, Field, schema
from workflows.runner.check.problem import Path, Problem, at, written
from workflows.runner.language.manifest import Document

GROUP = "argoproj.io/"
_QUANTITY = re.compile(r"[+-]?[0-9.]+([eEinumkKMGTP]*[-+]?[0-9]*)")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")

_OUTPUT = ("outputs", "artifacts")

#: More fields than this are not listed in a message.
MANY = 15

Finding = tuple[Path, str]


def structure(document: Document) -> list[Problem]:
    """List every field that is unknown, of a wrong type, or that only a cluster can honour."""
    kind = document.data.get("kind")
    if kind in KINDS:
        found: Iterator[Finding] = _object(document.data, str(kind), ())
    else:
        found = _kind(document.data)
    return [at(document, path, text) for path, text in found]


def _kind(data: dict[str, Any]) -> Iterator[Finding]:
    """Leave what is not Argo's alone, but do not let a misspelt kind vanish."""
    kind = data.get("kind")
    if not str(data.get("apiVersion", "")).startswith(GROUP):
        return
    if kind is None:
        yield (), f"kind is required: one of {', '.join(KINDS[:4])}"
    elif close := get_close_matches(str(kind), KINDS[:4], n=1):
        yield ("kind",), f"unknown kind {kind!r}; did you mean {close[0]}?"


def _object(value: Any, type_name: str, path: Path) -> Iterator[Finding]:
    if not isinstance(value, dict):
        yield _mismatch(value, path, type_name)
        return
    known = schema()[type_name]
    for key, inner in value.items():
        here = (*path, key)
        field = known.get(key)
        if field is None:
            yield here, _unknown(here, key, type_name)
        elif field.support == "gone":
            yield here, f'unknown field "{written(here)}"; {field.why}'
        elif field.support == "refused" and _asks_for_something(inner):
            yield here, _refusal(here, field)
        elif key == "http" and here[-4:-2] == _OUTPUT and _asks_for_something(inner):
            yield here, _refusal(here, replace(field, why="an output is kept, never uploaded"))
        else:
            yield from _value(inner, field.holds, here)


def _value(value: Any, holds: str, path: Path) -> Iterator[Finding]:
    if value is None:
        return
    if holds.startswith("[]"):
        if not isinstance(value, list):
            yield _mismatch(value, path, holds)
            return
        for index, item in enumerate(value):
            yield from _value(item, holds[2:], (*path, index))
    elif holds.startswith("{}"):
        if not isinstance(value, dict):
            yield _mismatch(value, path, holds)
            return
        for key, item in value.items():
            yield from _value(item, holds[2:], (*path, key))
    elif holds in SCALARS:
        if not SCALARS[holds](value):
            yield _mismatch(value, path, holds)
    else:
        yield from _object(value, holds, path)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_whole(value: Any) -> bool:
    if isinstance(value, float):
        return value.is_integer()
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_quantity(value: Any) -> bool:
    return _is_number(value) or (_is_text(value) and _QUANTITY.fullmatch(value.strip()) is not None)


def _is_time(value: Any) -> bool:
    return _is_text(value) and (value == "" or _TIME.fullmatch(value) is not None)


def _is_base64(value: Any) -> bool:
    if not _is_text(value):
        return False
    try:
        base64.b64decode("".join(value.split()), validate=True)
    except ValueError:
        return False
    return True


SCALARS: dict[str, Callable[[Any], bool]] = {
    "string": _is_text,
    "bool": lambda value: isinstance(value, bool),
    "int": _is_whole,
    "float": _is_number,
    "AnyString": lambda _value: True,
    "Item": lambda _value: True,
    "any": lambda _value: True,
    "IntOrString": lambda value: _is_text(value) or _is_whole(value),
    "Quantity": _is_quantity,
    "Time": _is_time,
    "bytes": _is_base64,
}

_NAMES = {
    "string": "text: put it in quotes",
    "bool": "true or false, without quotes",
    "int": "a whole number, without quotes",
    "float": "a number",
    "IntOrString": "a whole number or text",
    "Quantity": "an amount such as 500m or 2Gi (a {{tag}} goes into podSpecPatch)",
    "Time": "a time such as 2030-01-31T06:00:00Z",
    "bytes": "text in base64",
}


def _holds(holds: str) -> str:
    if holds.startswith("[][]"):
        return "a list of lists: start each group with `- -`"
    if holds.startswith("[]"):
        return "a list"
    if holds.startswith("{}"):
        return "a map"
    return _NAMES.get(holds, f"the fields of {holds}")


def _mismatch(value: Any, path: Path, holds: str) -> Finding:
    return path, f"cannot unmarshal {_json_type(value)} into {written(path)}, which holds " + (
        _holds("[][]" if _is_group(path) else holds)
    )


def _is_group(path: Path) -> bool:
    """Say whether this is a member of `steps`, where a list of steps must be."""
    return len(path) > 1 and path[-2] == "steps" and isinstance(path[-1], int)


def _json_type(value: Any) -> str:
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, (int, float)):
        return "number"
    if isinstance(value, dict):
        return "object"
    return "array" if isinstance(value, list) else "string"


def _unknown(path: Path, key: str, type_name: str) -> str:
    known = schema()[type_name]
    text = f'unknown field "{written(path)}"'
    lower = {name.lower(): name for name in known}
    close = get_close_matches(key.lower(), lower, n=1, cutoff=0.75)
    if close:
        return f"{text}; did you mean {lower[close[0]]}?"
    if len(known) > MANY:
        return f"{text}; `python -m workflows.runner support` lists the fields of {type_name}"
    return f"{text}; the fields here are {', '.join(sorted(known))}"


def _asks_for_something(value: Any) -> bool:
    return value not in (None, False, "")


def _refusal(path: Path, field: Field) -> str:
    return (
        f"{written(path)}: the local runner does not do {field.name}: {field.why}. "
        "On a cluster it works: argo submit"
    )
