"""The server process: it tells others that it is going before it goes."""

import asyncio
import signal
from types import FrameType

import uvicorn

from services.classifier.wrapping import Application, State

SECONDS_TO_FINISH = 20
# Longer than a gateway keeps an idle connection (Traefik: 90 s), so that it is the gateway
# that closes it, and never a request that finds it closed.
KEEP_ALIVE = 120


class Server(uvicorn.Server):
    """A uvicorn server that, on SIGTERM, is not ready first and stops accepting later."""

    def __init__(self, config: uvicorn.Config, state: State, drain: float) -> None:
        super().__init__(config)
        self._state = state
        self._drain = drain
        self.interrupted = False

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to drain; a second signal, or Ctrl-C, does not wait for that.

        The signal is not handed on to uvicorn, which would die of it in the end: a
        process that was asked to stop and did has exit code 0.
        """
        self.interrupted = sig == signal.SIGINT
        if self._state.draining or self.interrupted:
            self.should_exit = True
            return
        self._state.draining = True
        loop = asyncio.get_running_loop()
        loop.call_soon_threadsafe(loop.call_later, self._drain, self._stop)

    def _stop(self) -> None:
        self.should_exit = True


def serve(app: Application, host: str, port: int, state: State, drain: float) -> int:
    """Serve until told to stop; return the exit code."""
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        access_log=False,
        log_level="warning",
        server_header=False,
        lifespan="off",
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=SECONDS_TO_FINISH,
    )
    server = Server(config, state, drain)
    server.run()
    return 130 if server.interrupted else 0
