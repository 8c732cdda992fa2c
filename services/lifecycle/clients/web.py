"""Speak JSON with an HTTP server, with a deadline and a sentence when it fails."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPException, IncompleteRead
from pathlib import Path
from typing import Any

from services.lifecycle.errors import LifecycleError

# Steps speak to the site itself and to nobody through a proxy.
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))
PAUSE = 0.2
PIECE = 2**20


class NoAnswerError(LifecycleError):
    """A server does not answer, or not with JSON."""


class NotUpError(NoAnswerError):
    """Nobody listens there."""


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
        except NotUpError:
            if time.monotonic() >= end:
                raise
            time.sleep(PAUSE)


def download(address: str, file: Path, *, deadline: float) -> None:
    """Write what an address holds into a file.

    Raises:
        SaidNoError: the server refuses what was asked.
        NoAnswerError: it gives no answer.
        OSError: the file cannot be written.
    """
    with file.open("wb") as out:
        for piece in _pieces(urllib.request.Request(address), deadline):
            out.write(piece)


def upload(address: str, file: Path, *, deadline: float) -> None:
    """Put a file to an address.

    Raises:
        SaidNoError: the server refuses it.
        NoAnswerError: it gives no answer.
    """
    size = {"Content-Length": str(file.stat().st_size)}
    with file.open("rb") as content:
        request = urllib.request.Request(address, data=content, headers=size, method="PUT")
        for _ in _pieces(request, deadline):
            pass


def _once(method: str, address: str, content: Mapping[str, Any] | None, deadline: float) -> Any:
    data = None if content is None else json.dumps(content).encode()
    kind = {} if data is None else {"Content-Type": "application/json"}
    request = urllib.request.Request(address, data=data, headers=kind, method=method)
    with _spoken(request):
        return json.loads(b"".join(_pieces(request, deadline)))


def _pieces(request: urllib.request.Request, deadline: float) -> Iterator[bytes]:
    """Yield what a server answers, piece by piece; what its reader does is no fault of its."""
    with _spoken(request), OPENER.open(request, timeout=deadline) as answer:
        while piece := answer.read(PIECE):
            yield piece
        if answer.length:
            raise IncompleteRead(b"", answer.length)


@contextmanager
def _spoken(request: urllib.request.Request) -> Iterator[None]:
    """Put into words how a server fails."""
    try:
        yield
    except urllib.error.HTTPError as error:
        with error:
            raise SaidNoError(request.full_url, error.code, _read(error.read())) from None
    except (OSError, ValueError, HTTPException) as error:
        reason = getattr(error, "reason", error)
        kind = NoAnswerError
        if isinstance(reason, ConnectionRefusedError):
            kind, reason = NotUpError, reason.strerror
        raise kind(f"{request.full_url} gives no answer: {reason}") from None


def _read(body: bytes) -> dict[str, Any]:
    try:
        said = json.loads(body)
    except ValueError:
        return {"message": body[:200].decode(errors="replace").strip()}
    return said if isinstance(said, dict) else {"message": str(said)}
