"""A canary and a production of real HTTP servers: metrics, photos, and the site's own API."""

import json
import random
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from services.lifecycle.judging import thresholds
from services.lifecycle.judging.counts import Counts
from services.lifecycle.judging.exposition import read

EDGES = (0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 5, 10)
LABELS = ("Bread", "Egg", "Noodles/Pasta", 'a "quoted" one')
CANARY_DIGEST, PRODUCTION_DIGEST = "sha256:" + "a" * 64, "sha256:" + "b" * 64


class Replica:
    """One process of the app: it counts its answers, as the classifier does."""

    def __init__(self, version, digest, seed=1):
        self.version, self.digest = version, digest
        self.draw = random.Random(seed)
        self.errors, self.refusals, self.slower = 0.0, 0.0, 1.0
        self.mix = (4, 3, 2, 1)
        self.lock = threading.Lock()
        self.restarts = 0
        self.silent = False
        self.photos = []
        self.choose = None
        self._begin(time.time() - 3600)

    def restart(self, counted=True):
        """End and start anew, with every counter at 0."""
        with self.lock:
            self.restarts += counted
            self._begin(time.time())

    def take(self, count=1):
        """Answer so many requests."""
        for _ in range(count):
            with self.lock:
                self._answer()

    def text(self):
        """Return the metrics."""
        with self.lock:
            return "".join(self._lines())

    def _begin(self, started):
        self.started = started
        self.statuses = {"200": 0, "503": 0}
        self.times, self.labels, self.sure = [], dict.fromkeys(LABELS, 0), []

    def _answer(self):
        status = "500" if self.draw.random() < self.errors else "200"
        if status == "200" and self.draw.random() < self.refusals:
            status = "422"
        self.statuses[status] = self.statuses.get(status, 0) + 1
        self.times.append(self.draw.lognormvariate(-4.2, 0.3) * self.slower)
        if status == "200":
            self.labels[self.draw.choices(LABELS, self.mix)[0]] += 1
            self.sure.append(self.draw.betavariate(8, 2))

    def _lines(self):
        who = f'version="{self.version}"'
        yield "# HELP classifier_info 1, with what is served here\n"
        yield f'classifier_info{{{who},digest="{self.digest}",environment="x"}} 1.0\n'
        yield f"process_start_time_seconds {self.started:.2f}\n"
        for status, number in self.statuses.items():
            where = f'{who},path="/predict",status="{status}"'
            yield f"classifier_requests_total{{{where}}} {number}.0\n"
        yield f'classifier_requests_total{{{who},path="/healthz",status="500"}} 999.0\n'
        for edge in EDGES:
            within = sum(seconds <= edge for seconds in self.times)
            where = f'le="{float(edge)}",path="/predict",{who}'
            yield f"classifier_request_seconds_bucket{{{where}}} {within}.0\n"
        where = f'path="/predict",{who}'
        yield f'classifier_request_seconds_bucket{{le="+Inf",{where}}} {len(self.times)}.0\n'
        yield f"classifier_request_seconds_count{{{where}}} {len(self.times)}.0\n"
        yield f"classifier_confidence_count{{{who}}} {len(self.sure)}.0\n"
        yield f"classifier_confidence_sum{{{who}}} {sum(self.sure)}\n"
        for label, number in self.labels.items():
            written = label.replace('"', '\\"')
            yield f'classifier_predictions_total{{label="{written}",{who}}} {number}.0\n'


class Fleet:
    """The site: it knows the replicas, and each has an address of its own."""

    def __init__(self):
        self.environments = {}
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))
        self.thread.start()

    def serve(self, environment, version, digest, replicas=1):
        """Serve a version from now on; return its replicas."""
        made = [Replica(version, digest, seed) for seed in range(replicas)]
        self.environments[environment] = made
        return made

    def address(self, environment, number=0):
        """Return the address of a replica."""
        return f"{self.url}/{environment}/{number}"

    def status(self):
        """Say what the site's API says."""
        return {
            "namespaces": {
                f"gourmetgram-{name}": {"deployments": {"gourmetgram-app": self._deployed(name)}}
                for name in self.environments
            }
        }

    def stop(self):
        """Stop serving."""
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def _deployed(self, name):
        replicas = self.environments[name]
        image = f"registry.local/gourmetgram-app@{replicas[0].digest}"
        facts = {"ready": True, "state": "Running", "reason": "", "memory": 1, "memoryLimit": None}
        told = [
            {
                "name": f"app-{number}",
                "url": self.address(name, number),
                "image": image,
                "restarts": replica.restarts,
                **facts,
            }
            for number, replica in enumerate(replicas)
        ]
        return {
            "health": "Healthy",
            "message": "",
            "image": image,
            "desired": len(told),
            "replicas": told,
        }


def _handler(fleet):
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            if self.path == "/v1/status":
                return self._say(200, json.dumps(fleet.status()))
            replica, what = self._replica()
            if replica.silent:
                return self._say(503, "gone")
            if what == "version":
                version = None if replica.version == "none" else int(replica.version)
                return self._say(200, json.dumps({"version": version, "digest": replica.digest}))
            return self._say(200, replica.text())

        def do_POST(self):
            replica, _ = self._replica()
            body = self.rfile.read(int(self.headers["Content-Length"]))
            replica.photos.append(body)
            status, label = replica.choose(body)
            self._say(status, json.dumps({"label": label, "confidence": 0.9}))

        def _replica(self):
            _, environment, number, what = self.path.split("/")
            return fleet.environments[environment][int(number)], what

        def _say(self, status, text):
            body = text.encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments):
            pass

    return Handler


@pytest.fixture
def fleet():
    running = Fleet()
    yield running
    running.stop()


@pytest.fixture
def canary(fleet):
    return fleet.serve("canary", "7", CANARY_DIGEST)[0]


@pytest.fixture
def production(fleet):
    return fleet.serve("production", "6", PRODUCTION_DIGEST)[0]


@pytest.fixture
def limits():
    return thresholds.read()


def counted(replica):
    """Return what a replica counted since it started."""
    return read(replica.text()).counts


def nothing():
    return Counts()
