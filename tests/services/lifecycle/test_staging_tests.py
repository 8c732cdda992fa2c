"""The tests of an environment, held against a small app that can be wrong in one way at a time."""

import json
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import yaml

from services.lifecycle.verbs.test import failures
from tests.services.lifecycle.conftest import ROOT

DIGEST = "sha256:" + "a" * 64
LABELS = [f"class {number}" for number in range(11)]
OPENAPI = {
    "components": {
        "schemas": {"Feedback": {"properties": {"predicted": {"enum": LABELS}}}},
    }
}


class App:
    """What the real app promises, and a fault."""

    def __init__(self):
        self.version = 7
        self.label = LABELS[3]
        self.classes = LABELS
        self.seconds = 0.0
        self.fails = 0
        self.replica = {
            "name": "app-0",
            "ready": True,
            "state": "Running",
            "reason": "",
            "lastReason": "",
            "restarts": 0,
            "memory": 100,
            "memoryLimit": 200,
        }
        self.count = 0

    def get(self, path):
        """Answer a question."""
        match path:
            case "/version":
                return 200, {"version": self.version, "digest": DIGEST}
            case "/healthz":
                return 200, {"status": "ok"}
            case "/openapi.json":
                return 200, OPENAPI
            case "/test":
                return 200, self.prediction()
            case "/v1/status":
                deployment = {"replicas": [self.replica]}
                app = {"deployments": {"gourmetgram-app": deployment}}
                return 200, {"namespaces": {"gourmetgram-staging": app}}
        return 404, {"detail": "nothing is here"}

    def post(self, body):
        """Classify what looks like one of our photos, and refuse the rest."""
        self.count += 1
        if b'name="photo"' not in body:
            return 422, {"detail": "send a photo"}
        if b"IEND" not in body:
            return (422 if b"\r\n\r\n\r\n" in body else 415), {"detail": "this is no photo"}
        time.sleep(self.seconds)
        if self.fails and self.count % self.fails == 0:
            return 500, {"detail": "broken"}
        return 200, self.prediction()

    def prediction(self):
        """Answer with a label, and a share for each class."""
        rest = 0.5 / (len(self.classes) - 1)
        return {
            "label": self.label,
            "probabilities": {c: 0.5 if c == LABELS[3] else rest for c in self.classes},
        }


@pytest.fixture
def app():
    served = App()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            self.reply(*served.get(self.path))

        def do_POST(self):
            self.reply(*served.post(self.rfile.read(int(self.headers["Content-Length"]))))

        def reply(self, status, content):
            body = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("X-Model-Version", str(served.version))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments):
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_arguments):
            """Let whoever waits no longer go, in silence."""

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    served.url = f"http://127.0.0.1:{server.server_port}"
    yield served
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def examine(app, tmp_path):
    """Run the tests of an environment against the app; return what failed, in their words."""
    promised = yaml.safe_load((ROOT / "tests/staging/thresholds.yaml").read_text())
    # Only what a test is about may fail: a busy machine is neither slow nor short of answers.
    promised["load"] |= {"seconds": 30, "people": 2}
    thresholds = tmp_path / "thresholds.yaml"

    def run(*which, release="7", answer_seconds=10, **load):
        promised["load"] |= {"throughput": 1, "p95_milliseconds": 10_000, **load}
        promised["answer_seconds"] = answer_seconds
        thresholds.write_text(yaml.safe_dump(promised))
        report = tmp_path / "report"
        report.mkdir(exist_ok=True)
        options = {
            "url": app.url, "release": release, "digest": DIGEST, "site-api": app.url,
            "namespace": "gourmetgram-staging", "report": report, "thresholds": thresholds,
        }  # fmt: skip
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
        command += [f"--{name}={value}" for name, value in options.items()]
        command += [f"--junitxml={tmp_path / 'junit.xml'}"]
        command += [f"tests/staging/{name}" for name in which or ("",)]
        subprocess.run(command, cwd=ROOT, check=False, stdout=subprocess.DEVNULL, timeout=120)
        return failures((tmp_path / "junit.xml").read_text())

    return run


def test_a_good_app_passes_everything_and_the_raw_report_is_kept(examine, tmp_path):
    assert examine() == []

    kept = {path.name for path in (tmp_path / "report").iterdir()}
    assert {"load.html", "load_stats.csv", "load_failures.csv"} <= kept


def test_no_more_photos_are_sent_than_asked_for_and_the_report_counts_them_all(examine, tmp_path):
    assert examine("test_load.py", requests=40) == []

    lines = (tmp_path / "report/load_stats.csv").read_text().splitlines()
    total = dict(zip(lines[0].split(","), lines[-1].split(","), strict=True))
    assert (total["Name"], total["Request Count"]) == ("Aggregated", "40")


