"""The elements of loops: JSON whose numbers keep the text that they were written with."""

import json
import math
import re
from collections.abc import Mapping
from typing import Any

from workflows.runner.errors import NodeFault
from workflows.runner.language.errors import LanguageError
from workflows.runner.language.go import gofmt, gojson, gotext

_UNESCAPE = {"\\u003c": "<", "\\u003e": ">", "\\u0026": "&"}
_WHOLE = re.compile(r"[-+]?[0-9]+$")


class Number(str):
    """A number as it was written."""

    __slots__ = ()


def parse(text: str) -> Any:
    """Parse JSON; numbers stay text, objects keep their order.

    Raises:
        ValueError: it is not JSON.
    """
    gotext.parse_json(text)
    return json.loads(text, parse_float=Number, parse_int=Number)


def of_value(value: Any) -> Any:
    """Give an element that was written in YAML, its numbers normalised as Argo does."""
    return parse(gotext.format_json(value))


def compact(value: Any) -> str:
    """Write an element as JSON without spaces, in its own order."""
    if isinstance(value, Number):
        return str(value)
    if isinstance(value, str):
        return gotext.json_string(value)
    if isinstance(value, list):
        return "[" + ",".join(map(compact, value)) + "]"
    if isinstance(value, dict):
        pairs = (f"{gotext.json_string(key)}:{compact(item)}" for key, item in value.items())
        return "{" + ",".join(pairs) + "}"
    return json.dumps(value)


def shown(value: Any) -> str:
    """Write an element as it stands in names and in `item.KEY`: text without quotes."""
    text = compact(value)
    if text.startswith('"'):
        text = text[1:-1]
    for escaped, character in _UNESCAPE.items():
        text = text.replace(escaped, character)
    return text


def tags_of(item: Any) -> tuple[dict[str, str], str]:
    """Give the values of `item` and `item.KEY`, and what the node's name says of it."""
    if isinstance(item, dict):
        values = {f"item.{key}": shown(value) for key, value in item.items()}
        ordered = {key: item[key] for key in sorted(item)}
        described = sorted(f"{key}:{shown(value)}" for key, value in item.items())
        return {**values, "item": compact(ordered)}, ",".join(described)
    if isinstance(item, list) or item is None:
        elements = item or []
        return {"item": compact(elements)}, "[" + " ".join(map(shown, elements)) + "]"
    if isinstance(item, str) and not isinstance(item, Number):
        return {"item": item}, shown(item)
    return {"item": shown(item)}, shown(item)


def element_name(step: str, index: int, described: str) -> str:
    """Give the name of one element of a loop."""
    return f"{step}({index}:{described.replace('(', '').replace(')', '')})"


def of_loop(call: Mapping[str, Any]) -> list[Any] | None:
    """Give the elements that a step or task loops over; None when it does not loop.

    Raises:
        NodeFault: withParam is no JSON list, or a sequence is malformed.
    """
    if call.get("withItems"):
        return [of_value(item) for item in call["withItems"]]
    if call.get("withParam"):
        return _of_param(call["withParam"])
    if call.get("withSequence") is not None:
        return list(sequence(call["withSequence"]))
    return None


def loops(call: Mapping[str, Any]) -> bool:
    """Tell whether a step or task loops."""
    return bool(call.get("withItems") or call.get("withParam")) or (
        call.get("withSequence") is not None
    )


def _of_param(text: str) -> list[Any]:
    try:
        parsed = parse(text)
    except ValueError as error:
        raise _not_a_list(text, gojson.problem(text) or str(error)) from error
    if parsed is None:
        return []
    if not isinstance(parsed, list):
        kind = {dict: "object", bool: "bool", Number: "number"}.get(type(parsed), "string")
        raise _not_a_list(
            text, f"json: cannot unmarshal {kind} into Go value of type []v1alpha1.Item"
        )
    return parsed


def _not_a_list(text: str, why: str) -> NodeFault:
    return NodeFault(f"withParam value could not be parsed as a JSON list: {text.strip()}: {why}")


def sequence(written: Mapping[str, Any]) -> list[str]:
    """Give the texts of a withSequence.

    Raises:
        NodeFault: a bound is no whole number, or the format cannot be used.
    """
    start = _bound(written.get("start"), 0)
    if written.get("end") is not None:
        end = _bound(written["end"], 0)
    elif written.get("count") is not None:
        count = _bound(written["count"], 0)
        if count == 0:
            return []
        end = start + count - 1
    else:
        raise NodeFault("neither end nor count was specified in withSequence")
    step = 1 if start <= end else -1
    form = written.get("format") or "%d"
    try:
        return [gofmt.sprintf(form, number) for number in range(start, end + step, step)]
    except LanguageError as error:
        raise NodeFault(str(error)) from error


def _bound(value: Any, default: int) -> int:
    if value is None:
        return default
    text = str(int(value)) if isinstance(value, float) and not math.isnan(value) else str(value)
    if not _WHOLE.match(text):
        raise NodeFault(f'strconv.Atoi: parsing "{text}": invalid syntax')
    return int(text)
