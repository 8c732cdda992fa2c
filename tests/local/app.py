"""The smallest app that a site can serve: standard library only, and it misbehaves on demand.

It stands in for the classifier in tests of the site. MODE says how it misbehaves.
"""

import json
import os
import signal
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

MODE = os.environ.get("MODE", "")
VERSION = int(os.environ.get("VERSION", "1"))


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # headers and body leave together

    def do_GET(self) -> None:
        if self.path == "/slow":
            time.sleep(0.5)
        if self.path == "/eat":
            self.server.eaten = b"x" * 200_000_000
        if self.path == "/die":
            os._exit(3)
        if self.path == "/note":
            (Path(os.environ["FEEDBACK_DIR"]) / "note").write_text("kept")
        unready = self.path == "/readyz" and (MODE == "unready" or Path("unready").exists())
        facts = {
            "version": VERSION,
            "digest": os.environ.get("IMAGE_DIGEST"),
            "commit": os.environ.get("COMMIT"),
            "environment": os.environ.get("ENVIRONMENT"),
            "env": dict(os.environ),
            "argv": sys.argv,
            "cwd": str(Path.cwd()),
        }
        body = json.dumps(facts).encode()
        self.send_response(503 if unready else 200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Model-Version", str(VERSION))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = False
    block_on_close = True
    request_queue_size = 128


def main() -> None:
    print(f"hello from version {VERSION}", flush=True)
    if MODE == "crash":
        print("cannot read the model: bad magic number", flush=True)
        sys.exit(4)
    if MODE == "hungry":
        hoard = b"x" * 200_000_000
        time.sleep(60)
        print(len(hoard))
    server = Server((os.environ["HOST"], int(os.environ["PORT"])), Handler)
    if MODE == "deaf":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    else:
        signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    server.serve_forever(poll_interval=0.05)


if __name__ == "__main__":
    main()
