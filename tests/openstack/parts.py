"""The processes of the test cloud: started on loopback, ended with the tests whatever happens."""

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.openstack.layout import HOST

SECONDS = 180.0
# Should the tests be killed, the kernel ends what they started.
WITH_US = ("setpriv", "--pdeathsig", "KILL")


class Parts:
    """Processes by name, each with a log of its own."""

    def __init__(self, logs: Path) -> None:
        self.logs = logs
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        logs.mkdir(parents=True, exist_ok=True)

    def start(self, name: str, argv: Sequence[str], env: Mapping[str, str]) -> None:
        """Start a process in a group of its own."""
        with (self.logs / f"{name}.log").open("ab") as log:
            self._running[name] = subprocess.Popen(
                [*WITH_US, *argv],
                env=dict(env),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def stop(self, *names: str) -> None:
        """End the named ones, with all that they started; without names, all of them.

        Nothing of theirs is kept, so none is asked to tidy up first.
        """
        ending = [self._running.pop(name) for name in names or list(self._running)]
        for process in ending:
            _kill(process.pid)
        for process in ending:
            process.wait()
            _kill(process.pid)

    def wait_for(self, ports: Mapping[str, int]) -> None:
        """Wait until every port listens; a process that ended instead is told with its log."""
        deadline = time.monotonic() + SECONDS
        for name, port in ports.items():
            while not listens(port):
                self.must_run()
                if time.monotonic() > deadline:
                    raise AssertionError(f"{name} does not listen: {self.tail(name)}")
                time.sleep(0.1)

    def must_run(self) -> None:
        """Say which process has ended, if one has."""
        for name, process in self._running.items():
            if process.poll() is not None:
                raise AssertionError(f"{name} ended ({process.returncode}): {self.tail(name)}")

    def tail(self, name: str) -> str:
        """Return the last lines that a process has printed."""
        log = self.logs / f"{name}.log"
        return "\n".join(log.read_text(errors="replace").splitlines()[-12:]) if log.exists() else ""


def listens(port: int) -> bool:
    """Ask whether something answers at a port of loopback."""
    with socket.socket() as asking:
        asking.settimeout(1)
        return asking.connect_ex((HOST, port)) == 0


def _kill(group: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)
