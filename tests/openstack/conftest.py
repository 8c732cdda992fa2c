"""A real OpenStack for each session, and a person's folder to work with it."""

import re
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from infra.provision.preflight.pins import TERRAFORM
from tests.hosts import machines
from tests.openstack import cloud as clouds
from tests.openstack import databases, people
from tests.openstack.cloud import Cloud
from tests.openstack.people import Person
from tests.terraform.provider import build

KEPT = pytest.StashKey[Path]()
# How an error begins that a service logs; the lines of its traceback name no request.
ERROR = re.compile(r" ERROR \S+ \[")
LAST, WIDTH = 3, 400
Journeys = dict[str, "Future[None]"]
pytest.register_assert_rewrite("tests.openstack.joined", "tests.openstack.journeys")


@pytest.fixture(scope="session")
def cloud(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Cloud]:
    """OpenStack on loopback; it ends with the session, and its logs are kept if a test failed."""
    if missing := databases.missing():
        pytest.skip(f"needs Debian packages: apt-get install {' '.join(missing)}")
    with clouds.running() as started:
        yield started
        if request.session.testsfailed:
            kept = tmp_path_factory.mktemp("openstack") / "log"
            request.config.stash[KEPT] = shutil.copytree(started.parts.logs, kept)


@pytest.fixture
def hosts() -> Iterator[machines.Hosts]:
    """Two machines on one bridge."""
    if reason := machines.missing():
        pytest.skip(reason)
    with machines.running(2) as running:
        yield running


@pytest.fixture(scope="session")
def providers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Terraform's settings, with the provider that we built."""
    if shutil.which("terraform") is None:
        pytest.skip(f"needs Terraform {TERRAFORM.version} on the PATH")
    if reason := build.why_not():
        pytest.skip(reason)
    file = tmp_path_factory.mktemp("terraform") / "terraformrc"
    file.write_text(build.settings(build.mirror()))
    return file


@pytest.fixture
def person(
    cloud: Cloud, providers: Path, journeys: Journeys, tmp_path: Path
) -> Iterator[Callable[..., Person]]:
    """Make somebody with an account and a site of that name; what a failure leaves is removed.

    The journeys that other tests await are on their way meanwhile.
    """
    made_up = []

    def make(name: str, **openstack: Any) -> Person:
        made_up.append(people.make(cloud, providers, tmp_path, name, openstack))
        return made_up[-1]

    yield make
    for each in made_up:
        each.tidies()


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Say where the logs of a cloud are that was there when a test failed, and its last errors."""
    if KEPT in config.stash:
        terminalreporter.write_line(f"What OpenStack said is in {config.stash[KEPT]}")
        for log in sorted(config.stash[KEPT].glob("*.log")):
            errors = [
                line for line in log.read_text(errors="replace").splitlines() if ERROR.search(line)
            ]
            for line in errors[-LAST:]:
                terminalreporter.write_line(f"{log.stem}: {line[:WIDTH]}")


def pytest_configure(config: pytest.Config) -> None:
    """Let a test name the journey that it awaits."""
    config.addinivalue_line("markers", "journey(name): what people do meanwhile, in journeys.py")


@pytest.fixture(scope="session")
def journeys(
    request: pytest.FixtureRequest, cloud: Cloud, providers: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Journeys]:  # fmt: skip
    """Let people go their ways side by side: most of each is waiting for the cloud."""
    from tests.openstack import journeys as ways

    awaited = [
        mark.args[0] for item in request.session.items for mark in item.iter_markers("journey")
    ]
    with ThreadPoolExecutor(len(ways.ALL)) as pool:
        yield {
            name: pool.submit(
                ways.ALL[name], ways.Start(cloud, providers, tmp_path_factory.mktemp(name))
            )
            for name in awaited
        }


@pytest.fixture
def journey(request: pytest.FixtureRequest, journeys: Journeys) -> "Future[None]":
    """Return the journey that the test names."""
    mark = request.node.get_closest_marker("journey")
    assert mark
    return journeys[mark.args[0]]
