"""How long the proof of a release takes, with the app's own code and a model of real size.

Run it in the lifecycle's test environment: python -m tests.services.lifecycle.bench_verification
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from services.lifecycle.evidence.signing import PrivateKey
from services.lifecycle.settings import Settings
from services.lifecycle.step import Step
from tests.services.lifecycle.evidence.conftest import make

ROOT = Path(__file__).parents[3]
TARGET = 50.0
ROUNDS = 30
MODEL = 13_485_314  # bytes of the model that the sample data gives
ONCE = """
import sys, time
from services.lifecycle.settings import Settings
from services.lifecycle.step import Step
import os, pathlib
began = time.perf_counter()
from services.lifecycle.evidence import verification
step = Step(Settings(os.environ), pathlib.Path("."), say=print)
verification.require(step, sys.argv[1])
print((time.perf_counter() - began) * 1000)
"""


def main() -> None:
    """Measure, and print what was measured beside the target."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        values = _values(Path(folder))
        baked = make(Step(Settings(values), Path(folder), say=print), Path(folder) / "baking",
                     weights=os.urandom(MODEL))  # fmt: skip
        busy = time.process_time()
        rounds = sorted(_milliseconds(baked.verify) for _ in range(ROUNDS))
        busy = (time.process_time() - busy) * 1000 / ROUNDS
        first = sorted(_in_a_new_process(baked.digest, values) for _ in range(5))
    print(f"model of {MODEL / 1e6:.1f} MB, {os.cpu_count()} cores, {ROUNDS} rounds")
    _tell("one verification, processor time", busy)
    _tell("one verification, median", statistics.median(rounds))
    _tell("one verification, slowest", rounds[-1])
    _tell("the first of a process, imports included, median", statistics.median(first))


def _values(folder: Path) -> dict[str, str]:
    path = folder / "ed25519.pem"
    pem = Ed25519PrivateKey.generate().private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    path.write_bytes(pem)
    return {
        "GOURMET_SITE": "local",
        "GOURMET_MODEL": "bench",
        "GOURMET_REGISTRY": "registry.local",
        "GOURMET_IMAGES": f"oci:{folder / 'images'}",
        "GOURMET_SOURCE": str(ROOT),
        "GOURMET_SIGNING_KEY": str(path),
        "GOURMET_PUBLIC_KEYS": str(PrivateKey.read(path).public),
    }


def _milliseconds(verify) -> float:
    began = time.perf_counter()
    verify()
    return (time.perf_counter() - began) * 1000


def _in_a_new_process(digest: str, values: dict[str, str]) -> float:
    done = subprocess.run(
        [sys.executable, "-c", ONCE, digest],
        cwd=ROOT, env={**os.environ, **values}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return float(done.stdout)


def _tell(what: str, found: float) -> None:
    verdict = "" if found <= TARGET else "  TOO SLOW"
    print(f"{what:<52}{found:7.1f} ms   target {TARGET:.0f} ms{verdict}")


if __name__ == "__main__":
    main()
