"""How soon a bad canary is out of live traffic, and whether a good change loses a request.

A site of its own, its gateway, our workflows; only the models are made for it. The time of a
bad canary counts from its 50th bad answer, as a client sees it, to its last answer of all.
"""

import argparse
import http.client
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from services import environments
from tests.lifecycle.conftest import ROOT
from tests.lifecycle.versions import Site
from tests.local.load import Load

SECONDS, ANSWERS, COUNTED_FROM = 5.0, 200, 50
REQUESTS = 20_000
PEOPLE = 12
# A dark picture, as GIMP would save it: 8 by 8 pixels of one colour.
BOUNDARY = "a-boundary-that-no-photo-holds"


class Photos:
    """People who send photos through the gateway, so many a second all together."""

    def __init__(self, gateway, photo, rate):
        self.address = urllib.parse.urlsplit(gateway)
        self.pause = PEOPLE / rate
        head = 'Content-Disposition: form-data; name="photo"; filename="photo.png"'
        start = f"--{BOUNDARY}\r\n{head}\r\nContent-Type: image/png\r\n\r\n".encode()
        self.body = start + photo + f"\r\n--{BOUNDARY}--\r\n".encode()
        self.answers = []  # when, version, status, seconds
        self.lost = []
        self.ended = threading.Event()
        self.threads = [threading.Thread(target=self._send_on, args=(n,)) for n in range(PEOPLE)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        for thread in self.threads:
            thread.join()

    def of(self, version):
        """Return the answers of a version, in the order in which they came."""
        return sorted(answer for answer in self.answers if answer[1] == version)

    def _send_on(self, number):
        due = time.monotonic() + number * self.pause / PEOPLE
        connection = http.client.HTTPConnection(self.address.netloc, timeout=30)
        kind = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
        while not self.ended.wait(max(0.0, due - time.monotonic())):
            due += self.pause
            start = time.monotonic()
            try:
                connection.request("POST", "/predict", self.body, kind)
                answer = connection.getresponse()
                answer.read()
            except (OSError, http.client.HTTPException) as error:
                self.lost.append(repr(error))
                connection.close()
                continue
            now = time.monotonic()
            version = answer.headers["X-Model-Version"]
            self.answers.append((now, version, answer.status, now - start))
        connection.close()


class Stage:
    """The site of the bench, with versions that are usual, slow, or answer errors."""

    def __init__(self, site, work):
        self.site, self.work, self.runs = site, work, 0
        locks = ("requirements", "requirements-test")
        files = [ROOT / "services" / "classifier" / f"{name}.txt" for name in locks]
        self.python = environments.ensure(*files) / "bin" / "python"
        self.gateway = site.facts["GOURMET_GATEWAY"]

    def bake(self, kind):
        """Make, register and bake a version of a kind; a number is how many times slower it is."""
        folder = self.work / f"model-{kind}-{self.runs}"
        self.runs += 1
        script = "slower.py" if kind.replace(".", "").isdigit() else "networks.py"
        command = [str(self.python), str(ROOT / "tests" / "lifecycle" / script), kind, str(folder)]
        subprocess.run(command, check=True, cwd=ROOT)
        return self.site.bake(model=folder)

    def workflow(self, name, **parameters):
        """Run a workflow; return its exit code."""
        self.runs += 1
        code, shown = self.site.run(name, f"{name}-{self.runs}", **parameters)
        self.shown = shown
        return code

    def deploy(self, environment, baked):
        """Deploy a version, which must go well."""
        version, digest = baked
        asked = {"environment": environment, "model_version": version, "digest": digest}
        code = self.workflow("deploy-container-image", **asked, force="made for a measurement")
        if code:
            sys.exit(f"{environment} could not be deployed:\n{self.shown[-3000:]}")

    def photo(self):
        """Return a photo that the model of kind `errors` cannot name."""
        code = "import sys; from PIL import Image; "
        code += "Image.new('RGB', (320, 240), (9, 9, 9)).save(sys.stdout.buffer, 'PNG')"
        return subprocess.run(
            [str(self.python), "-c", code], check=True, capture_output=True
        ).stdout


def bad_canary(stage, kind, rate):
    """Let a bad version into canary under live traffic, and judge it; say whether it was soon."""
    baked = stage.bake(kind)
    with Photos(stage.gateway, stage.photo(), rate) as photos:
        time.sleep(1)
        stage.deploy("canary", baked)
        code = stage.workflow("judge-canary", model_version=baked[0], window=60, deadline=120)
        time.sleep(3)
    bad = photos.of(baked[0])
    usual = [seconds for _, version, _, seconds in photos.answers if version != baked[0]]
    times = [statistics.median(each) for each in ([each[3] for each in bad], usual)]
    slower = f"{times[0] * 1000:.0f} ms beside {times[1] * 1000:.0f} ms"
    after = bad[-1][0] - bad[COUNTED_FROM - 1][0] if len(bad) >= COUNTED_FROM else 0.0
    statuses = dict(Counter(status for _, _, status, _ in bad))
    print(f"a canary of kind {kind} at {rate:.0f} photos/s ({statuses}, {slower}):")
    print(f"  answers until it was out: {len(bad)} (at most {ANSWERS})")
    print(f"  from its {COUNTED_FROM}th to its last: {after:.1f} s (at most {SECONDS:.0f} s)")
    is_back = stage.site.environment("canary")["version"] != int(baked[0])
    print(
        f"  judged {'fail' if code else 'PASS'}, rolled back: {is_back}, lost: {len(photos.lost)}"
    )
    if not (code and is_back):
        print(stage.shown[-3000:])
    return bool(code) and is_back and len(bad) <= ANSWERS and after <= SECONDS and not photos.lost


def good_change(stage, what, change):
    """Change what serves under 20 000 requests, and count those that are lost."""
    rate = 10
    with Photos(stage.gateway, stage.photo(), rate) as photos, Load(stage.gateway) as load:
        time.sleep(1)
        before = load.count
        change()
        during = load.count - before
        while load.count + len(photos.answers) < REQUESTS:
            time.sleep(0.1)
    statuses = Counter(status for _, _, status, _ in photos.answers)
    lost = len(load.failures) + len(photos.lost) + sum(statuses.values()) - statuses[200]
    total = load.count + len(load.failures) + len(photos.answers) + len(photos.lost)
    print(f"{what}: {lost} of {total} requests lost, {during} while it went on (at most 0)")
    if lost:
        print("  ", Counter(load.failures + photos.lost).most_common(5), dict(statuses))
    return not lost


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=40, help="photos a second, all together")
    which = "which bad canaries: kinds of networks.py, or how many times slower"
    parser.add_argument("--bad", default="errors,5", help=which)
    asked, _ = parser.parse_known_args()
    print(f"{len(os.sched_getaffinity(0))} cores, load {os.getloadavg()[0]:.1f}")
    folder = tempfile.TemporaryDirectory(prefix="bench canary ")
    with folder as name, Site.up(Path(name)) as site:
        stage = Stage(site, Path(name))
        fine = list(measure(stage, asked))
    return 0 if all(fine) else 1


def measure(stage, asked):
    """Say of one figure after the other whether it is held."""
    good, better = stage.bake("usual"), stage.bake("usual")
    stage.deploy("canary", good)
    stage.deploy("production", good)
    for kind in asked.bad.split(","):
        yield bad_canary(stage, kind, asked.rate)
    yield good_change(stage, "a switch", lambda: stage.deploy("production", better))
    yield good_change(stage, "a rollback", lambda: roll_back(stage))


def roll_back(stage):
    """Take production back, which must go well."""
    if stage.workflow("revert-model", environment="production", reason="a bench"):
        sys.exit(f"production could not be rolled back:\n{stage.shown[-3000:]}")


if __name__ == "__main__":
    sys.exit(main())
