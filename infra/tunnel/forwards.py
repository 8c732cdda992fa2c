"""SSH forwards: opened together, ready when each local end listens, closed whatever happens."""

import contextlib
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from infra.errors import ProvisionError

HOST = "127.0.0.1"
SECONDS = 30.0
POLL = 0.05


class TunnelError(ProvisionError):
    """The way to a node could not be opened, or broke."""

    code = 1

    def __init__(self, node: str, said: str) -> None:
        self.node = node
        super().__init__(f"{node}: {said}. Ask the nodes how they are: invoke check-nodes")


@dataclass(frozen=True)
class Forward:
    """A port of this machine that leads to one that the node reaches.

    Attributes:
        target: Host and port as the node sees them.
        port: Where it listens here, on loopback.
    """

    target: str
    port: int


@contextlib.contextmanager
def opened(ssh_config: Path, node: str, forwards: Sequence[Forward]) -> Iterator["Way"]:
    """Open forwards through a node, and close them when the block ends.

    Raises:
        TunnelError: ssh could not open them; in its own words.
    """
    argv = ["ssh", "-F", str(ssh_config), "-o", "ExitOnForwardFailure=yes"]
    # A connection of its own: a shared one would outlive us, and keep the ports.
    argv += ["-o", "ControlMaster=no", "-o", "ControlPath=none", "-o", "BatchMode=yes"]
    argv += ["-o", "ServerAliveInterval=5", "-o", "ServerAliveCountMax=2"]
    for forward in forwards:
        argv += ["-L", f"{HOST}:{forward.port}:{forward.target}"]
    # It lives as long as our end of its input is open: killed, we leave no way open.
    process = subprocess.Popen(
        [*argv, node, "cat"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    way = Way(node, process)
    try:
        way.wait(forwards)
        yield way
    finally:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        assert process.stdin
        assert process.stderr
        process.stdin.close()
        process.stderr.close()


class Way:
    """The ssh that holds the forwards."""

    def __init__(self, node: str, process: "subprocess.Popen[str]") -> None:
        self.node = node
        self._process = process

    def wait(self, forwards: Sequence[Forward]) -> None:
        """Wait until each local end listens."""
        deadline = time.monotonic() + SECONDS
        for forward in forwards:
            while not _listens(forward.port):
                self.must_stand()
                if time.monotonic() > deadline:
                    raise TunnelError(self.node, f"it did not answer within {SECONDS:.0f} s")
                time.sleep(POLL)

    def stay(self) -> None:
        """Hold the way open until it breaks.

        Raises:
            TunnelError: it broke.
        """
        self._process.wait()
        self.must_stand()

    def must_stand(self) -> None:
        """Say why ssh has ended, if it has.

        Raises:
            TunnelError: it has.
        """
        if self._process.poll() is not None:
            assert self._process.stderr
            said = self._process.stderr.read().strip().splitlines()
            raise TunnelError(self.node, said[-1] if said else "it ended without a word")


def free_port(wanted: int = 0) -> int:
    """Return this port if nobody has it, else another that is free."""
    for port in (wanted, 0):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((HOST, port))
            return int(probe.getsockname()[1])
    raise AssertionError("no port is free")


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0
