"""What holds for every request: how much it may send, and what its answer carries."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from services import food
from services.classifier.metrics import Metrics

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

MAX_BODY = food.MAX_BYTES + 64 * 2**10  # the form around the photo
MAX_BODIES = 6 * MAX_BODY  # of all requests that are being received or wait
POLITE_BODY = 8 * MAX_BODY  # read to its end before it is refused, so that the answer arrives
SECONDS_TO_SEND = 30.0
PATHS = ("/", "/predict", "/version", "/test", "/feedback", "/healthz", "/readyz", "/metrics")
# What a request is counted under that only repeats one: it is no live traffic.
MIRRORED = "mirrored"
TOO_LARGE = f"This is more than {food.MAX_BYTES // 2**20} MB: send a smaller photo."
FULL = "Too many photos are being sent at once: send this one again a little later."
SLOW = f"The photo did not arrive within {SECONDS_TO_SEND:g} s: send it again."


def is_mirrored(scope: Scope) -> bool:
    """Say whether a request only repeats one that another version has answered.

    It is answered like any other, and counted apart: no person waits for it.
    """
    return any(name == b"x-mirrored" for name, _ in scope["headers"])


class State:
    """Whether this process is on its way out."""

    draining = False


class Marked:
    """Counts each request, and marks its answer with the version that gave it."""

    def __init__(self, app: Application, version: str, metrics: Metrics, state: State) -> None:
        self._app = app
        self._version = version.encode()
        self._metrics = metrics
        self._state = state

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        start = time.perf_counter()
        status = 500

        async def mark(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                extra = [(b"x-model-version", self._version)]
                # After an error that nobody foresaw, uvicorn closes the connection as well.
                # Who is told so does not lose the next request on it.
                if self._state.draining or status == 500:
                    extra.append((b"connection", b"close"))
                message["headers"] = [*message["headers"], *extra]
            await send(message)

        try:
            await self._app(scope, receive, mark)
        finally:
            path = MIRRORED if is_mirrored(scope) else scope["path"]
            path = path if path in (*PATHS, MIRRORED) else "other"
            self._metrics.request(path, status, time.perf_counter() - start)


class Bounded:
    """Refuses bodies that are too large, too slow, or too many at once."""

    def __init__(self, app: Application) -> None:
        self._app = app
        self._held = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, unless its head says that it is too large."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        length = headers.get(b"content-length", b"0")
        announced = int(length) if length.isdigit() else 0
        if announced > MAX_BODY:
            if announced <= POLITE_BODY and b"expect" not in headers:
                await _read_to_the_end(receive, {"more_body": True})
            await _refusal(413, TOO_LARGE)(scope, receive, send)
            return
        if self._held + announced > MAX_BODIES:
            await _refusal(503, FULL)(scope, receive, send)
            return
        await self._pass_on(scope, receive, send)

    async def _pass_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        mine = 0
        end = asyncio.get_running_loop().time() + SECONDS_TO_SEND
        complete = False

        async def measured() -> Message:
            nonlocal mine, complete
            if complete:  # what comes now is the word that the client has gone
                return await receive()
            try:
                async with asyncio.timeout_at(end):
                    message = await receive()
            except TimeoutError:
                raise HTTPException(408, SLOW) from None
            complete = not message.get("more_body")
            size = len(message.get("body", b""))
            mine += size
            self._held += size
            if mine > MAX_BODY:
                await _read_to_the_end(receive, message)
                raise HTTPException(413, TOO_LARGE, {"connection": "close"})
            if self._held > MAX_BODIES:
                raise HTTPException(503, FULL, {"Retry-After": "1"})
            return message

        try:
            await self._app(scope, measured, send)
        finally:
            self._held -= mine


def _refusal(status: int, sentence: str) -> JSONResponse:
    headers = {"connection": "close"}
    if status == 503:
        headers["retry-after"] = "1"
    return JSONResponse({"detail": sentence}, status, headers)


async def _read_to_the_end(receive: Receive, message: Message) -> None:
    """Throw a body away: a client that is still sending would not read the answer."""
    size = 0
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(SECONDS_TO_SEND):
            while message.get("more_body") and size < POLITE_BODY:
                message = await receive()
                size += len(message.get("body", b""))
