"""Figures of the classifier: start, memory, latency and throughput of a real process.

`python tests/services/classifier/bench_classifier.py [MODEL_FOLDER]`: without a folder it
is the bootstrap model, which costs next to nothing, so that what is left is the server.
Beside each latency stands what the same work costs in a bare loop, without a server.
"""

import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve()
ROOT = HERE.parents[3]
LOCKS = [f"services/classifier/{name}.txt" for name in ("requirements", "requirements-test")]


def main(model_folder: Path | None) -> None:
    """Print the figures."""
    import psutil

    from services import food
    from services.classifier import model
    from tests.services.classifier.photos import saved, scene
    from tests.services.classifier.process import BOOTSTRAP, Server

    folder = model_folder or BOOTSTRAP
    photos = {
        "sample, 320 x 320 WebP": (ROOT / "services/classifier/samples/egg.webp").read_bytes(),
        "phone, 4000 x 3000 JPEG": saved(scene(4000, 3000), "JPEG", quality=90),
    }
    start = time.perf_counter()
    with Server(folder, CLASSIFIER_THREADS=1) as server:
        ready = time.perf_counter() - start
        process = psutil.Process(server.process.pid)
        print(f"ready after               {ready:8.2f} s")
        print(f"memory when ready         {process.memory_info().rss / 2**20:8.0f} MiB")
        alone = model.load(folder, threads=1)
        for name, photo in photos.items():
            served = timed(lambda photo=photo: server.predict(photo))
            bare = timed(lambda photo=photo: alone.classify(food.decode(photo)))
            print(f"{name:25} {shown(served)}   bare loop {shown(bare)}")
        print(f"{'GET /version':25} {shown(timed(lambda: server.get('/version')))}")
        print(f"memory after that         {process.memory_info().rss / 2**20:8.0f} MiB")


def timed(work, times: int = 60) -> list[float]:
    """Return how many milliseconds each of several calls took, sorted, after a few to warm up."""
    took = []
    for _ in range(times + 5):
        start = time.perf_counter()
        work()
        took.append(1000 * (time.perf_counter() - start))
    return sorted(took[5:])


def shown(took: list[float]) -> str:
    return f"p50 {took[len(took) // 2]:6.1f} ms  p95 {took[int(len(took) * 0.95)]:6.1f} ms"


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    from services import environments

    python = environments.ensure(*(ROOT / lock for lock in LOCKS)) / "bin" / "python"
    if Path(sys.prefix) != python.parents[1]:
        sys.exit(subprocess.run([python, HERE, *sys.argv[1:]], cwd=ROOT, check=False).returncode)
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
