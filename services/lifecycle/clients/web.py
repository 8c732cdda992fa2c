"""Speak JSON with an HTTP server, with a deadline and a sentence when it fails."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from http.client import HTTPException
from typing import Any

from services.lifecycle.errors import LifecycleError

# Steps speak to the site itself and to nobody through a proxy.
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))
PAUSE = 0.2


class NoAnswerError(LifecycleError):
    """A server does not answer, or not with JSON."""


class SaidNoError(LifecycleError):
    """A server answered, and said no.

    Attributes:
        status: The HTTP status.
        body: What it said, as far as that was JSON.
    """

    def __init__(self, address: str, status: int, body: Mapping[str, Any]) -> None:
        self.status = status
        self.body = body
        super().__init__(f"{address} answers {status}: {body.get('message') or body or 'nothing'}")


def get(address: str, *, deadline: float = 5.0) -> Any:
    """Return the JSON at an address.

    Raises:
        NoAnswerError: there is none to be had before the deadline.
    """
    try:
        return call("GET", address, deadline=deadline)
    except SaidNoError as error:
        raise NoAnswerError(str(error)) from None


def call(
    method: str,
    address: str,
    content: Mapping[str, Any] | None = None,
    *,
    deadline: float = 5.0,
    patience: float = 0.0,
) -> Any:
    """Send JSON and return the JSON that comes back.

    `patience` is for how many seconds a server that refuses the connection is tried again: it
    may just be starting.

    Raises:
        SaidNoError: the server refuses what was asked.
        NoAnswerError: it gives no answer that can be read.
    """
    end = time.monotonic() + patience
    while True:
        try:
            return _once(method, address, content, deadline)
        except ConnectionRefusedError as error:
            if time.monotonic() >= end:
                raise NoAnswerError(f"{address} gives no answer: {error.strerror}") from None
            time.sleep(PAUSE)


def _once(method: str, address: str, content: Mapping[str, Any] | None, deadline: float) -> Any:
    data = None if content is None else json.dumps(content).encode()
    kind = {} if data is None else {"Content-Type": "application/json"}
    request = urllib.request.Request(address, data=data, headers=kind, method=method)
    try:
        with OPENER.open(request, timeout=deadline) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            raise SaidNoError(address, error.code, _read(error.read())) from None
    except (OSError, ValueError, HTTPException) as error:
        reason = getattr(error, "reason", error)
        if isinstance(reason, ConnectionRefusedError):
            raise reason from None
        raise NoAnswerError(f"{address} gives no answer: {reason}") from None


def _read(body: bytes) -> dict[str, Any]:
    try:
        said = json.loads(body)
    except ValueError:
        return {"message": body[:200].decode(errors="replace").strip()}
    return said if isinstance(said, dict) else {"message": str(said)}
