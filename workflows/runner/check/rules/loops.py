"""What a loop lets its step name: item, and its keys."""

from typing import Any

from workflows.runner.check.rules.context import Scope
from workflows.runner.check.rules.fault import Fault, Place
from workflows.runner.check.rules.tags import ANY_ITEM

Data = dict[str, Any]


def item_names(call: Data, place: Place) -> Scope:
    """Give the names that a loop defines; none without a loop."""
    items, param = call.get("withItems") or [], call.get("withParam") or ""
    sequence = call.get("withSequence")
    if (len(items) > 0) + (param != "") + (sequence is not None) > 1:
        raise Fault("only one of withItems, withParam, withSequence can be specified", place)
    if items:
        return {name for item in items for name in _names_of(item)}
    if param:
        return {"item", ANY_ITEM}
    if sequence is None:
        return set()
    if sequence.get("count") is not None and sequence.get("end") is not None:
        raise Fault(
            "only one of count or end can be defined in withSequence", place / "withSequence"
        )
    return {"item"}


def _names_of(item: Any) -> Scope:
    if isinstance(item, list):
        return {f"item.[{index}]" for index in range(len(item))}
    if isinstance(item, dict):
        return {f"item.{key}" for key in item}
    return {"item"}


def is_aggregate(call: Data) -> bool:
    """Say whether the outputs of a looped step come as one list; not those of a sequence."""
    return bool(call.get("withItems") or call.get("withParam"))


def has_loop(call: Data) -> bool:
    """Say whether a task runs once per item."""
    return is_aggregate(call) or call.get("withSequence") is not None
