"""Turn a release into plain manifests, by the charts' own command."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from services.lifecycle.errors import ReleaseError
from services.lifecycle.releasing.releases import Release

DEADLINE = 60.0


def release(site: str, environment: str, wanted: Release, out: Path) -> None:
    """Render the app chart of one environment for a release."""
    version = "" if wanted.version is None else str(wanted.version)
    facts = {
        "version": version,
        "digest": wanted.digest,
        "commit": wanted.commit,
        "run": wanted.run,
        "data_hash": wanted.data_hash,
    }
    sets = [part for name, value in facts.items() for part in ("--set", f"release.{name}={value}")]
    _render("--site", site, "--environment", environment, *sets, "--out", str(out))


def platform(site: str, out: Path, traffic: Mapping[str, int] | None = None) -> None:
    """Render the platform chart, with the shares of traffic that Git says."""
    shares = (traffic or {}).items()
    sets = [part for name, value in shares for part in ("--set", f"traffic.{name}={value}")]
    _render("--site", site, "--platform", *sets, "--out", str(out))


def _render(*arguments: str) -> None:
    command = [sys.executable, "-m", "charts", "render", *arguments]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=DEADLINE, check=False
        )
    except subprocess.TimeoutExpired:
        raise ReleaseError(f"the charts were not rendered within {DEADLINE:.0f} s.") from None
    if done.returncode:
        reason = done.stderr.strip() or done.stdout.strip()
        raise ReleaseError(f"the charts cannot be rendered: {reason[-1500:]}")
