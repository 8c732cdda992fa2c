"""Test an environment from outside, keep the report with the run, and mark the version."""

import re
import subprocess
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from xml.etree import ElementTree

from services.lifecycle.errors import LifecycleError
from services.lifecycle.releasing import holding
from services.lifecycle.releasing.releases import version, written
from services.lifecycle.settings import ENVIRONMENTS, namespace
from services.lifecycle.step import Step

TESTS = "tests/staging"


class EnvironmentTestsError(LifecycleError):
    """Tests of an environment failed; the message has each reason."""


def arguments(parser: ArgumentParser) -> None:
    """Declare what this verb takes."""
    parser.add_argument("--environment", default="staging", choices=ENVIRONMENTS)
    parser.add_argument("--version", required=True, type=version, help="a number, or none")
    parser.add_argument("--digest", required=True, help="of the app image")
    parser.add_argument("--deadline", type=float, default=300, help="seconds")


def run(step: Step, asked: Namespace) -> dict[str, str]:
    """Run the tests, then say and keep what came of them."""
    made = holding.attend(step, asked.environment, asked.operation, "test")
    report = step.work / "report"
    report.mkdir()
    problems = _run_tests(step, asked, report)
    if asked.version is not None:
        known = step.registry.version(asked.version)
        step.registry.upload(known.run, report, f"{asked.environment}-tests/{asked.digest[7:19]}")
        if asked.environment == "staging":
            verdict = "failed" if problems else "passed"
            step.registry.tag(asked.version, staging_tests=f"{verdict} {asked.digest}")
    made.note("tests", "seen", verdict="failed" if problems else "passed", problems=problems)
    if problems:
        raise EnvironmentTestsError(
            f"{asked.environment}: {len(problems)} tests failed. {' '.join(problems)}"
        )
    return {"result": "passed", "version": written(asked.version)}


def _run_tests(step: Step, asked: Namespace, report: Path) -> list[str]:
    junit = report / "tests.xml"
    options = {
        "--url": step.settings.address(asked.environment),
        "--release": written(asked.version),
        "--digest": asked.digest,
        "--site-api": step.settings.site_api,
        "--namespace": namespace(asked.environment),
        "--report": str(report),
        "--junitxml": str(junit),
        "--import-mode": "importlib",
    }
    command = [sys.executable, "-m", "pytest", TESTS, "-p", "no:cacheprovider", "-q", "--tb=short"]
    command += [f"{name}={value}" for name, value in options.items()]
    try:
        done = subprocess.run(command, timeout=asked.deadline, check=False, stdout=sys.stderr)
    except subprocess.TimeoutExpired:
        return [f"The tests did not end within {asked.deadline:.0f} s."]
    if not junit.exists():
        return [f"The tests could not run (pytest ended with {done.returncode})."]
    return failures(junit.read_text())


def failures(junit: str) -> list[str]:
    """Return what failed, in the tests' own words; a reason that many share is told once."""
    titles: dict[str, list[str]] = {}
    for case in ElementTree.fromstring(junit).iter("testcase"):
        for node in case:
            if node.tag in ("failure", "error"):
                titles.setdefault(_reason(node), []).append(_title(case.get("name", "")))
    return [f"{_together(names)}: {reason}." for reason, names in titles.items()]


def _together(titles: list[str]) -> str:
    return titles[0] if len(titles) == 1 else f"{len(titles)} tests, first {titles[0]}"


def _title(name: str) -> str:
    return name.removeprefix("test_").replace("_", " ")


def _reason(node: ElementTree.Element) -> str:
    first = (node.get("message") or "no reason given").strip().splitlines()[0]
    if in_setup := re.fullmatch(r'failed on setup with "(.*)"', first):
        first = in_setup[1]
    return first.removeprefix("Failed: ").removeprefix("AssertionError: ").rstrip(".")
