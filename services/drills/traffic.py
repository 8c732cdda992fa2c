"""Live traffic of a drill: photos sent through the gateway by several people at once."""

import http.client
import tempfile
import threading
import urllib.parse
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count, cycle
from pathlib import Path

from services.drills.errors import StageError
from services.drills.stage import ROOT, TRAINER, Stage

PEOPLE = 4
BOUNDARY = "a-photo-of-a-drill"


class Sender:
    """Sends photos until it is told to stop, and counts how they were answered."""

    def __init__(self, address: str, photos: list[bytes]) -> None:
        split = urllib.parse.urlsplit(address)
        self.statuses: Counter[int] = Counter()
        self._where = (split.hostname or "", split.port or 80)
        self._photos = photos
        self._done = threading.Event()
        self._number = count()
        self._threads = [threading.Thread(target=self._send) for _ in range(PEOPLE)]

    @property
    def count(self) -> int:
        """Return how many photos were answered."""
        return sum(self.statuses.values())

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End, once those that are on their way were answered."""
        self._done.set()
        for thread in self._threads:
            thread.join()

    def _send(self) -> None:
        photos = cycle(self._photos[next(self._number) % len(self._photos) :] + self._photos)
        for photo in photos:
            if self._done.is_set():
                return
            self.statuses[self._one(photo)] += 1

    def _one(self, photo: bytes) -> int:
        """Send one photo on a connection of its own, so that the gateway chooses anew."""
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="photo"; filename="p"\r\n\r\n'
        body = head.encode() + photo + f"\r\n--{BOUNDARY}--\r\n".encode()
        kind = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
        connection = http.client.HTTPConnection(*self._where, timeout=30)
        try:
            connection.request("POST", "/predict", body, kind)
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            connection.close()


@contextmanager
def of(stage: Stage, light: float) -> Iterator[Sender]:
    """Send photos in some light through the gateway for as long as the block lasts."""
    with tempfile.TemporaryDirectory(prefix="drill-photos-") as folder:
        command = [stage.python(*TRAINER), "-m", "services.drills.photos", folder]
        done = stage.run([*command, "--light", str(light)], ROOT)
        if done.code:
            raise StageError("the photos for live traffic could not be made", done.text)
        photos = [path.read_bytes() for path in sorted(Path(folder).glob("*.jpg"))]
    sender = Sender(stage.status()["addresses"]["gateway"], photos)
    sender.start()
    try:
        yield sender
    finally:
        sender.stop()
