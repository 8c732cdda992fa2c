"""A site's API and the replicas behind it, as a real HTTP server that tests command."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Site:
    """Answers as a site does, with what tests told it to serve."""

    def __init__(self):
        self.environments = {}
        self.weights = {}
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))
        self.thread.start()

    def serve(self, environment, version, digest, *, image=None, replicas=1, **facts):
        """Serve a version in an environment from now on."""
        one = {
            "image": f"registry.local/gourmetgram-app@{image or digest}",
            "ready": True,
            "restarts": 0,
            "state": "Running",
            "reason": "",
            "exitCode": None,
            "memory": 50 * 2**20,
            "memoryLimit": 200 * 2**20,
            **facts,
        }
        self.environments[environment] = {
            "version": version,
            "digest": digest,
            "health": "Healthy" if one["ready"] else "Progressing",
            "image": one["image"],
            "replicas": [
                {"name": f"app-{n}", "url": f"{self.url}/{environment}/{n}", **one}
                for n in range(replicas)
            ],
        }

    def answer(self, path):
        """Answer a request."""
        if path == "/v1/status":
            return {
                "namespaces": {f"gourmetgram-{e}": self._namespace(e) for e in self.environments},
                "routes": [{"name": "gourmetgram", "backends": self._backends()}],
            }
        environment, _, _ = path.strip("/").partition("/")
        here = self.environments[environment]
        return {"version": here["version"], "digest": here["digest"]}

    def stop(self):
        """Stop serving."""
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def _namespace(self, environment):
        here = self.environments[environment]
        deployment = {
            "health": here["health"],
            "message": "",
            "image": here["image"],
            "desired": len(here["replicas"]),
            "replicas": here["replicas"],
        }
        return {"deployments": {"gourmetgram-app": deployment}}

    def _backends(self):
        return [
            {"namespace": f"gourmetgram-{name}", "service": "gourmetgram-app", "weight": weight}
            for name, weight in self.weights.items()
        ]

    def _handler(site):  # noqa: N805
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                body = json.dumps(site.answer(self.path)).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_arguments):
                pass

        return Handler
