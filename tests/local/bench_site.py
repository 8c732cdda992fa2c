"""How quick the local site is: up, up again, a commit, drift, and 20 000 requests in updates."""

import os
import signal
import statistics
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))  # run as a script, by nox

import psutil  # noqa: E402

from infra.local import stages  # noqa: E402
from infra.local.supervisor import ownership  # noqa: E402
from infra.local.supervisor.ownership import processes_of  # noqa: E402
from tests.local.conftest import Bench, app, make_bench  # noqa: E402
from tests.local.load import Load  # noqa: E402
from tests.waiting import until  # noqa: E402

REQUESTS = 20_000
ROUNDS = 5


def timed(act):
    """Return how long something takes."""
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def release(bench: Bench, version: int) -> None:
    """Commit a version and wait until exactly it serves."""
    files = {"environments/staging/app.yaml": app(bench.image(VERSION=str(version)))}
    bench.healthy(revision=bench.commit(files), seconds=30)


def kill(bench: Bench) -> None:
    """Kill the replica and wait until another one is ready."""
    pid = bench.deployment()["replicas"][0]["pid"]
    os.kill(pid, signal.SIGKILL)
    until(lambda: bench.deployment()["replicas"][0]["pid"] not in (None, pid))
    bench.healthy()


def idle(bench: Bench) -> str:
    """Measure what a site takes that has nothing to do."""
    ours = [psutil.Process(process.pid) for process in processes_of(bench.site.id)]
    before = sum(sum(process.cpu_times()[:2]) for process in ours)
    began = time.perf_counter()
    time.sleep(10)
    spent = sum(sum(process.cpu_times()[:2]) for process in ours) - before
    memory = sum(process.memory_info().rss for process in ours) / 2**20
    share = spent / (time.perf_counter() - began)
    return f"{share:.1%} of a core, {memory:.0f} MiB in {len(ours)} processes"


def main() -> int:
    """Print each figure next to its limit; exit 1 if one is broken."""
    with tempfile.TemporaryDirectory() as folder:
        first = time.perf_counter()
        bench = make_bench(Path(folder))
        first = time.perf_counter() - first
        try:
            return measure(bench, first)
        finally:
            stages.stop(bench.state)
            assert ownership.processes_of(bench.site.id) == []


def measure(bench: Bench, first: float) -> int:
    """Take the figures on a running site."""
    release(bench, 1)
    again = statistics.median(timed(lambda: stages.start(bench.state)) for _ in range(ROUNDS))
    versions = iter(range(2, 100))
    commits = [timed(lambda: release(bench, next(versions))) for _ in range(ROUNDS)]
    drift = max(timed(lambda: kill(bench)) for _ in range(ROUNDS))
    quiet = idle(bench)
    with Load(bench.url(), threads=4) as load:
        while load.count + len(load.failures) < REQUESTS:
            release(bench, next(versions))
    print(f"site up: {first:.2f} s; up again: {again:.2f} s (at most 5)")
    print(f"commit to served by it alone: {statistics.median(commits):.2f} s")
    print(f"killed replica to ready again: {drift:.2f} s at worst of {ROUNDS} (at most 2)")
    print(f"a site with nothing to do: {quiet}")
    done = f"{load.count} requests during {len(load.versions) - 1} updates"
    print(f"{done}: {len(load.failures)} failed (at most 0) {load.failures[:3]}")
    return int(again > 5 or drift > 2 or bool(load.failures))


if __name__ == "__main__":
    sys.exit(main())
