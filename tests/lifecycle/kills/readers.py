"""People who read all the time what serves: the alias, every answer, and Git, side by side."""

import http.client
import json
import subprocess
import threading
import urllib.parse
from collections import Counter

from tests.lifecycle.kills.endstate import MODEL

# Seconds: the machine is there for those who promote, too.
PAUSE, PAUSE_AFTER_NOTHING = 0.01, 0.1


class Readers:
    """Threads that read one environment until they are told to stop.

    A disagreement is fine while the environment is held (its lock is what `invoke status` shows
    as in progress); anything else is kept as a lie. What cannot be read, because it was just
    killed, is counted and is no lie.
    """

    def __init__(self, site, environment, count):
        self.counted = Counter()
        self.lies = []
        self._site = site
        self._environment = environment
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._read) for _ in range(count)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_error):
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _read(self):
        with _Git(self._site.state / "gitops.git") as git:
            while not self._stop.is_set():
                try:
                    self._look(git)
                    self._stop.wait(PAUSE)
                except (OSError, http.client.HTTPException, ValueError, KeyError):
                    self.counted["not readable"] += 1
                    self._stop.wait(PAUSE_AFTER_NOTHING)

    def _look(self, git):
        lock = f"refs/locks/{self._environment}"
        before = git.read(lock)
        told = {
            "alias": _alias(self._site.facts["MLFLOW_TRACKING_URI"], self._environment),
            "answer": _answer(self._site.facts[f"{self._environment.upper()}_URL"]),
            "git": json.loads(git.read(f"main:environments/{self._environment}/release.json"))[
                "version"
            ],
        }
        self.counted["reads"] += len(told)
        if len(set(told.values())) == 1:
            return
        # Held when the reading began or when it ended, or by one after the other in between.
        if before is None and git.read(lock) is None:
            again = _answer(self._site.facts[f"{self._environment.upper()}_URL"])
            self.lies.append({**told, "answer again": again})
        else:
            self.counted["in progress"] += 1


class _Git:
    """One git process that answers what an object holds now."""

    def __init__(self, folder):
        command = ["git", "--git-dir", str(folder), "cat-file", "--batch"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()

    def read(self, name):
        """Return the text of an object, or None where there is none."""
        self._process.stdin.write(f"{name}\n".encode())
        self._process.stdin.flush()
        head = self._process.stdout.readline().split()
        if head[-1] == b"missing":
            return None
        text = self._process.stdout.read(int(head[2]) + 1)
        return text[:-1].decode()


def _alias(tracking, name):
    query = urllib.parse.urlencode({"name": MODEL, "alias": name})
    path = f"/api/2.0/mlflow/registered-models/alias?{query}"
    return int(_get(tracking, path)["model_version"]["version"])


def _answer(url):
    return _get(url, "/version")["version"]


def _get(url, path):
    where = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(where.hostname, where.port, timeout=5)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        if answer.status != http.client.OK:
            raise OSError(f"{url}{path}: {answer.status}")
        return json.load(answer)
    finally:
        connection.close()
