"""What the tests of an environment need: its address, and what should be served there."""

import json
import re
import struct
import urllib.error
import urllib.request
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPException
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.staging import site

OURS = Path(__file__).with_name("thresholds.yaml")
OPTIONS = {
    "--url": "address of the environment, such as http://127.0.0.1:8000",
    "--release": "the model version that must be served, or none for the bootstrap model",
    "--digest": "digest of the image that must be served",
    "--site-api": "address of the site's API, which knows memory and restarts",
    "--namespace": "where the app runs, such as gourmetgram-staging",
    "--report": "folder for the raw report of the load test",
    "--thresholds": "what is promised, if not thresholds.yaml beside the tests",
}
# What a gateway answers when there is nobody behind it.
GATEWAY = (502, 503, 504)
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))
BOUNDARY = "a-boundary-that-no-photo-holds"


@dataclass(frozen=True)
class Answer:
    """What the app said."""

    status: int
    headers: dict[str, str]  # named in small letters
    body: bytes

    def json(self) -> Any:
        """Read the body, or fail with what it was."""
        try:
            return json.loads(self.body)
        except ValueError:
            pytest.fail(f"the answer is no JSON but {self.body[:80]!r}", pytrace=False)


class NoAnswerError(Exception):
    """The app does not answer."""


class App:
    """The app at an address."""

    def __init__(self, url: str, patience: float) -> None:
        self.url = url.rstrip("/")
        self.patience = patience

    def get(self, path: str) -> Answer:
        """Ask for a path."""
        return self._send(urllib.request.Request(self.url + path))

    def post(self, path: str, name: str, content: bytes) -> Answer:
        """Send a file in a form."""
        return self._send(self.form(path, name, content))

    def form(self, path: str, name: str, content: bytes) -> urllib.request.Request:
        """Return the request that sends a file in a form."""
        lines = [
            f"--{BOUNDARY}",
            f'Content-Disposition: form-data; name="{name}"; filename="photo.png"',
            "Content-Type: image/png",
            "",
            "",
        ]
        body = "\r\n".join(lines).encode() + content + f"\r\n--{BOUNDARY}--\r\n".encode()
        kind = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
        return urllib.request.Request(self.url + path, data=body, headers=kind)

    def _send(self, request: urllib.request.Request) -> Answer:
        try:
            return self.try_to_send(request)
        except NoAnswerError as error:
            pytest.fail(str(error), pytrace=False)

    def try_to_send(self, request: urllib.request.Request) -> Answer:
        """Send a request.

        Raises:
            NoAnswerError: there is no answer, or not in time.
        """
        try:
            with OPENER.open(request, timeout=self.patience) as answer:
                return Answer(answer.status, _named(answer.headers), answer.read())
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, _named(error.headers), error.read())
        except (OSError, HTTPException) as error:
            reason = getattr(error, "reason", error)
            if isinstance(reason, TimeoutError):
                raise NoAnswerError(
                    f"timeout: no answer from {request.full_url} within {self.patience:g} s"
                ) from None
            raise NoAnswerError(f"no answer from {request.full_url}: {reason}") from None


def _named(headers: Message) -> dict[str, str]:
    """Return headers by name in small letters."""
    return {name.lower(): value for name, value in headers.items()}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options of this folder."""
    for name, meaning in OPTIONS.items():
        parser.addoption(name, default="", help=meaning)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say each reason once at the end, with the number of tests that share it."""
    bad = [r for kind in ("failed", "error") for r in terminalreporter.stats.get(kind, [])]
    reasons = Counter(str(report.longrepr).strip().splitlines()[-1] for report in bad)
    for reason, count in reasons.items():
        terminalreporter.write_line(f"{reason} ({count} {'test' if count == 1 else 'tests'})")


@pytest.fixture(scope="session")
def asked(request: pytest.FixtureRequest) -> dict[str, str]:
    """Return what was asked on the command line."""
    # Collected from above this folder, the options were never declared: that is, not given.
    config = request.config
    return {name: config.getoption(name, default="", skip=False) or "" for name in OPTIONS}


def pytest_configure(config: pytest.Config) -> None:
    """Refuse an address that cannot be meant, before anything is sent."""
    for name in ("--url", "--site-api"):
        given = str(config.getoption(name, default="", skip=False) or "")
        if given and not re.match(r"https?://[^/]", given):
            raise pytest.UsageError(
                f"{name} {given}: write it with http://, as http://127.0.0.1:8000"
            )
    thresholds = str(config.getoption("--thresholds", default="", skip=False) or "")
    if thresholds and not Path(thresholds).is_file():
        raise pytest.UsageError(f"--thresholds {thresholds}: there is no such file")
    if thresholds and (lacking := list(_lacking(_read(Path(thresholds)), _read(OURS)))):
        raise pytest.UsageError(
            f"--thresholds {thresholds} says nothing of {', '.join(lacking)}: {OURS.name} beside "
            "the tests has all of it"
        )


def _lacking(given: Any, ours: dict[str, Any], above: str = "") -> Iterator[str]:
    given = given if isinstance(given, dict) else {}
    for key, value in ours.items():
        if key not in given:
            yield above + key
        elif isinstance(value, dict):
            yield from _lacking(given[key], value, f"{above}{key}.")


def _read(thresholds: Path) -> Any:
    return yaml.safe_load(thresholds.read_text())


@pytest.fixture(scope="session")
def app(asked: dict[str, str], thresholds: dict[str, Any], photo: bytes) -> App:
    """Return the app under test, which has answered a first photo.

    An app that does not answer fails every test with one reason; the site knows it best.
    """
    if not asked["--url"]:
        pytest.skip("name the environment: ./run nox -s staging -- --url http://ADDRESS")
    found = App(asked["--url"], thresholds["answer_seconds"])
    try:
        first = found.try_to_send(found.form("/predict", "photo", photo))
        is_app = first.status not in GATEWAY or "x-model-version" in first.headers
        silence = "" if is_app else f"no answer from {found.url}: its gateway says {first.status}"
    except NoAnswerError as error:
        silence = str(error)
    if silence:
        pytest.fail(_why(asked) or silence, pytrace=False)
    return found


def _why(asked: dict[str, str]) -> str:
    if not (asked["--site-api"] and asked["--namespace"]):
        return ""
    return site.trouble(asked["--site-api"], asked["--namespace"])


@pytest.fixture(scope="session")
def thresholds(asked: dict[str, str]) -> dict[str, Any]:
    """Return what is promised."""
    read: dict[str, Any] = _read(Path(asked["--thresholds"] or OURS))
    return read


@pytest.fixture(scope="session")
def photo() -> bytes:
    """Return a picture that is really a PNG: a slope of colours."""
    side = 64
    row = b"\0" + bytes(value for x in range(side) for value in (x * 4 % 256, 128, 255 - x * 3))
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    parts = [(b"IHDR", header), (b"IDAT", zlib.compress(row * side)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in parts)


def _chunk(kind: bytes, data: bytes) -> bytes:
    check = struct.pack(">I", zlib.crc32(kind + data))
    return struct.pack(">I", len(data)) + kind + data + check
