"""A steady load on one address, which counts what it got and what it did not get."""

import collections
import http.client
import threading
import time
import urllib.parse
from types import TracebackType
from typing import Self


class Load:
    """Threads that ask as fast as they can, with connections kept open."""

    def __init__(
        self, url: str, path: str = "/version", threads: int = 4, pause: float = 0
    ) -> None:
        self.address = urllib.parse.urlsplit(url)
        self.path, self.pause = path, pause
        self.versions: collections.Counter[str] = collections.Counter()
        self.failures: list[str] = []
        self.ended = threading.Event()
        self.threads = [threading.Thread(target=self._ask_on) for _ in range(threads)]

    @property
    def count(self) -> int:
        """How many requests were answered well."""
        return sum(self.versions.values())

    def __enter__(self) -> Self:
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.ended.set()
        for thread in self.threads:
            thread.join()

    def _ask_on(self) -> None:
        connection = http.client.HTTPConnection(self.address.netloc, timeout=10)
        while not self.ended.is_set():
            try:
                connection.request("GET", self.path)
                answer = connection.getresponse()
                answer.read()
            except (OSError, http.client.HTTPException) as error:
                self.failures.append(repr(error))
                connection.close()
                continue
            if answer.status == http.client.OK:
                self.versions[answer.headers["X-Model-Version"]] += 1
            else:
                self.failures.append(str(answer.status))
            time.sleep(self.pause)
        connection.close()
