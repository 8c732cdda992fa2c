"""The app under load, by Locust. Its raw report is kept."""

import csv
import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def load(app, asked, photo, thresholds, tmp_path_factory):
    """Put the load on once, and return Locust's line for all requests together."""
    folder = Path(asked["--report"] or tmp_path_factory.mktemp("load"))
    (folder / "photo.png").write_bytes(photo)
    plan = thresholds["load"]
    command = [sys.executable, "-m", "locust", "--headless", "--only-summary", "--skip-log"]
    command += ["--locustfile", str(Path(__file__).with_name("people.py")), "--host", app.url]
    command += ["--users", str(plan["people"]), "--spawn-rate", str(plan["people"])]
    command += ["--run-time", f"{plan['seconds']}s", "--stop-timeout", "10"]
    command += ["--csv", str(folder / "load"), "--html", str(folder / "load.html")]
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, timeout=180,
        env={**os.environ, "LOAD_REQUESTS": str(plan["requests"])},
    )  # fmt: skip
    stats = folder / "load_stats.csv"
    if not stats.exists():
        pytest.fail(f"the load test did not run: {done.stderr[-500:]}", pytrace=False)
    return _total(stats)


def _total(stats):
    with stats.open(newline="") as file:
        lines = {line["Name"]: line for line in csv.DictReader(file)}
    total = lines["Aggregated"]
    if int(total["Request Count"]) == 0:
        pytest.fail("the load test sent no request: is the app answering?", pytrace=False)
    return total


def test_it_answers_quickly_under_load(load, thresholds):
    p95, limit = float(load["95%"]), thresholds["load"]["p95_milliseconds"]

    if p95 > limit:
        pytest.fail(f"slow model: p95 is {p95:.0f} ms, {limit} ms is allowed", pytrace=False)


def test_it_answers_without_errors_under_load(load, thresholds):
    count, failed = int(load["Request Count"]), int(load["Failure Count"])
    limit = thresholds["load"]["error_rate"]

    if failed / count > limit:
        pytest.fail(
            f"errors under load: {failed} of {count} requests failed, {limit:.1%} is allowed",
            pytrace=False,
        )


def test_it_answers_enough_requests_under_load(load, thresholds):
    rate, limit = float(load["Requests/s"]), thresholds["load"]["throughput"]

    if rate < limit:
        pytest.fail(
            f"low throughput: {rate:.1f} answers a second, {limit} are needed", pytrace=False
        )
