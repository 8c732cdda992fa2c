"""A checkout of Kubespray where there is one, its own environment, and our inventory."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.kubespray import checkout, pin
from infra.kubespray.workplace import Workplace
from infra.sites import reading
from tests.hosts.fixtures import three_hosts  # noqa: F401 (pytest finds it by name)

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def home() -> Path:
    """Return the checkout that KUBESPRAY_HOME names."""
    given = os.environ.get(checkout.GIVEN)
    if not given:
        pytest.skip(f"name a checkout of Kubespray at {pin.pin().version}: {checkout.GIVEN}=…")
    checkout.verify(Path(given), pin.pin(), "Check out the pinned commit there")
    return Path(given)


@pytest.fixture(scope="session")
def python() -> Path:
    """Return the Python of the environment that Kubespray runs in."""
    argv = [sys.executable, "-m", "services.environments", str(pin.REQUIREMENTS)]
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=True)
    return Path(done.stdout.strip()) / "bin" / "python"


@pytest.fixture
def place(home: Path, tmp_path: Path) -> Iterator[Workplace]:
    """Lay out what Ansible reads for the site kvm."""
    made = Workplace(reading.load("kvm"), tmp_path)
    made.lay_out(tmp_path)
    made.configure(home)
    return made
