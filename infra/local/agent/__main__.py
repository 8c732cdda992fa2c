"""The agent: keeps what runs on this site equal to what Git says (python -m infra.local.agent).

One loop in one thread: look (Git, processes, probes), decide, act, tell. What takes long
happens elsewhere (probes in a pool, answers in the server's threads), so a turn takes
milliseconds; whoever kills the agent at any point of a turn loses nothing, for everything
that must be remembered is on disk before it is acted upon.
"""

import contextlib
import json
import os
import signal
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from infra.local import site
from infra.local import state as files
from infra.local.agent import gateway, report
from infra.local.agent.api import Server
from infra.local.agent.deployments import Deployments
from infra.local.agent.jobs import Jobs
from infra.local.agent.objects import Folder
from infra.local.agent.switch import Switch
from infra.local.credentials import Secrets
from infra.local.desired import gitops, manifests
from infra.local.desired.manifests import Desired
from infra.local.errors import ManifestError
from infra.local.processes.keeper import Keeper
from infra.local.processes.replicas import RUNNING, WAITING, Store
from infra.local.site import Site
from infra.local.state import State
from infra.local.supervisor.supervision import Process, Supervisor, config_file
from infra.local.view import logs

BUSY, IDLE = 0.05, 0.5  # seconds between two turns
GLANCE = 0.05  # seconds between two glances at processes, while nothing else is to do
SYNC_PATIENCE = 8.0
GATEWAY = "gateway"


