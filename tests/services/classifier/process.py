"""A real classifier process on a free port, for the tests."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx

ROOT = Path(__file__).parents[3]
BOOTSTRAP = ROOT / "services" / "classifier" / "bootstrap" / "model"
DIGEST = "sha256:" + "ab" * 32


def baked(folder: Path, version: int | None = 7) -> Path:
    """Make a model folder as `bake` leaves it, of the bootstrap network."""
    shutil.copytree(BOOTSTRAP, folder)
    facts = {"run": "run-1", "commit": "c0ffee", "data_hash": "sha256:da7a"}
    rewrite(folder / "model.json", **facts)
    rewrite(folder / "version.json", version=version, **facts)
    return folder


def rewrite(file: Path, **changes):
    """Change keys of a JSON file."""
    file.write_text(json.dumps(json.loads(file.read_text()) | changes))


def free_port() -> int:
    """Return a port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """One classifier process; use it as a context."""

    def __init__(self, model: Path, **environment: object) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        settings = {
            "MODEL_DIR": model, "PORT": self.port, "HOST": "127.0.0.1",
            "IMAGE_DIGEST": DIGEST, "ENVIRONMENT": "staging", "DRAIN_SECONDS": 0,
            **environment,
        }  # fmt: skip
        inherited = {key: os.environ[key] for key in ("PATH", "HOME") if key in os.environ}
        self.client = httpx.Client(verify=False, trust_env=False, timeout=60)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "services.classifier"],
            cwd=ROOT,
            env=inherited | {key: str(value) for key, value in settings.items()},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def __enter__(self) -> "Server":
        end = time.monotonic() + 60
        while time.monotonic() < end and self.process.poll() is None:
            try:
                self.get("/readyz")
            except httpx.TransportError:
                time.sleep(0.02)
            else:
                return self
        self.stop()
        raise AssertionError(f"The classifier did not start: {self.output}")

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> int:
        """Ask it to stop, and return its exit code."""
        self.client.close()
        if self.process.poll() is None:
            self.process.terminate()
        try:
            self.output, _ = self.process.communicate(timeout=30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.output, _ = self.process.communicate()
        return self.process.returncode

    def predict(self, photo: bytes, **options: object) -> httpx.Response:
        """Send a photo."""
        return self.client.post(f"{self.url}/predict", files={"photo": photo}, **options)

    def get(self, path: str) -> httpx.Response:
        """Ask for a page."""
        return self.client.get(f"{self.url}{path}")

    def metric(self, line: str) -> float:
        """Return the value of the metric whose name and labels are this text."""
        for text in self.get("/metrics").text.splitlines():
            name, _, value = text.rpartition(" ")
            if name == line:
                return float(value)
        raise AssertionError(f"There is no metric {line}")
