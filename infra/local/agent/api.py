"""The agent's HTTP API on loopback: read the status, ask for a sync."""

import json
import threading
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from infra.local.ports import LOOPBACK

Answer = Callable[[], dict[str, Any]]


class Server(ThreadingHTTPServer):
    """Serves what the agent last said, without holding it up."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, port: int, status: Answer, sync: Answer) -> None:
        self.actions = {("GET", "/v1/status"): status, ("POST", "/v1/sync"): sync}
        super().__init__((LOOPBACK, port), _Handler)

    def begin(self) -> None:
        """Serve from a thread of its own."""
        threading.Thread(target=self.serve_forever, name="api", daemon=True).start()


class _Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"
    timeout = 30
    wbufsize = -1  # headers and body leave together; apart, the second waits 40 ms for an echo

    def do_GET(self) -> None:
        self._answer("GET")

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self._answer("POST")

    def _answer(self, method: str) -> None:
        action = self.server.actions.get((method, self.path))
        if action is None:
            known = ", ".join(" ".join(key) for key in self.server.actions)
            self._send(HTTPStatus.NOT_FOUND, {"error": f"There is: {known}."})
        else:
            self._send(HTTPStatus.OK, action())

    def _send(self, code: HTTPStatus, body: dict[str, Any]) -> None:
        text = json.dumps(body).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: the status is asked for all the time."""