class Agent:
    """The loop and what it holds."""

    def __init__(self, here: Site) -> None:
        self.site = here
        self.supervisor = Supervisor(here)
        self.store = Store(here)
        pool = ThreadPoolExecutor(max_workers=16, thread_name_prefix="probe")
        self.keeper = Keeper(self.store, self.supervisor, Secrets(here.state), pool)
        self.deployments = Deployments(self.keeper)
        self.jobs = Jobs(self.keeper)
        self.switch = Switch(here)
        self.objects = Folder(here.state.objects)
        self.desired = Desired()
        self.seen: str | None = None
        self.error: str | None = None
        self.status: dict[str, Any] = {}
        self.wake = threading.Event()
        self.turned = threading.Condition()
        self.turns = self.asked = self.answered = 0
        self.stopping = False

    def load(self) -> None:
        """Go on from what an earlier agent left: replicas, jobs, the last good commit."""
        self.store.load()
        self.jobs.load()
        good = files.read_json(self._applied)
        if good:
            with contextlib.suppress(gitops.GitError):
                self._take(good["revision"])

    def run(self) -> None:
        """Turn until told to stop."""
        while not self.stopping:
            if not self.site.state.site_file.exists():
                self._end_with_the_site()
            try:
                self.turn()
            except OSError as error:  # the disk is full, say: what runs goes on running
                self._cannot(error)
            self._rest(IDLE if self._is_calm() else BUSY)

    def _end_with_the_site(self) -> None:
        """End everything when somebody has removed the state folder under a running site."""
        print("the site's folder is gone, and so is the site", flush=True)
        os.kill(os.getppid(), signal.SIGTERM)  # supervisord: this process ends before it does
        self.stopping = True

    def _rest(self, seconds: float) -> None:
        """Wait for the next turn, or for a reason to begin it at once."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.wake.wait(GLANCE) or self.keeper.alarm():
                break
        self.wake.clear()

    def turn(self) -> None:
        """Look, decide, act and tell, once."""
        asked = self.asked
        self._look_at_git()
        processes = self.supervisor.processes()
        self._remove_strays(processes)
        self.keeper.tick(self.desired, processes)
        if self.desired.revision:  # never take an unreadable commit for an empty one
            self.deployments.tick(self.desired)
            self.jobs.tick(self.desired, processes)
        self._slots()
        self.switch.apply(self._gateway())
        guards = processes.get(GATEWAY)
        switched = self.switch.is_taken() or guards is None or not guards.runs
        self.deployments.drain(processes, switched=switched)
        self.store.save()
        self._tell(processes, asked)

    def _is_calm(self) -> bool:
        now = time.time()
        busy = any(
            replica.retiring
            or (replica.state == RUNNING and not replica.ready)
            or (replica.state == WAITING and replica.next_start <= now)
            for replica in self.store.all.values()
        )
        return not busy and bool(self.switch.confirmed)

    @property
    def _applied(self) -> Path:
        return self.site.state.supervisor / "applied.json"

    def _look_at_git(self) -> None:
        head = gitops.head(self.site.state)
        if head is None or head == self.seen:
            return
        try:
            self.error = self._take(head)
        except gitops.GitError as error:  # nothing is known of the commit yet: look again
            self.error = str(error)
            return
        self.seen = head
        if self.error:
            print(f"refused {head[:12]}: {self.error}", flush=True)
        else:
            files.write_json(self._applied, {"revision": head})
            print(f"applying {head[:12]}", flush=True)

    def _take(self, commit: str) -> str | None:
        """Take a commit as what is wanted; return why not, if it is refused."""
        try:
            texts = gitops.read(self.site.state, commit)
            revisions = {
                folder: gitops.last_change(self.site.state, commit, folder)
                for folder in manifests.folders_of(texts)
            }
            self.desired = manifests.parse(texts, revisions, commit)
        except ManifestError as error:
            return str(error)
        return None

    def _remove_strays(self, processes: dict[str, Process]) -> None:
        """End programs that no record speaks of: somebody made them, or a kill came between."""
        for name in processes:
            if "." in name and name not in self.store.all:
                self.supervisor.stop(name)
                self.supervisor.remove(name)
                config_file(self.site.state, name).unlink(missing_ok=True)

    def _slots(self) -> None:
        """Give every Service an address that it keeps."""
        for service in self.desired.of("Service").values():
            for number, port in enumerate(service.spec.get("ports") or []):
                part = str(port["port"]) if number else ""
                key = site.service_key(service.namespace, service.name, part)
                with_slot = self.site.with_slot(key)
                if with_slot is None:
                    self.error = f"{service.file}: this site has no address left for a Service"
                elif with_slot is not self.site:
                    with_slot.save()
                    self.site = self.store.site = self.switch.site = with_slot

    def _gateway(self) -> dict[str, Any]:
        return gateway.dynamic(
            self.site,
            list(self.desired.of("Service").values()),
            list(self.desired.of("HTTPRoute").values()),
            list(self.store.all.values()),
        )

    def _cannot(self, error: OSError) -> None:
        print(f"cannot go on yet: {error}", flush=True)
        with self.turned:
            why = f"the agent cannot work and tries again: {error}"
            self.status = {**self.status, "synced": False, "error": why}
            self.answered = self.asked
            self.turned.notify_all()

    def _tell(self, processes: dict[str, Process], asked: int) -> None:
        status = {
            "site": self.site.name,
            "revision": self.desired.revision,
            "synced": self.error is None and self.desired.revision == self.seen,
            "error": self.error,
            "namespaces": report.namespaces(self.site, self.desired, self.deployments, processes),
            "routes": report.routes(self.site, self.desired),
        }
        self.objects.publish(
            [
                report.object_with_status(item, self.deployments, self.jobs)
                for item in self.desired.objects
            ]
        )
        if self.turns % 1000 == 0:
            logs.prune(self.site, self.store)
        with self.turned:
            self.status = status
            self.turns, self.answered = self.turns + 1, asked
            self.turned.notify_all()

    def tell(self) -> dict[str, Any]:
        """Return the status of the last turn."""
        with self.turned:
            self.turned.wait_for(lambda: self.turns > 0, SYNC_PATIENCE)
            return self.status

    def sync(self) -> dict[str, Any]:
        """Turn now, and return what came of the newest commit."""
        with self.turned:
            self.asked += 1
            mine = self.asked  # the turn under way may have looked too early
            self.wake.set()
            self.turned.wait_for(lambda: self.answered >= mine, SYNC_PATIENCE)
            return {key: self.status.get(key) for key in ("revision", "synced", "error")}

    def stop(self) -> None:
        """End after this turn; what runs goes on running."""
        self.stopping = True
        self.wake.set()


def main(folder: str) -> None:
    """Run the agent of the site in a state folder."""
    here = site.load(State(Path(folder)))
    if here is None:
        print(f"{folder}: there is no site here. Start one: ./run invoke up", file=sys.stderr)
        raise SystemExit(2)
    agent = Agent(here)
    for kind in (signal.SIGTERM, signal.SIGINT):
        signal.signal(kind, lambda *_: agent.stop())
    agent.load()
    Server(here.ports.api, agent.tell, agent.sync).begin()
    print(f"agent of {json.dumps(str(here.state.folder))} on port {here.ports.api}", flush=True)
    agent.run()


if __name__ == "__main__":
    main(sys.argv[1])
