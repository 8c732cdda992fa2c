"""How long a leaf may run, and whether it may start at all."""

import asyncio
import time
from typing import Any

from workflows.runner.engine.frame import Frame
from workflows.runner.errors import NodeFault
from workflows.runner.language import duration
from workflows.runner.language.errors import DurationError
from workflows.runner.model.node import Node
from workflows.runner.nodes.container import Started

_DEADLINE = "Step exceeded its deadline"
_READY_SECONDS = 300.0


def refusal(frame: Frame) -> str | None:
    """Give why a run that ends starts no more, or None."""
    run = frame.run
    if not run.may_start(on_exit=frame.call.on_exit):
        return f"workflow shutdown with strategy: {run.shutdown}"
    if run.past_deadline and not frame.call.on_exit:
        return _DEADLINE
    return None


def seconds(text: Any, what: str) -> float:
    """Read a number of seconds or a Go duration.

    Raises:
        NodeFault: it is neither.
    """
    try:
        return duration.seconds(str(text))
    except DurationError as error:
        raise NodeFault(f"{what}: {error}") from error


def deadline(frame: Frame, node: Node) -> tuple[float | None, str | None]:
    """Give when a leaf that starts now must be over, and what it is told then.

    Raises:
        NodeFault: its timeout has passed already, or is malformed.
    """
    now = time.time()
    template = frame.template
    found: list[tuple[float, str | None]] = []
    if template.get("activeDeadlineSeconds") is not None:
        found.append(
            (now + seconds(template["activeDeadlineSeconds"], "activeDeadlineSeconds"), None)
        )
    if template.get("timeout"):
        until = node.started + seconds(template["timeout"], "invalid timeout format")
        if until - now <= 1 and seconds(template["timeout"], "timeout") > 1:
            raise NodeFault(f"{frame.name} exceeded its deadline")
        found.append((until, None))
    if frame.deadline is not None:
        found.append((frame.deadline, _DEADLINE))
    return min(found, key=lambda pair: pair[0], default=(None, None))


def patience(frame: Frame, node: Node) -> float | None:
    """Give until when a leaf may wait for its start.

    Raises:
        NodeFault: its timeout is malformed.
    """
    found = [] if frame.deadline is None else [frame.deadline]
    if frame.template.get("timeout"):
        found.append(node.started + seconds(frame.template["timeout"], "invalid timeout format"))
    return min(found, default=None)


async def ready(template: dict[str, Any], started: Started) -> bool:
    """Wait until a daemon is ready; false when it ended before."""
    body = template.get("container") or template.get("script") or {}
    probe = body.get("readinessProbe")
    if not probe:
        await asyncio.sleep(0.05)
        return not started.ended
    await asyncio.sleep(float(probe.get("initialDelaySeconds") or 0))
    until = time.time() + _READY_SECONDS
    while time.time() < until and not started.ended:
        if await _answers(probe):
            return True
        await asyncio.sleep(min(float(probe.get("periodSeconds") or 10), 0.5))
    return False


async def _answers(probe: dict[str, Any]) -> bool:
    target = probe.get("httpGet") or probe.get("tcpSocket")
    if target is None:
        return True
    port = int(target["port"])
    if probe.get("httpGet"):
        url = f"http://{target.get('host') or '127.0.0.1'}:{port}{target.get('path') or '/'}"
        return await asyncio.get_running_loop().run_in_executor(None, _get, url)
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


def _get(url: str) -> bool:
    import urllib.error
    import urllib.request

    try:
        with urllib.request.urlopen(url, timeout=1) as reply:
            return bool(reply.status < 400)
    except (urllib.error.URLError, OSError):
        return False
