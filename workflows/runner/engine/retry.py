"""Try a template again: the Retry node, its attempts, and when to give up."""

import asyncio
import json
import math
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any

from workflows.runner.engine.frame import Frame
from workflows.runner.engine.waits import InterruptedWaitError
from workflows.runner.errors import NodeFault, StuckFault
from workflows.runner.language import duration, expr
from workflows.runner.language.errors import DurationError, ExpressionError, LanguageError
from workflows.runner.model import names
from workflows.runner.model.node import ERROR, FAILED, RUNNING, SUCCEEDED, Node
from workflows.runner.scope import arguments

ALWAYS, ON_ERROR, ON_FAILURE, ON_TRANSIENT = (
    "Always", "OnError", "OnFailure", "OnTransientError",
)  # fmt: skip
_TRANSIENT = re.compile(
    "etcdserver: (leader changed|request timed out|too many requests)"
    "|Connection closed by foreign host|net/http: TLS handshake timeout|i/o timeout"
    "|connection timed out|connection reset by peer|http2: client connection lost"
    "|http2: server sent GOAWAY and closed the connection|connect: connection refused"
    "|unexpected error when reading response body|stream error when reading response body"
    "|request did not complete within requested timeout"
    "|client rate limiter Wait returned an error"
)

Dispatch = Callable[[Frame], Awaitable[Node]]


def policy_of(strategy: Mapping[str, Any]) -> str:
    """Give the policy that holds: an expression alone decides when no policy is named."""
    named = strategy.get("retryPolicy")
    if named:
        return str(named)
    return ALWAYS if strategy.get("expression") else ON_FAILURE


async def run(frame: Frame, strategy: Mapping[str, Any], dispatch: Dispatch) -> Node:
    """Run attempts until one succeeds or the strategy says that it is enough.

    Raises:
        NodeFault: an attempt could not be run and the policy does not cover that, or the
            strategy is malformed.
    """
    parent = _parent(frame)
    try:
        return await _attempts(frame, strategy, parent, dispatch)
    except NodeFault as fault:
        parent.children = {child: None for child in parent.children if child in frame.run.nodes}
        if not parent.fulfilled:
            frame.run.mark(parent, ERROR, fault.message)
        raise


async def _attempts(
    frame: Frame, strategy: Mapping[str, Any], parent: Node, dispatch: Dispatch
) -> Node:
    attempts: list[Node] = []
    last: Node | None = None
    give_up: float | None = None
    while True:
        number = len(attempts)
        name = f"{frame.name}({number})"
        template = _with_attempt(frame, name, number, last)
        frame.run.ledger.child(parent.id, names.node_id(frame.run.name, name))
        parent.children[names.node_id(frame.run.name, name)] = None
        last = await _attempt(frame.attempt(name, template, give_up), strategy, dispatch)
        attempts.append(last)
        _saw(frame, last)
        if last.daemoned and not last.completed:
            return _daemoned(frame, parent, last)
        parent.outputs = last.outputs
        if not last.unsuccessful:
            return frame.run.mark(parent, SUCCEEDED)
        if frame.call.boundary is not None and frame.call.boundary.broken:
            frame.run.mark(parent, last.phase, last.message)
            frame.call.boundary.refuse_if_broken()
        message, give_up = await _verdict(frame, strategy, parent, attempts)
        if message is not None:
            return frame.run.mark(parent, last.phase, message)


def _saw(frame: Frame, node: Node) -> None:
    if frame.call.boundary is not None:
        frame.call.boundary.saw(node)


def _parent(frame: Frame) -> Node:
    run, call = frame.run, frame.call
    node = run.find(frame.name)
    if node is not None:
        node.type = "Retry"
        return run.reopen(node, RUNNING)
    return run.create(
        frame.name, "Retry", call.holder, call.context.scope,
        boundary=call.boundary, phase=RUNNING, template=frame.template, flag=frame.flag,
        parents=call.parents,
    )  # fmt: skip


def _daemoned(frame: Frame, parent: Node, last: Node) -> Node:
    parent.daemoned, parent.ip = True, last.ip
    return frame.run.mark(parent, last.phase)


async def _attempt(frame: Frame, strategy: Mapping[str, Any], dispatch: Dispatch) -> Node:
    await frame.slots.enter()
    try:
        return await dispatch(frame)
    except StuckFault:
        raise
    except NodeFault:
        node = frame.run.find(frame.name)
        if node is None or policy_of(strategy) == ON_FAILURE:
            raise
        return node


def _with_attempt(frame: Frame, name: str, number: int, last: Node | None) -> dict[str, Any]:
    """Fill in `retries` and `lastRetry.*`, which only an attempt knows."""
    if "{{" not in json.dumps(frame.template, ensure_ascii=False):
        return frame.template
    local = {
        "retries": str(number),
        "lastRetry.exitCode": "0",
        "lastRetry.duration": "0",
        "lastRetry.status": "",
        "lastRetry.message": "",
    }
    if last is not None:
        local.update(_of_last(last, unknown="0"))
    if frame.is_pod:
        local["pod.name"] = names.pod_name(frame.run.name, name, frame.template.get("name"))
    return arguments.substitute(frame.template, frame.run.globals, local)


