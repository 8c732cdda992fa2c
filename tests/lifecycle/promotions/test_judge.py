"""The judge on a real site: through every share of the traffic, killed in between, and a replay."""

import http.client
import itertools
import json
import os
import signal
import struct
import subprocess
import sys
import threading
import time
import urllib.parse
import zlib
from contextlib import contextmanager

import pytest

from tests.lifecycle.conftest import ROOT, get
from tests.lifecycle.versions import Site

pytestmark = [pytest.mark.timeout(1200), pytest.mark.slow]
PLAN = [10, 25, 50, 100]
BOUNDARY = "a-boundary-that-no-photo-holds"


def photo(number):
    """Return a picture of one colour that no other number has."""
    colour = bytes([number * 7 % 256, number * 31 % 256, number // 4 % 256])
    rows = (b"\0" + colour * 16) * 16
    header = struct.pack(">IIBBBBB", 16, 16, 8, 2, 0, 0, 0)
    parts = [(b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    chunks = [
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in parts
    ]
    head = 'Content-Disposition: form-data; name="photo"; filename="photo.png"'
    start = f"--{BOUNDARY}\r\n{head}\r\n\r\n".encode() + b"\x89PNG\r\n\x1a\n"
    return start + b"".join(chunks) + f"\r\n--{BOUNDARY}--\r\n".encode()


@contextmanager
def traffic(site):
    """Let canary and production have as many photos as they can take, the same ones."""
    ended = threading.Event()

    def send(url):
        connection = http.client.HTTPConnection(urllib.parse.urlsplit(url).netloc, timeout=30)
        kind = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
        for number in itertools.cycle(range(1000)):
            if ended.is_set():
                return connection.close()
            try:
                connection.request("POST", "/predict", photo(number), kind)
                connection.getresponse().read()
            except (OSError, http.client.HTTPException):
                connection.close()
        return None

    urls = [site.facts[f"{name}_URL"] for name in ("CANARY", "PRODUCTION")]
    threads = [threading.Thread(target=send, args=(url,)) for url in urls * 2]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        ended.set()
        for thread in threads:
            thread.join()


def shares(site, since=""):
    """Return the shares of the canary that Git ever said, each change once."""
    where = ["--git-dir", str(site.state / "gitops.git")]
    span = f"{since}..main" if since else "main"
    log = site.clone.git(*where, "log", "--reverse", "--format=%H", span, "--", "platform")
    found = []
    for commit in log.split():
        text = site.clone.git(*where, "show", f"{commit}:platform/traffic.json")
        found.append(json.loads(text)["canary"])
    return found


def head(site):
    return site.clone.git("--git-dir", str(site.state / "gitops.git"), "rev-parse", "main")


def tags(site, version):
    """Return what the registry says of a version."""
    query = urllib.parse.urlencode({"name": site.facts["GOURMET_MODEL"], "version": version})
    address = f"{site.facts['MLFLOW_TRACKING_URI']}/api/2.0/mlflow/model-versions/get?{query}"
    return {tag["key"]: tag["value"] for tag in get(address)["model_version"]["tags"]}


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with Site.up(tmp_path_factory.mktemp("judge")) as made:
        version, digest = made.bake()
        assert made.deploy(version, digest, "first", "canary")[0] == 0
        assert made.deploy(version, digest, "first-in-production", "production")[0] == 0
        yield made


@pytest.fixture
def canary(site):
    """A version in canary that is as good as production's, at the first share of the plan."""
    version, digest = site.bake()
    code, shown = site.deploy(version, digest, f"deploy-{version}", "canary")
    assert code == 0, shown
    return version, digest


def test_a_good_canary_goes_through_every_share_and_gates_can_read_it(site, canary):
    version, digest = canary
    before = head(site)

    with traffic(site):
        done = site.clone.invoke("judge")

    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    assert shares(site, before) == PLAN[1:]
    assert tags(site, version)["gourmetops.judge"] == f"pass {digest}"
    assert site.environment("canary")["version"] == int(version)


def test_a_judge_that_is_killed_goes_on_at_the_share_that_it_had_reached(site, canary):
    before = head(site)
    command = [sys.executable, "-m", "invoke", "judge"]
    env = {**os.environ, "GOURMET_STATE": str(site.state)}
    with traffic(site):
        judge = subprocess.Popen(
            command, cwd=ROOT, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT,
            start_new_session=True,
        )  # fmt: skip
        end = time.monotonic() + 300
        while 25 not in shares(site, before):  # in the very middle of that step, as it happens
            assert time.monotonic() < end
            assert judge.poll() is None
            time.sleep(0.1)
        os.killpg(judge.pid, signal.SIGKILL)
        judge.wait()

        done = site.clone.invoke("judge")

    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    assert shares(site, before) == PLAN[1:]


def test_a_replay_needs_nothing_but_to_be_asked_for_and_moves_nothing(site, canary):
    version, digest = canary
    kept = site.state / "volumes" / "gourmetgram-production" / "recordings"
    with traffic(site):
        end = time.monotonic() + 600
        while len(list(kept.glob("*.png"))) < 950:  # fewer leave the mean confidence uncertain
            assert time.monotonic() < end
            time.sleep(0.2)
    before = head(site)

    done = site.clone.invoke("judge", "--replay")

    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    assert tags(site, version)["gourmetops.replay"] == f"pass {digest}"
    assert head(site) == before
