"""Start and stop the site: each stage can be run again, and goes on where a kill came between."""

import contextlib
import fcntl
import hashlib
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from infra.local import credentials, facts, ports, signing
from infra.local import site as sites
from infra.local import state as files
from infra.local.agent import gateway
from infra.local.desired import gitops
from infra.local.errors import SiteError, StartError
from infra.local.site import Site
from infra.local.state import CLONE, State
from infra.local.supervisor import ownership
from infra.local.supervisor.supervision import (
    Program,
    Supervisor,
    launch_file,
    write_daemon,
    write_program,
)
from infra.local.view import client, logs

GUARD_FD = 3  # supervisord closes what it inherits from 5 on
START_SECONDS = 30.0
STOP_SECONDS = 12.0
_STARTED: list[int] = []  # supervisords that are children of this process


class NoPortsError(SiteError):
    """Every block of ports is taken."""

    def __init__(self) -> None:
        super().__init__(
            f"no {ports.SIZE} free ports in a row between {ports.FIRST} and {ports.LAST}. "
            "Stop other sites: ./run invoke down in their clones"
        )


@dataclass(frozen=True)
class Started:
    """What `start` did.

    Attributes:
        again: The site was up already.
        moved: Its ports had been taken by somebody else, so it has new ones.
    """

    site: Site
    again: bool
    moved: bool = False


def start(state: State) -> Started:
    """Start the site's own programs, or find that they run.

    Raises:
        NoPortsError: there are no free ports.
        StartError: a program did not come up, with its last lines.
    """
    with _alone(state):
        known = sites.load(state)
        if known and Supervisor(known).answers():
            _prepare(known)
            _renew(known)
            _await_programs(known)
            return Started(known, again=True)
        if known:
            ownership.end(ownership.processes_of(known.id), STOP_SECONDS)
        return _start_anew(state, known)


def _start_anew(state: State, known: Site | None) -> Started:
    chosen = ports.choose(known.ports if known else None)
    if chosen is None:
        raise NoPortsError
    block, guard = chosen
    with guard:
        site = replace(known, ports=block) if known else sites.new(state, block)
        site.save()
        _prepare(site)
        for program in programs(site):
            write_program(state, program)
        _forget_replica_programs(state)
        _spawn(site, guard.fileno())
    _await(lambda: Supervisor(site).answers(), site, "supervisor")
    _await_programs(site)
    return Started(site, again=False, moved=bool(known and known.ports != block))


def _prepare(site: Site) -> None:
    """Make what programs expect to find; all of it may be there already."""
    state = site.state
    for folder in (state.logs, state.replicas, state.runs, state.objects):
        folder.mkdir(parents=True, exist_ok=True)
    (state.gateway / "dynamic").mkdir(parents=True, exist_ok=True)
    gitops.ensure(state)
    credentials.Secrets(state).generate()
    signing.ensure(state)
    facts.write(site)
    dynamic = str(state.gateway / "dynamic")
    files.write_json(state.gateway / "traefik.yml", gateway.static(site, dynamic))
    write_daemon(site)


def _forget_replica_programs(state: State) -> None:
    """Remove what an earlier supervisord knew of replicas; the agent makes them known again."""
    for path in (state.supervisor / "programs").glob("*.*.conf"):
        path.unlink()


def programs(site: Site) -> list[Program]:
    """Return the site's own programs."""
    state = site.state
    env = {**_plain_environment(site), "GOURMET_CODE": _code_hash()}
    agent = [sys.executable, "-m", "infra.local.agent", str(state.folder)]
    traefik = [_traefik(), f"--configFile={state.gateway / 'traefik.yml'}"]
    told = (state.gateway / "traefik.yml").read_bytes()
    quiet = {**_plain_environment(site), "GOURMET_CODE": hashlib.sha256(told).hexdigest()[:16]}
    return [
        Program("gateway", traefik, quiet, state.folder, grace=10, priority=10),
        Program("agent", agent, env, CLONE, grace=5, priority=20),
    ]


def _traefik() -> str:
    beside = Path(sys.executable).with_name("traefik")
    found = str(beside) if beside.exists() else shutil.which("traefik")
    if not found:
        raise StartError("gateway", "there is no traefik in this environment; use ./run", "")
    return found


