"""`test`: run the model tests, keep their report, and say what failed and by how much."""

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from services.trainer import champions, files, modelfile, tracking
from services.trainer.errors import MissingError, NoVerdictError

HERE = Path(__file__).parent
ROOT, CHECKS = HERE.parents[1], HERE / "checks"
REPORT = "report"
JUNIT, TEXT, JSON = "junit.xml", "report.txt", "report.json"
# How the lifecycle asks whether a run may be registered.
VERDICT, WHY = "gourmetops.tests", "gourmetops.tests-why"
SENTENCES = 3
DEADLINE_SECONDS = 1800


@dataclass(frozen=True)
class Report:
    """How the model tests went."""

    passed: int
    failed: int
    skipped: int
    failures: dict[str, str]


def test(data: Path, work: Path, champion: str | None, address: str) -> dict[str, Any]:
    """Run the model tests and upload their report to the run; return how they went.

    Raises:
        MissingError: there is no model in `work`, or no data set.
        NoVerdictError: the tests could not be run.
        TrackingError: MLflow does not answer, or does not know the run or the champion.
    """
    for file in (work / modelfile.RUN_ID, work / modelfile.MODEL / modelfile.FACTS):
        if not file.exists():
            raise MissingError(file, "python -m services.trainer train")
    with tracking.known_run(address, (work / modelfile.RUN_ID).read_text()) as run:
        run.tags({VERDICT: "running"})
        with tempfile.TemporaryDirectory(prefix="gourmetops-champion-") as name:
            best = champions.find(champion, run.client, Path(name))
            report = run_checks(data, work, best)
        run.folder(work / REPORT, REPORT)
        run.metrics({0: {f"tests_{k}": v for k, v in asdict(report).items() if k != "failures"}})
        run.tags(verdict(report))
    for name, why in report.failures.items():
        print(f"FAILED {name}: {why}")
    return {**asdict(report), "run-id": run.id}


def verdict(report: Report) -> dict[str, str]:
    """Return what the run is marked with: passed, or failed and why, in a few sentences."""
    if not report.failed:
        return {VERDICT: "passed"}
    told = [f"{name.partition('::')[2]}: {why}" for name, why in report.failures.items()]
    more = [f"and {len(told) - SENTENCES} more"] if len(told) > SENTENCES else []
    return {VERDICT: "failed", WHY: "; ".join([*told[:SENTENCES], *more])}


def run_checks(data: Path, work: Path, champion: Path | None) -> Report:
    """Run the model tests on the model in `work`, and keep their report there.

    Raises:
        NoVerdictError: the tests could not be run.
    """
    with files.whole_folder(work / REPORT) as new:
        done = subprocess.run(
            command(data, work, champion, new / JUNIT),
            cwd=ROOT,
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=DEADLINE_SECONDS,
            check=False,
        )
        (new / TEXT).write_text(done.stdout)
        if done.returncode not in (0, 1) or not (new / JUNIT).exists():
            raise NoVerdictError(done.returncode, done.stdout)
        report = read(new / JUNIT)
        (new / JSON).write_text(json.dumps(asdict(report), indent=2) + "\n")
    return report


def command(data: Path, work: Path, champion: Path | None, junit: Path) -> list[str]:
    """Return the command that runs the model tests."""
    model, weights = work / modelfile.MODEL, work / modelfile.WEIGHTS
    options = [f"--junitxml={junit}", f"--data={data.absolute()}", f"--model={model.absolute()}"]
    options += [f"--trained={weights.absolute()}"]
    options += [f"--champion={champion.absolute()}"] if champion else []
    return [sys.executable, "-m", "pytest", "-c", f"{CHECKS}/pytest.ini", str(CHECKS), *options]


def environment() -> dict[str, str]:
    """Return the environment of the model tests; nobody can switch tests off with it."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTEST_ADDOPTS"}
    return {**kept, "PYTHONPATH": str(ROOT)}


def read(junit: Path) -> Report:
    """Read a JUnit report."""
    failures, skipped, total = {}, 0, 0
    for case in ElementTree.parse(junit).getroot().iter("testcase"):
        total += 1
        skipped += case.find("skipped") is not None
        for problem in [*case.iter("failure"), *case.iter("error")]:
            name = f"{case.get('classname', '').rpartition('.')[2]}::{case.get('name')}"
            failures[name] = _sentence(problem.get("message", ""))
    return Report(total - skipped - len(failures), len(failures), skipped, failures)


def _sentence(message: str) -> str:
    """Return what the test says, without how pytest shows the comparison."""
    first = message.partition("\nassert ")[0].strip()
    return first.removeprefix("AssertionError: ")
