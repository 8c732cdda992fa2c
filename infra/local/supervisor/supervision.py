"""The site's programs under supervisord: what it is told, and how it is asked.

supervisord starts each program through launch.py, keeps its output, reaps it, and starts
the site's own programs again. Replicas are started again by the agent, which knows about
back-off; for supervisord they are programs that nobody starts by themselves.
"""

import contextlib
import http.client
import re
import socket
import sys
import xmlrpc.client
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.local import state as files
from infra.local.site import Site
from infra.local.state import State

LAUNCH = Path(__file__).with_name("launch.py")
AT_ONCE = 0
UNKNOWN_NAME, NOT_STARTED, ALREADY_STARTED, STILL_RUNNING = 10, 70, 60, 91
TERMINATED = re.compile(r"exited: (\S+) \((?:exit status (\d+)|terminated by (\w+));")

# Paths are relative to the state folder, where supervisord runs: a path in its
# configuration may hold no blank and no "#".
DAEMON = """\
[supervisord]
nodaemon=true
silent=true
logfile=logs/supervisor.log
logfile_maxbytes=5MB
logfile_backups=1
pidfile=supervisor/supervisord.pid
childlogdir=logs
identifier=gourmetops-{id}

[unix_http_server]
file={socket}
chmod=0700

[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface

[include]
files = programs/*.conf
"""

PROGRAM = """\
[program:{name}]
command=supervisor/python -I -S supervisor/launch.py supervisor/launch/{name}.json
autostart={autostart}
autorestart={autorestart}
startsecs={startsecs}
startretries=1000000
stopwaitsecs={grace}
stopasgroup=true
killasgroup=true
redirect_stderr=true
stdout_logfile=logs/{name}.log
stdout_logfile_maxbytes=10MB
stdout_logfile_backups=1
priority={priority}
"""


@dataclass(frozen=True)
class Program:
    """One program and how it is kept."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str]
    cwd: Path
    grace: float = 10
    kept: bool = True
    priority: int = 100


@dataclass(frozen=True)
class Process:
    """What supervisord says about a program."""

    state: str
    pid: int
    exit_code: int

    @property
    def runs(self) -> bool:
        """Say whether there is a process."""
        return self.state in ("RUNNING", "STARTING", "STOPPING")


class _Connection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=20)
        self.path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self.path))


class _Transport(xmlrpc.client.Transport):
    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path

    def make_connection(self, host: Any) -> http.client.HTTPConnection:
        connection = _Connection(self.path)
        self._connection = host, connection
        return connection

    def request(self, *arguments: Any, **options: Any) -> Any:
        try:
            return super().request(*arguments, **options)
        finally:
            self.close()  # a socket of this machine costs nothing to open again


class Supervisor:
    """supervisord, asked over its socket."""

    def __init__(self, site: Site) -> None:
        self.state = site.state
        transport = _Transport(site.state.socket(site.id))
        self._remote = xmlrpc.client.ServerProxy("http://localhost/RPC2", transport)
        self._rpc: Any = self._remote.supervisor

    def answers(self) -> bool:
        """Say whether supervisord is there."""
        try:
            return bool(self._rpc.getState()["statename"] == "RUNNING")
        except (OSError, http.client.HTTPException, xmlrpc.client.Fault):
            return False  # gone, or on its way out

    def processes(self) -> dict[str, Process]:
        """Return every program by name."""
        return {
            info["name"]: Process(info["statename"], info["pid"], info["exitstatus"])
            for info in self._rpc.getAllProcessInfo()
        }

    def add(self, program: Program) -> None:
        """Make a program known, or known anew, without starting it."""
        write_program(self.state, program)
        self._rpc.reloadConfig()
        _tolerate(self._rpc.addProcessGroup, program.name, codes=(90,))

    def start(self, name: str) -> None:
        """Start a program; one that runs already is left alone."""
        _tolerate(self._rpc.startProcess, name, False, codes=(ALREADY_STARTED,))

    def stop(self, name: str, *, wait: bool = False) -> None:
        """Ask a program to end; after its grace supervisord kills it."""
        _tolerate(self._rpc.stopProcess, name, wait, codes=(NOT_STARTED, UNKNOWN_NAME))

    def kill(self, name: str) -> None:
        """End a program and its group at once."""
        _tolerate(self._rpc.signalProcessGroup, name, "KILL", codes=(NOT_STARTED, UNKNOWN_NAME))

    def remove(self, name: str) -> bool:
        """Forget a program that has ended; False when it has not."""
        try:
            self._rpc.removeProcessGroup(name)
        except xmlrpc.client.Fault as fault:
            if fault.faultCode == STILL_RUNNING:
                return False
            if fault.faultCode != UNKNOWN_NAME:
                raise
        for path in (config_file(self.state, name), launch_file(self.state, name)):
            path.unlink(missing_ok=True)
        return True

    def how_it_ended(self, name: str) -> tuple[int | None, str]:
        """Return exit code and signal name of the last end of a program, from the log."""
        lines = self._rpc.readLog(-16384, 0).splitlines()
        for line in reversed(lines):
            found = TERMINATED.search(line)
            if found and found.group(1) == name:
                code = found.group(2)
                return (int(code) if code else None), found.group(3) or ""
        return None, ""

    def shut_down(self) -> None:
        """End every program at once, then supervisord itself; it may be doing so already."""
        with contextlib.suppress(xmlrpc.client.Fault, OSError, http.client.HTTPException):
            self._rpc.stopAllProcesses(False)
            self._rpc.shutdown()


def _tolerate(call: Any, *arguments: Any, codes: tuple[int, ...]) -> None:
    try:
        call(*arguments)
    except xmlrpc.client.Fault as fault:
        if fault.faultCode not in codes:
            raise


def config_file(state: State, name: str) -> Path:
    """Return where supervisord reads about a program."""
    return state.supervisor / "programs" / f"{name}.conf"


def launch_file(state: State, name: str) -> Path:
    """Return where launch.py reads what to become."""
    return state.supervisor / "launch" / f"{name}.json"


def write_program(state: State, program: Program) -> None:
    """Write what supervisord and launch.py need to start a program."""
    file = launch_file(state, program.name)
    launch = {"argv": list(program.argv), "env": dict(program.env), "cwd": str(program.cwd)}
    files.write_json(file, launch, mode=0o600)
    text = PROGRAM.format(
        name=program.name,
        autostart=str(program.kept).lower(),
        autorestart=str(program.kept).lower(),
        startsecs=1 if program.kept else AT_ONCE,
        grace=max(1, round(program.grace)),
        priority=program.priority,
    )
    files.write(config_file(state, program.name), text)


def write_daemon(site: Site) -> Path:
    """Write supervisord's own configuration and return its path."""
    socket_path = site.state.socket(site.id)
    inside = socket_path.is_relative_to(site.state.folder)
    shown = socket_path.relative_to(site.state.folder) if inside else socket_path
    text = DAEMON.format(id=site.id, socket=str(shown).replace("%", "%%"))
    path = site.state.supervisor / "supervisord.conf"
    for needed in (site.state.logs, site.state.supervisor / "programs"):
        needed.mkdir(parents=True, exist_ok=True)
    files.write(site.state.supervisor / "launch.py", LAUNCH.read_text())
    python, found = site.state.supervisor / "python", Path(sys.executable).resolve()
    if not python.is_symlink() or python.readlink() != found:
        python.unlink(missing_ok=True)
        python.symlink_to(found)
    files.write(path, text)
    return path