def _code_hash() -> str:
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.rglob("*")):
        if path.suffix in (".py", ".yaml"):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _plain_environment(site: Site) -> dict[str, str]:
    """Return the little that programs get of the caller's environment, and the site's mark."""
    kept = ("PATH", "HOME", "TMPDIR", "XDG_CACHE_HOME", "TZ", "SSL_CERT_FILE")
    env = {name: os.environ[name] for name in kept if name in os.environ}
    mark, value = site.mark.split("=", 1)
    return {**env, "LANG": "C.UTF-8", "PYTHONUNBUFFERED": "1", mark: value}


def _spawn(site: Site, guard: int) -> None:
    """Start supervisord in a session of its own, holding the guard of the port block."""
    config = site.state.supervisor / "supervisord.conf"
    argv = [sys.executable, "-m", "supervisor.supervisord", "-c", str(config)]
    high = fcntl.fcntl(guard, fcntl.F_DUPFD_CLOEXEC, 64)
    output = os.open(
        site.state.logs / "supervisord.out", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644
    )
    actions = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_DUP2, output, 1),
        (os.POSIX_SPAWN_DUP2, output, 2),
        (os.POSIX_SPAWN_DUP2, high, GUARD_FD),
    ]
    before = Path.cwd()
    site.state.socket(site.id).unlink(missing_ok=True)
    try:
        os.chdir(site.state.folder)
        pid = os.posix_spawn(
            sys.executable, argv, _plain_environment(site), file_actions=actions, setsid=True
        )
    finally:
        os.chdir(before)
        os.close(high)
        os.close(output)
    _STARTED.append(pid)


def _renew(site: Site) -> None:
    """Start again what runs by older code or is down, and leave the rest."""
    supervisor = Supervisor(site)
    running = supervisor.processes()
    for program in programs(site):
        before = files.read_json(launch_file(site.state, program.name)) or {}
        same = before.get("env") == dict(program.env) and before.get("argv") == list(program.argv)
        process = running.get(program.name)
        if same and process and process.state in ("RUNNING", "STARTING"):
            continue
        if process:
            supervisor.stop(program.name, wait=True)
            supervisor.remove(program.name)
        supervisor.add(program)
        supervisor.start(program.name)


def _await_programs(site: Site) -> None:
    _await(lambda: client.answers(site.ports.gateway_api, "/api/version"), site, "gateway")
    _await(lambda: client.status(site) is not None, site, "agent")


def _await(met: Callable[[], bool], site: Site, program: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not met():
        if time.monotonic() > deadline:
            tail = logs.last_lines(site.state, program, 8)
            raise StartError(program, f"did not answer within {START_SECONDS:.0f} s", tail)
        _reap()
        time.sleep(0.02)


def stop(state: State) -> int:
    """Stop every process of the site and no other; return how many there were.

    Raises:
        SiteError: something would not end.
    """
    known = sites.load(state)
    if known is None:
        return 0
    with _alone(state):
        ours = ownership.processes_of(known.id)
        supervisor = Supervisor(known)
        if supervisor.answers():
            supervisor.stop("agent", wait=True)  # or it would start again what we end
            supervisor.shut_down()
        ownership.wait(ours, STOP_SECONDS)
        left = ownership.end(ownership.processes_of(known.id), 5)
        if left:
            pids = ", ".join(str(process.pid) for process in left)
            raise SiteError(f"these processes of the site would not end: {pids}. Try again")
        state.socket(known.id).unlink(missing_ok=True)
        _reap()
        return len(ours)


def purge(state: State) -> None:
    """Remove the state folder of a site that is down.

    Raises:
        SiteError: this is no state folder, so nothing is removed.
    """
    if not state.folder.exists():
        return
    if sites.load(state) is None:
        raise SiteError(
            f"{state.folder}: holds no site.json, so this is no state folder. Left alone"
        )
    for folder, below, _ in os.walk(state.folder):
        for name in ("", *below):  # unpacked images may be read-only
            path = Path(folder, name)
            if not path.is_symlink():
                path.chmod(0o700)
    for path in state.folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif path != state.site_file:
            path.unlink()
    state.site_file.unlink()  # last, so that a purge which was killed can be run again
    state.folder.rmdir()


@contextlib.contextmanager
def _alone(state: State) -> Iterator[None]:
    """Let one `up` or `down` at a time work on a site; the lock goes with its process."""
    state.supervisor.mkdir(parents=True, exist_ok=True)
    with (state.supervisor / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _reap() -> None:
    """Collect a supervisord that this very process started, if it has ended."""
    for pid in list(_STARTED):
        if os.waitpid(pid, os.WNOHANG)[0]:
            _STARTED.remove(pid)
