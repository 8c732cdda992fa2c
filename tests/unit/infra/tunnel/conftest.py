"""Dashboards: real pages at addresses of their own, that ask everybody who he is."""

import threading
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest


class Page(BaseHTTPRequestHandler):
    """Asks everybody who he is, as dashboards do."""

    def do_GET(self):
        self.send_response(401)
        self.end_headers()
        self.wfile.write(self.server.server_address[0].encode())

    def log_message(self, *_words):
        pass


@pytest.fixture
def dashboard():
    """Start a dashboard at an address and a port; it ends with the test."""
    with ExitStack() as stack:

        def start(address, port):
            server = ThreadingHTTPServer((address, port), Page)
            thread = threading.Thread(target=server.serve_forever, args=(0.05,))
            thread.start()
            stack.callback(server.server_close)
            stack.callback(thread.join)
            stack.callback(server.shutdown)

        yield start