def test_another_version_is_a_wrong_version_also_when_it_begins_alike(app, examine):
    app.version = 70

    (reason,) = examine("test_contract.py")

    assert reason.endswith("wrong version: it serves 70, and 7 was released.")


def test_the_bootstrap_model_is_asked_for_as_none(app, examine):
    app.version = None

    assert "wrong version" not in " ".join(examine("test_contract.py", release="none"))


def test_a_label_that_is_no_class_is_an_invalid_class(app, examine):
    app.label = "an error page that mentions Rice"

    (reason,) = examine("test_contract.py")

    assert "invalid class: 'an error page" in reason
    assert reason.startswith("2 tests, first ")


def test_a_model_of_another_size_is_an_invalid_class(app, examine):
    app.classes = LABELS[:5]

    assert "invalid class: 5 classes are answered, not 11" in examine("test_contract.py")[0]


def test_a_slow_model_fails_by_its_p95(app, examine):
    app.seconds = 0.6

    (reason,) = examine("test_load.py", p95_milliseconds=400, requests=20)

    assert "slow model: p95 is" in reason


def test_errors_under_load_fail_by_their_share(app, examine):
    app.fails = 5

    (reason,) = examine("test_load.py")

    assert "errors under load" in reason
    assert "1.0% is allowed" in reason


def test_too_few_answers_fail_by_throughput(app, examine):
    app.seconds = 0.1

    (reason,) = examine("test_load.py", throughput=50, requests=60)

    assert "low throughput" in reason
    assert "50 are needed" in reason


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        pytest.param({"lastReason": "OOMKilled"}, "out of memory: app-0", id="killed before"),
        pytest.param({"restarts": 2}, "crash loop: app-0 ended 2 times", id="restarts"),
        pytest.param(
            {"ready": False, "state": "Waiting", "reason": "CrashLoopBackOff"},
            "crash loop: app-0 ended 0 times (CrashLoopBackOff)",
            id="crash loop",
        ),
        pytest.param(
            {"ready": False, "state": "Waiting", "reason": "ContainerCreating"},
            "not ready: app-0 is Waiting ContainerCreating",
            id="not ready",
        ),
        pytest.param({"memory": 190}, "too much memory: app-0", id="close to its limit"),
    ],
)
def test_what_the_site_says_of_the_replicas_fails_with_its_own_reason(app, examine, fault, reason):
    app.replica |= fault

    (said,) = examine("test_resources.py")

    assert reason in said


def test_without_an_address_every_test_skips_with_a_sentence():
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/staging"]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)

    assert done.returncode == 0
    assert "name the environment: ./run nox -s staging -- --url http://ADDRESS" in done.stdout
    assert "passed" not in done.stdout.splitlines()[-1]


def test_an_app_that_does_not_answer_is_said_in_one_line(app, examine):
    app.url = "http://127.0.0.1:9"

    (reason,) = examine("test_contract.py")

    words = "no answer from http://127.0.0.1:9/predict: [Errno 111] Connection refused."
    assert reason.endswith(words)


def test_what_does_not_answer_in_time_is_a_timeout(app, examine):
    app.seconds = 1.5

    (reason,) = examine("test_contract.py", answer_seconds=1)

    assert reason.endswith(f"timeout: no answer from {app.url}/predict within 1 s.")


def test_an_app_that_does_not_answer_is_explained_by_the_site(app, examine):
    app.seconds = 1.5
    app.replica["lastReason"] = "OOMKilled"

    (reason,) = examine("test_contract.py", answer_seconds=1)

    assert ": out of memory: app-0 was killed at its limit" in reason


def test_thresholds_of_ones_own_that_lack_something_are_refused_before_anything_is_sent(tmp_path):
    own = tmp_path / "own.yaml"
    own.write_text("answer_seconds: 10\nclasses: 11\nload: {people: 4, seconds: 10}\n")

    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/staging"]
    command += ["--url=http://127.0.0.1:9", f"--thresholds={own}"]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)

    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert (
        f"{own} says nothing of load.requests, load.p95_milliseconds, load.error_rate, "
        "load.throughput, resources: "
    ) in done.stderr


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--url=localhost:8000"], "--url localhost:8000: write it with http://"),
        (["--url=http://127.0.0.1:9", "--site-api=x"], "--site-api x: write it with http://"),
        (["--url=http://127.0.0.1:9", "--thresholds=no.yaml"], "no.yaml: there is no such file"),
    ],
)
def test_what_cannot_be_meant_is_refused_before_anything_is_sent(options, words):
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/staging"]
    done = subprocess.run(
        [*command, *options], cwd=ROOT, check=False, capture_output=True, text=True
    )

    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert words in done.stderr
    assert "Traceback" not in done.stderr
