"""Keeps each replica as it should be: started, probed, within its memory, started again."""

import time
import xmlrpc.client
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from infra.local import ports
from infra.local.credentials import Secrets
from infra.local.desired.manifests import Desired
from infra.local.desired.quantities import shown
from infra.local.errors import PodError
from infra.local.processes import ends, images, memory, pods, probes, volumes
from infra.local.processes.ends import End
from infra.local.processes.replicas import RUNNING, TERMINATED, WAITING, Replica, Store, host_ports
from infra.local.supervisor import ownership
from infra.local.supervisor.supervision import Process, Program, Supervisor

PATIENCE = 1.0  # seconds before what is missing (an image, a Secret) is looked for again
AT_ONCE = 5  # starts in one turn, so that many replicas do not hold up the agent
WEIGH = 1.0  # seconds between two looks at a family's memory
LIVENESS = "Unhealthy"


@dataclass
class Live:
    """What is known of a running process and not worth keeping."""

    pid: int
    launch: pods.Launch
    startup: probes.Watch | None
    readiness: probes.Watch | None
    liveness: probes.Watch | None
    killed_for: str = ""
    why: str = ""


@dataclass
class Keeper:
    """Brings the processes of all replicas to the state that their records ask for."""

    store: Store
    supervisor: Supervisor
    secrets: Secrets
    pool: ThreadPoolExecutor
    live: dict[str, Live] = field(default_factory=dict)
    held: dict[str, int] = field(default_factory=dict)
    weighed: float = 0
    stopping: set[str] = field(default_factory=set)

    def tick(self, desired: Desired, processes: dict[str, Process]) -> None:
        """Look at every replica once and do what is due."""
        now = time.time()
        self._weigh(now, processes)
        begun = 0
        for replica in list(self.store.all.values()):
            if replica.state == TERMINATED:
                continue
            process = processes.get(replica.name)
            if process is not None and process.runs:
                self._watch(replica, process, now)
            elif replica.state == RUNNING:
                self._ended(replica, process, now)
            elif not replica.retiring and now >= replica.next_start and begun < AT_ONCE:
                begun += 1
                self._start(replica, desired, now, known=process is not None)

    def alarm(self) -> bool:
        """Say at a glance whether a process is gone or has grown over its limit."""
        for name, live in self.live.items():
            replica = self.store.all.get(name)
            if replica is None or live.killed_for or replica.state != RUNNING:
                continue
            size = memory.quickly(live.pid)
            limit = pods.memory_limit(replica.container)
            if ownership.is_gone(live.pid) or (limit is not None and size > limit):
                return True
        return False

    def stop(self, replica: Replica) -> None:
        """Ask a replica to end, once."""
        if replica.name not in self.stopping:
            self.stopping.add(replica.name)
            self.supervisor.stop(replica.name)

    def gone(self, replica: Replica, processes: dict[str, Process]) -> bool:
        """Say whether a replica's process has ended, and forget the replica if so."""
        process = processes.get(replica.name)
        if process is not None and process.runs:
            return False
        if process is not None and not self.supervisor.remove(replica.name):
            return False
        self._drop(replica)
        self.store.forget(replica)
        return True

    def _drop(self, replica: Replica) -> None:
        self.live.pop(replica.name, None)
        self.held.pop(replica.name, None)
        self.stopping.discard(replica.name)

    def _start(self, replica: Replica, desired: Desired, now: float, *, known: bool) -> None:
        try:
            launch = self._launch(replica, desired)
        except PodError as error:
            replica.reason, replica.message = error.reason, str(error)
            replica.next_start = now + PATIENCE
            return
        program = Program(
            replica.name, launch.argv, launch.env, launch.cwd, replica.grace, kept=False
        )
        if known:
            self.supervisor.remove(replica.name)
        self.supervisor.add(program)
        try:
            self.supervisor.start(replica.name)
        except xmlrpc.client.Fault as fault:
            replica.reason, replica.message = "RunContainerError", fault.faultString
            replica.next_start = now + PATIENCE
            return
        replica.state, replica.reason, replica.message = RUNNING, "", ""
        replica.started, replica.been_ready = now, False
        self.store.save()

    def _launch(self, replica: Replica, desired: Desired) -> pods.Launch:
        state = self.store.site.state
        image = images.find(state, replica.image)
        if not all(map(ports.is_free, replica.ports.values())):
            replica.ports = self.store.free_ports(replica.ports)
        config = self.secrets.config(desired, replica.namespace)
        mounts = volumes.prepare(state, replica.namespace, replica.name, replica.pod, config)
        home = volumes.home(state, replica.name)
        home.mkdir(parents=True, exist_ok=True)
        annotations = (replica.pod.get("metadata") or {}).get("annotations") or {}
        pod = pods.Pod(
            replica.name,
            replica.namespace,
            replica.labels,
            annotations,
            replica.ports,
            home,
            mounts,
        )
        launch = pods.launch(replica.container, image, pod, config)
        name, _, value = self.store.site.mark.partition("=")
        launch.env[name] = value
        return launch

    def _watch(self, replica: Replica, process: Process, now: float) -> None:
        live = self.live.get(replica.name)
        if live is None or live.pid != process.pid:
            live = self.live[replica.name] = self._adopt(replica, process, now)
        if process.state == "STOPPING" or live.killed_for:
            replica.ready = False
            return
        if self._too_big(replica, live):
            return
        if not replica.retiring:
            self._probe(replica, live, now)

    def _adopt(self, replica: Replica, process: Process, now: float) -> Live:
        if replica.state != RUNNING:
            replica.state, replica.reason, replica.message = RUNNING, "", ""
        started = replica.started = replica.started or now

        def watch(name: str) -> probes.Watch | None:
            probe = probes.read(replica.container, name)
            if probe is None:
                return None
            return probes.Watch(probe, started, well=True if replica.ready else None)

        return Live(
            process.pid,
            pods.launched(self.store.site.state, replica.name),
            startup=watch("startupProbe"),
            readiness=watch("readinessProbe"),
            liveness=watch("livenessProbe"),
        )

    def _probe(self, replica: Replica, live: Live, now: float) -> None:
        target = probes.Target(host_ports(replica), live.launch.env, live.launch.cwd)
        if live.startup and not live.startup.well:
            live.startup.tick(self.pool, target, now)
            replica.message = live.startup.why
            if live.startup.well is False:
                self._unhealthy(replica, live, live.startup.why)
            return
        if live.liveness:
            live.liveness.tick(self.pool, target, now)
            if live.liveness.well is False:
                self._unhealthy(replica, live, live.liveness.why)
                return
        if live.readiness:
            live.readiness.tick(self.pool, target, now)
        ready = live.readiness.well is True if live.readiness else True
        replica.message = "" if ready or not live.readiness else live.readiness.why
        if ready != replica.ready:
            replica.ready = ready
            replica.been_ready = replica.been_ready or ready
            self.store.save()

    def _unhealthy(self, replica: Replica, live: Live, why: str) -> None:
        live.killed_for, live.why = LIVENESS, f"its probe failed: {why}"
        replica.ready = False
        self.supervisor.stop(replica.name)

    def _weigh(self, now: float, processes: dict[str, Process]) -> None:
        if now - self.weighed < WEIGH:
            return
        self.weighed = now
        pids = {name: processes[name].pid for name in self.live if name in processes}
        sizes = memory.of_families(pid for pid in pids.values() if pid)
        self.held = {name: sizes.get(pid, 0) for name, pid in pids.items()}

    def _too_big(self, replica: Replica, live: Live) -> bool:
        limit = pods.memory_limit(replica.container)
        size = max(self.held.get(replica.name, 0), memory.quickly(live.pid))
        if limit is None or size <= limit:
            return False
        live.killed_for = ends.OOM
        live.why = f"it took {shown(size)}, and its limit is {shown(limit)}"
        self.supervisor.kill(replica.name)
        replica.ready = False
        return True

    def _ended(self, replica: Replica, process: Process | None, now: float) -> None:
        live = self.live.pop(replica.name, None)
        self.held.pop(replica.name, None)
        code, signal = self.supervisor.how_it_ended(replica.name) if process else (None, "SIGKILL")
        end = End(code, signal, live.killed_for if live else "")
        lived = now - (replica.started or now)
        replica.failures = ends.failures(
            replica.failures, end, lived, been_ready=replica.been_ready
        )
        replica.ready, replica.ended = False, now
        replica.exit_code, replica.last_reason = end.exit_code, end.reason
        why = live.why if live and live.why else _sentence(end)
        if replica.kind == "Job":
            replica.state, replica.reason, replica.message = TERMINATED, end.reason, why
        else:
            wait = ends.delay(replica.failures)
            replica.state, replica.next_start = WAITING, now + wait
            replica.reason = ends.BACK_OFF if wait else end.reason
            replica.message = why
            replica.restarts += 0 if replica.retiring else 1
        self.store.save()


def _sentence(end: End) -> str:
    if end.signal:
        return f"it was ended by {end.signal}"
    return f"it exited with code {end.code}" if end.code is not None else "it is gone"
