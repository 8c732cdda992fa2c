"""Stand between a program and a real server, and spoil the one answer that one is told to spoil."""

import threading
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HOW = ("error", "garbage", "silence", "hang-up")
PASSED = ("Content-Type", "Accept", "X-Auth-Token")


class Spoiler:
    """Passes requests on, and from the wanted one on spoils each answer.

    Attributes:
        how: error (500), garbage (no JSON), silence (no answer), hang-up (the answer is cut off).
        first: The number of the first request that is spoiled, from 1; 0: none.
        done: Spoil the answer after the request was carried out, and not before.
    """

    def __init__(self, real):
        self.real = real
        self.how, self.first, self.done = "error", 0, False
        self.seen = 0
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))
        self.thread.start()
        self.over = threading.Event()

    def spoil(self, how, first=1, *, done=False):
        """Spoil answers from a request on."""
        self.how, self.first, self.done, self.seen = how, first, done, 0

    def heal(self):
        """Pass everything on again."""
        self.first = 0

    def stop(self):
        """End the server."""
        self.over.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def answer(self, handler, method):
        """Answer one request, well or badly."""
        self.seen += 1
        bad = bool(self.first) and self.seen >= self.first
        length = int(handler.headers.get("Content-Length") or 0)
        content = handler.rfile.read(length) if length else None
        if bad and not self.done:
            self._spoil(handler)
            return
        status, body, kind = self._pass_on(method, handler.path, content, handler.headers)
        if bad:
            self._spoil(handler)
            return
        self._send(handler, status, body, kind)

    def _spoil(self, handler):
        if self.how == "error":
            self._send(handler, 500, b'{"error_code": "INTERNAL_ERROR", "message": "no"}')
        elif self.how == "garbage":
            self._send(handler, 200, b"<html>please log in</html>", "text/html")
        elif self.how == "hang-up":
            handler.send_response(200)
            handler.send_header("Content-Length", "1000")
            handler.end_headers()
            handler.wfile.write(b'{"half')
        else:
            self.over.wait(60)
        handler.close_connection = True

    def _pass_on(self, method, path, content, headers):
        given = {name: headers[name] for name in PASSED if name in headers}
        request = urllib.request.Request(
            self.real + path, data=content, headers=given, method=method
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, answer.read(), answer.headers.get("Content-Type")
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read(), error.headers.get("Content-Type")

    @staticmethod
    def _send(handler, status, body, kind="application/json"):
        handler.send_response(status)
        handler.send_header("Content-Type", kind or "application/json")
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    def _handler(spoiler):  # noqa: N805
        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_arguments):
                pass

        for method in ("GET", "POST", "PUT", "DELETE", "PATCH"):
            setattr(Handler, f"do_{method}", lambda handler, m=method: spoiler.answer(handler, m))
        return Handler
