"""The paths of the gjson library: `status.items.0.name`, `items.#.name`, `items.#(n>1)`."""

import fnmatch
import json
import re
from collections.abc import Mapping
from typing import Any, Final

from workflows.runner.language.go import gotext

_MISSING: Final = object()
_QUERY = re.compile(r"#\((.*)\)(#?)", re.DOTALL)
_CONDITION = re.compile(r"(.*?)(==|!=|<=|>=|!%|=|<|>|%)(.*)", re.DOTALL)


def text(obj: Any, path: str) -> str | None:
    """Give the text of what a path finds; None when it finds nothing."""
    found = find(obj, path)
    if found is _MISSING:
        return None
    if found is None:
        return ""
    if isinstance(found, str):
        return found
    if isinstance(found, float):
        return gotext.format_float(found)
    return gotext.format_json(found)


def find(obj: Any, path: str) -> Any:
    """Give what a path finds, or a sentinel."""
    if not path:
        return _MISSING
    return _walk(obj, _split(path))


def _split(path: str) -> list[str]:
    parts = [""]
    depth = 0
    escaped = False
    for character in path:
        if escaped:
            parts[-1] += f"\\{character}"
            escaped = False
        elif character == "\\":
            escaped = True
        elif character in ".|" and depth == 0:
            parts.append("")
        else:
            depth += (character == "(") - (character == ")")
            parts[-1] += character
    return parts


def _plain(part: str) -> str:
    return re.sub(r"\\(.)", r"\1", part, flags=re.DOTALL)


def _walk(value: Any, parts: list[str]) -> Any:
    for index, part in enumerate(parts):
        if isinstance(value, list) and part.startswith("#"):
            return _each(value, part, parts[index + 1 :])
        value = _step(value, part)
        if value is _MISSING:
            return _MISSING
    return value


def _step(value: Any, part: str) -> Any:
    if isinstance(value, Mapping):
        name = _plain(part)
        if re.search(r"(?<!\\)[*?]", part):
            names = (key for key in value if fnmatch.fnmatchcase(key, name))
            return value.get(next(names, ""), _MISSING)
        return value.get(name, _MISSING)
    if isinstance(value, list) and part.isascii() and part.isdigit():
        return value[int(part)] if int(part) < len(value) else _MISSING
    return _MISSING


def _each(items: list[Any], part: str, rest: list[str]) -> Any:
    query = _QUERY.fullmatch(part)
    if query is None:
        if part != "#":
            return _MISSING
        if not rest:
            return len(items)
        found = (_walk(item, rest) for item in items)
        return [one for one in found if one is not _MISSING]
    kept = [item for item in items if _fits(item, query[1])]
    if query[2]:
        return _each(kept, "#", rest) if rest else kept
    return _walk(kept[0], rest) if kept else _MISSING


def _fits(item: Any, query: str) -> bool:
    match = _CONDITION.fullmatch(query)
    if match is None:
        return find(item, query.strip()) is not _MISSING
    path, sign, wanted = (part.strip() for part in match.groups())
    found = find(item, path) if path else item
    if found is _MISSING:
        return False
    try:
        value = json.loads(wanted)
    except ValueError:
        value = wanted
    return _compared(found, sign, value)


def _compared(found: Any, sign: str, value: Any) -> bool:
    if sign in ("%", "!%"):
        like = isinstance(found, str) and fnmatch.fnmatchcase(found, str(value))
        return like if sign == "%" else not like
    if type(found) is not type(value) and not (_number(found) and _number(value)):
        return sign == "!="
    if sign in ("=", "==", "!="):
        return bool(found == value) == (sign != "!=")
    if not isinstance(found, (str, int, float)):
        return False
    signs = {"<": found < value, ">": found > value, "<=": found <= value}
    return bool(signs.get(sign, found >= value))


def _number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