def _of_last(last: Node, unknown: str) -> dict[str, str]:
    code = (last.outputs or {}).get("exitCode")
    return {
        "lastRetry.exitCode": unknown if code is None else code,
        "lastRetry.status": last.phase,
        "lastRetry.duration": str(int((last.finished or time.time()) - last.started)),
        "lastRetry.message": last.message,
    }


async def _verdict(
    frame: Frame, strategy: Mapping[str, Any], parent: Node, attempts: list[Node]
) -> tuple[str | None, float | None]:
    """Decide after a failed attempt.

    Returns:
        The message of the end, or None to go on; and when the next attempt must be over.
    """
    last = attempts[-1]
    message, give_up = _ended(frame), None
    if message is None and strategy.get("backoff") is not None:
        message, give_up = await _back_off(frame, strategy, parent, attempts)
    if message is not None:
        return message, None
    if not _covers(policy_of(strategy), last):
        return last.message, None
    limit = _whole(strategy.get("limit"))
    if limit is not None and len(attempts) > limit:
        return "No more retries left", None
    if strategy.get("expression") and not _wanted(strategy["expression"], attempts):
        return "retryStrategy.expression evaluated to false", None
    return None, give_up


def _ended(frame: Frame) -> str | None:
    """Give why nothing is tried again in a run that ends."""
    run = frame.run
    if run.shutdown is not None and not run.may_start(on_exit=frame.call.on_exit):
        return f"Stopped with strategy '{run.shutdown}'"
    if run.past_deadline and not frame.call.on_exit:
        return "retry exceeded workflow deadline"
    return None


def _covers(policy: str, last: Node) -> bool:
    if policy == ALWAYS:
        return True
    if policy == ON_ERROR:
        return last.phase == ERROR
    if policy == ON_FAILURE:
        return last.phase == FAILED
    if policy == ON_TRANSIENT:
        return _TRANSIENT.search(last.message) is not None
    raise NodeFault(f"{policy} is not a valid RetryPolicy")


def _wanted(expression: str, attempts: list[Node]) -> bool:
    flat = {"retries": str(len(attempts) - 1), **_of_last(attempts[-1], unknown="-1")}
    try:
        value = expr.evaluate(expression, expr.environment(flat))
    except ExpressionError as error:
        raise NodeFault(str(error)) from error
    if not isinstance(value, bool):
        raise NodeFault(f"unable to cast expression result '{value}' to bool")
    return value


async def _back_off(
    frame: Frame, strategy: Mapping[str, Any], parent: Node, attempts: list[Node]
) -> tuple[str | None, float | None]:
    backoff: Mapping[str, Any] = strategy["backoff"]
    give_up = None
    if backoff.get("maxDuration"):
        give_up = attempts[0].started + _seconds(backoff["maxDuration"])
        if time.time() > give_up:
            return "Max duration limit exceeded", None
    if not backoff.get("duration"):
        raise NodeFault("no base duration specified for retryStrategy")
    wait = pause(backoff, len(attempts))
    until = (attempts[-1].finished or time.time()) + wait
    if give_up is not None and until > give_up:
        return "Backoff would exceed max duration limit", None
    limit = _whole(strategy.get("limit"))
    if limit is not None and len(attempts) <= limit:
        await _rest(frame, parent, until, wait)
    frame.run.mark(parent, parent.phase, "")
    return _ended(frame), give_up


def pause(backoff: Mapping[str, Any], attempts: int) -> float:
    """Give the seconds to wait after so many attempts."""
    base = _seconds(backoff["duration"])
    factor = _whole(backoff.get("factor"))
    wait = base
    if factor is not None and factor > 0:
        try:
            wait = base * math.pow(factor, attempts - 1)
        except OverflowError:
            wait = math.inf
    if backoff.get("cap"):
        wait = min(wait, _seconds(backoff["cap"]))
    return wait


async def _rest(frame: Frame, parent: Node, until: float, wait: float) -> None:
    run = frame.run
    seconds = until - time.time()
    if seconds <= 0:
        return
    run.mark(parent, parent.phase, f"Backoff for {duration.format_duration(int(wait * 1e9))}")
    frame.slots.leave(keep=0)
    with run.hub.working(), suppress(InterruptedWaitError):
        await run.waits.until(asyncio.sleep(seconds), on_exit=frame.call.on_exit)


def _seconds(text: Any) -> float:
    try:
        return duration.seconds(str(text))
    except DurationError as error:
        raise NodeFault(str(error)) from error


def _whole(value: Any) -> int | None:
    if value is None:
        return None
    try:
        return int(value)
    except (ValueError, LanguageError) as error:
        raise NodeFault(f'strconv.ParseInt: parsing "{value}": invalid syntax') from error
