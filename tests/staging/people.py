"""What each simulated person does: send the same photo again as soon as it is answered."""

from pathlib import Path

from locust import HttpUser, constant, task

PHOTO = Path("photo.png")


class Person(HttpUser):
    """Somebody who sends photos without a pause."""

    wait_time = constant(0)

    def on_start(self) -> None:
        """Read the photo once."""
        self.photo = PHOTO.read_bytes()

    @task
    def send(self) -> None:
        """Send the photo; anything but 200 counts as a failure."""
        self.client.post("/predict", files={"photo": ("photo.png", self.photo, "image/png")})
