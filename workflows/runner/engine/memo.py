"""Outputs kept from earlier runs: `memoize`."""

import json
import os
import re
import time
from pathlib import Path
from typing import Any

from workflows.runner.engine.frame import Frame
from workflows.runner.errors import NodeFault
from workflows.runner.language import duration
from workflows.runner.language.errors import DurationError
from workflows.runner.model.node import NODE_TYPES, SUCCEEDED, Node

_KEY = re.compile(r"^[a-zA-Z0-9][-a-zA-Z0-9]*$")


def look_up(frame: Frame) -> Node | None:
    """Give a node that is over already, when its outputs are known.

    Raises:
        NodeFault: the key or the age is malformed.
    """
    memoize = frame.template["memoize"]
    key = memoize.get("key") or ""
    if not _KEY.match(key):
        raise NodeFault(f"invalid cache key: {key}")
    entry = _read(frame).get(key)
    if entry is None or not _fresh(entry, memoize.get("maxAge")):
        return None
    run, call = frame.run, frame.call
    node = run.find(frame.name)
    if node is None:
        node = run.create(
            frame.name, NODE_TYPES[frame.kind], call.holder, call.context.scope,
            boundary=call.boundary, phase=SUCCEEDED, template=frame.template, flag=call.flag,
            parents=call.parents,
        )  # fmt: skip
    node.outputs = entry["outputs"]
    node.memo = _status(memoize, hit=True)
    run.export(node.outputs)
    return run.mark(node, SUCCEEDED)


def _status(memoize: dict[str, Any], *, hit: bool) -> dict[str, Any]:
    return {
        "hit": hit,
        "key": memoize["key"],
        "cacheName": memoize["cache"]["configMap"]["name"],
    }


def _fresh(entry: dict[str, Any], max_age: str | None) -> bool:
    if not max_age:
        return True
    try:
        seconds = duration.nanoseconds(max_age) / 1e9
    except DurationError as error:
        raise NodeFault(f"invalid maxAge: {error}") from error
    return time.time() - float(entry["created"]) <= seconds


def save(frame: Frame, node: Node) -> None:
    """Keep the outputs of a node that succeeded."""
    memoize = frame.template["memoize"]
    node.memo = node.memo or _status(memoize, hit=False)
    frame.run.changed(node)
    if node.phase != SUCCEEDED:
        return
    entries = _read(frame)
    entries[memoize["key"]] = {
        "nodeID": node.id, "outputs": node.outputs, "created": time.time(),
    }  # fmt: skip
    path = _path(frame)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(f".{os.getpid()}")
    temporary.write_text(json.dumps(entries), encoding="utf-8")
    temporary.replace(path)


def _path(frame: Frame) -> Path:
    name = frame.template["memoize"]["cache"]["configMap"]["name"]
    return frame.run.hub.state.path / ".memo" / f"{name}.json"


def _read(frame: Frame) -> dict[str, Any]:
    try:
        return dict(json.loads(_path(frame).read_text(encoding="utf-8")))
    except FileNotFoundError:
        return {}
