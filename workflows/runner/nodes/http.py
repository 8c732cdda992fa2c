"""Run an http template: one request, judged by its status or a condition."""

import asyncio
import base64
import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any

from workflows.runner.engine.frame import Frame
from workflows.runner.engine.waits import InterruptedWaitError
from workflows.runner.errors import NodeFault
from workflows.runner.language import expr
from workflows.runner.language.errors import ExpressionError
from workflows.runner.machine.volumes import data_of
from workflows.runner.model.library import Library, MissingObjectError
from workflows.runner.model.node import ERROR, FAILED, PENDING, RUNNING, SUCCEEDED, Node
from workflows.runner.nodes import limits

_SECONDS = 30.0


async def run_http(frame: Frame) -> Node:
    """Send the request of an http template."""
    run, node = frame.run, frame.node(PENDING)
    refusal = limits.refusal(frame)
    if refusal is not None:
        return run.mark(node, FAILED, refusal)
    run.mark(node, RUNNING)
    await run.written()
    body: Mapping[str, Any] = frame.template["http"]
    request = _request(body, run.hub.library)
    timeout = float(body.get("timeoutSeconds") or _SECONDS)
    insecure = bool(body.get("insecureSkipVerify"))
    loop = asyncio.get_running_loop()
    try:
        with run.hub.working():
            status, headers, text = await run.waits.until(
                loop.run_in_executor(None, _send, request, timeout, insecure),
                on_exit=frame.call.on_exit,
            )
    except InterruptedWaitError as end:
        return run.mark(node, FAILED, end.held)
    except OSError as error:
        return run.mark(node, ERROR, str(error))
    node.outputs = {"result": text}
    try:
        message = _judge(body, status, headers, text)
    except NodeFault as fault:
        return run.mark(node, ERROR, fault.message)
    return run.mark(node, FAILED, message) if message else run.mark(node, SUCCEEDED)


def _judge(
    body: Mapping[str, Any], status: int, headers: dict[str, list[str]], text: str
) -> str | None:
    condition = body.get("successCondition")
    if not condition:
        return None if 200 <= status < 300 else f"received non-2xx response code: {status}"
    known = {
        "request": {
            "method": body.get("method", ""), "url": body.get("url", ""),
            "body": body.get("body", ""), "headers": {},
        },
        "response": {"statusCode": status, "body": text, "headers": headers},
    }  # fmt: skip
    try:
        value = expr.evaluate(condition, {**expr.environment({}), **known})
    except ExpressionError as error:
        raise NodeFault(str(error)) from error
    return None if value is True else f"successCondition '{condition}' evaluated false"


def _request(body: Mapping[str, Any], library: Library) -> urllib.request.Request:
    data = (body.get("body") or "").encode() or None
    if (body.get("bodyFrom") or {}).get("bytes"):
        data = base64.b64decode(body["bodyFrom"]["bytes"])
    request = urllib.request.Request(body["url"], data=data, method=body.get("method") or "GET")
    for header in body.get("headers") or ():
        value = header.get("value") or ""
        reference = (header.get("valueFrom") or {}).get("secretKeyRef")
        if reference:
            try:
                secret = data_of(library.get("Secret", reference["name"]))
                value = secret[reference["key"]].decode()
            except (MissingObjectError, KeyError) as error:
                raise NodeFault(f"header {header['name']}: {error}") from error
        request.add_header(header["name"], value)
    return request


def _send(
    request: urllib.request.Request, timeout: float, insecure: bool
) -> tuple[int, dict[str, list[str]], str]:
    context = ssl.create_default_context()
    if insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    try:
        with urllib.request.urlopen(request, timeout=timeout, context=context) as reply:
            return reply.status, _headers(reply.headers), reply.read().decode("utf-8", "replace")
    except urllib.error.HTTPError as error:
        return error.code, _headers(error.headers), error.read().decode("utf-8", "replace")


def _headers(headers: Any) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in headers.items():
        found.setdefault(name.title(), []).append(value)
    return found
