"""Kubespray itself, at the pinned commit and unchanged: fetched once, or where a person says."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from infra.kubespray.faults import CheckoutError
from infra.kubespray.pin import Pin

GIVEN = "KUBESPRAY_HOME"
SECONDS = 300
# Git asks nobody for a password, and reads no settings of this machine that could change files.
QUIET = {"GIT_TERMINAL_PROMPT": "0", "GIT_CONFIG_NOSYSTEM": "1"}


def ensure(pin: Pin, environ: Mapping[str, str], tell: Callable[[str], None]) -> Path:
    """Return a folder with Kubespray as it was pinned.

    Raises:
        CheckoutError: it cannot be fetched, or it is not what was pinned.
    """
    if given := environ.get(GIVEN):
        home = Path(given).expanduser()
        verify(home, pin, f"Check out {pin.commit[:12]} there, or unset {GIVEN}")
        return home
    home = cache(environ) / pin.commit[:12]
    if not home.exists():
        tell(f"fetching Kubespray {pin.version} ({pin.commit[:12]})")
        fetch(pin, home)
    verify(home, pin, f"Remove {home} and run the same command again, which fetches it anew")
    return home


def cache(environ: Mapping[str, str]) -> Path:
    """Return where checkouts are kept."""
    home = environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "gourmetops" / "kubespray"


def fetch(pin: Pin, home: Path) -> None:
    """Fetch the pinned commit and nothing else; it is there whole or not at all.

    Raises:
        CheckoutError: Git could not, in its own words.
    """
    home.parent.mkdir(parents=True, exist_ok=True)
    half = Path(tempfile.mkdtemp(prefix=".half-", dir=home.parent))
    try:
        _git(half, "init", "--quiet")
        done = _git(half, "fetch", "--quiet", "--depth", "1", pin.repository, pin.commit)
        if done.returncode:
            said = done.stderr.strip().splitlines() or ["it ended in silence"]
            raise CheckoutError(
                f"{pin.repository} cannot be fetched ({said[-1]})",
                f"Go where it can be reached, or get commit {pin.commit[:12]} otherwise and name "
                f"its folder: {GIVEN}=… (nothing was started)",
            )
        _git(half, "checkout", "--quiet", "FETCH_HEAD")
        half.rename(home)
    except OSError:
        if not home.exists():  # somebody else may have fetched it meanwhile
            raise
    finally:
        shutil.rmtree(half, ignore_errors=True)


def verify(home: Path, pin: Pin, todo: str) -> None:
    """Hold a folder against the pin.

    Raises:
        CheckoutError: it is no checkout, another commit, or was changed.
    """
    if not (home / "cluster.yml").is_file():
        raise CheckoutError(f"{home} is no checkout of Kubespray", todo)
    top = _git(home, "rev-parse", "--show-toplevel").stdout.strip()
    have = _git(home, "rev-parse", "HEAD").stdout.strip()
    if not have or Path(top).resolve() != home.resolve():
        raise CheckoutError(f"{home} has no Git history to know its commit by", todo)
    if have != pin.commit:
        raise CheckoutError(f"{home} is at {have[:12]}, and {pin.commit[:12]} is pinned", todo)
    status = _git(home, "status", "--porcelain", "--untracked-files=no", "--ignore-submodules")
    if changed := status.stdout.splitlines():
        names = ", ".join(line[3:] for line in changed[:3])
        raise CheckoutError(f"{home} was changed ({names})", todo)


def _git(folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    try:
        return subprocess.run(
            ["git", "-c", "core.autocrlf=false", "-c", "safe.directory=*", *words],
            cwd=folder,
            env={**os.environ, **QUIET},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
    except FileNotFoundError:
        raise CheckoutError("git is not on the PATH", "Install git") from None
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(words, 124, "", f"no answer within {SECONDS} s")
