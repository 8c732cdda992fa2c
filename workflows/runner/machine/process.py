"""Processes of steps: each a group of its own, watched without a thread, killed whole."""

import asyncio
import os
import resource
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from workflows.runner.ledger import processes

RESULT_BYTES = 262144
GRACE_SECONDS = 3.0
_CHUNK = 65536


@dataclass
class Capture:
    """The end of what a process printed, while the log gets all of it."""

    log: int
    data: bytearray = field(default_factory=bytearray)

    def add(self, chunk: bytes) -> None:
        """Take a piece of output."""
        os.write(self.log, chunk)
        self.data += chunk
        if len(self.data) > 2 * RESULT_BYTES:
            del self.data[:-RESULT_BYTES]

    def text(self) -> str:
        """Give the last 256 KiB without one final line end."""
        text = bytes(self.data[-RESULT_BYTES:]).decode("utf-8", "replace")
        return text.removesuffix("\n").removesuffix("\r")


class Process:
    """A process that was started, and its end."""

    def __init__(self, popen: "subprocess.Popen[bytes]") -> None:
        self.popen = popen
        self.pid = popen.pid
        self._pidfd = os.pidfd_open(popen.pid)
        loop = asyncio.get_running_loop()
        self._done: asyncio.Future[int] = loop.create_future()
        loop.add_reader(self._pidfd, self._ended)

    def _ended(self) -> None:
        asyncio.get_running_loop().remove_reader(self._pidfd)
        os.close(self._pidfd)
        code = self.popen.wait()
        if not self._done.done():
            self._done.set_result(code if code >= 0 else 128 - code)

    @property
    def ended(self) -> bool:
        """Whether it is over."""
        return self._done.done()

    @property
    def done(self) -> "asyncio.Future[int]":
        """Its exit code, once it is over; 128 plus the number of a signal that killed it."""
        return self._done

    async def wait(self) -> int:
        """Wait for its exit code."""
        return await asyncio.shield(self._done)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to what runs inside, or to the whole group if that is not known."""
        if self.ended:
            return
        inside = list(_inside(self.pid)) if number != signal.SIGKILL else []
        for pid in inside:
            _kill(pid, number)
        if not inside:
            try:
                os.killpg(self.pid, number)
            except (ProcessLookupError, PermissionError):
                _kill(self.pid, number)

    async def stop(self, grace: float = GRACE_SECONDS) -> int:
        """Ask it to end, and kill its whole group when it does not."""
        self.signal(signal.SIGTERM)
        try:
            return await asyncio.wait_for(self.wait(), grace)
        except TimeoutError:
            self.signal(signal.SIGKILL)
            return await self.wait()


def _kill(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except (ProcessLookupError, PermissionError):
        return


def _children(pid: int) -> list[int]:
    try:
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    except (FileNotFoundError, ProcessLookupError):
        return []
    return [int(child) for child in text.split()]


def _inside(pid: int) -> Iterator[int]:
    """Give the processes below bubblewrap and its init; none when it is not bubblewrap."""
    if not _is_bwrap(pid):
        return
    for init in _children(pid):
        for main in _children(init):
            yield main
            yield from _below(main)


def _below(pid: int) -> Iterator[int]:
    for child in _children(pid):
        yield child
        yield from _below(child)


def _is_bwrap(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/comm").read_text(encoding="utf-8").strip() == "bwrap"
    except (FileNotFoundError, ProcessLookupError):
        return False


def start(
    argv: Sequence[str],
    env: Mapping[str, str],
    cwd: str,
    log: Path,
    *,
    capture: bool,
) -> tuple[Process, "Reader | None"]:
    """Start a process with its output in a log.

    Args:
        argv: The whole command, the sandbox included.
        env: All of its variables.
        cwd: Where it starts.
        log: Where output goes.
        capture: Keep what goes to standard output, too.
    """
    out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        read_end, write_end = os.pipe2(os.O_CLOEXEC) if capture else (-1, -1)
        try:
            popen = subprocess.Popen(
                argv, env=env, cwd=cwd, stdin=subprocess.DEVNULL, stderr=out,
                stdout=write_end if capture else out,
                start_new_session=True, close_fds=False,
            )  # fmt: skip
        except OSError:
            if capture:
                os.close(read_end)
            raise
        finally:
            if capture:
                os.close(write_end)
        process = Process(popen)
        return process, Reader(read_end, os.dup(out)) if capture else None
    finally:
        os.close(out)


class Reader:
    """Reads the standard output of a process to its end."""

    def __init__(self, read_end: int, log: int) -> None:
        self._read_end = read_end
        self.capture = Capture(log)
        loop = asyncio.get_running_loop()
        self._done: asyncio.Future[None] = loop.create_future()
        os.set_blocking(read_end, False)
        loop.add_reader(read_end, self._ready)

    def _ready(self) -> None:
        try:
            chunk = os.read(self._read_end, _CHUNK)
        except BlockingIOError:
            return
        if chunk:
            self.capture.add(chunk)
            return
        self._close()

    def _close(self) -> None:
        if not self._done.done():
            asyncio.get_running_loop().remove_reader(self._read_end)
            os.close(self._read_end)
            os.close(self.capture.log)
            self._done.set_result(None)

    async def text(self, patience: float = 1.0) -> str:
        """Give what was printed, once it is all there or nobody closes the pipe any more."""
        try:
            await asyncio.wait_for(asyncio.shield(self._done), patience)
        except TimeoutError:
            self._close()
        return self.capture.text()


def allow_many_files() -> None:
    """Let this process hold as many files as the system allows it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def identity(process: Process) -> dict[str, object]:
    """Give what tells this process from every other, to be written down."""
    return processes.identity(process.pid)
