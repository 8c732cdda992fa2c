"""What each simulated person does: send the same photo again as soon as it is answered."""

import os
import time
from pathlib import Path
from typing import Any

from locust import HttpUser, constant, events, task

PHOTO = Path("photo.png")
# All people together send no more than these.
REQUESTS = iter(range(int(os.environ["LOAD_REQUESTS"])))


class Person(HttpUser):
    """Somebody who sends photos without a pause."""

    wait_time = constant(0)

    def on_start(self) -> None:
        """Read the photo once."""
        self.photo = PHOTO.read_bytes()

    @task
    def send(self) -> None:
        """Send the photo; anything but 200 counts as a failure."""
        if next(REQUESTS, None) is None:
            self.environment.runner.quit()
            return
        self.client.post("/predict", files={"photo": ("photo.png", self.photo, "image/png")})


@events.quitting.add_listener
def written(**_: Any) -> None:
    """Wait for the last second to be in the report, which is written once a second."""
    time.sleep(1.5)
