"""Replicas: what the agent knows of each, kept on disk so that a new agent goes on with them."""

import secrets
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from infra.local import ports
from infra.local import state as files
from infra.local.desired.manifests import Manifest, labels_of
from infra.local.errors import PodError
from infra.local.processes import volumes
from infra.local.processes.pods import container_of, container_ports
from infra.local.site import Site

WAITING, RUNNING, TERMINATED = "Waiting", "Running", "Terminated"


class NoPortError(PodError):
    """Every port of the site's block is taken."""

    def __init__(self) -> None:
        super().__init__(
            "OutOfPorts",
            "every port of this site is taken; run fewer replicas, "
            "or start the site again: ./run invoke down && ./run invoke up",
        )


@dataclass
class Replica:
    """One process of a Deployment or Job, from before its start until after its end.

    Attributes:
        template: Hash of the pod template that it was made from.
        pod: That template, so that it can be started again when Git names another.
        ports: Host port by container port.
        failures: Ends in a row that count for the back-off.
        retiring: It is on its way out and gets no new requests.
    """

    name: str
    namespace: str
    kind: str
    owner: str
    template: str
    revision: str
    image: str
    labels: dict[str, str]
    pod: dict[str, Any]
    ports: dict[str, int]
    created: float
    state: str = WAITING
    reason: str = ""
    message: str = ""
    ready: bool = False
    been_ready: bool = False
    retiring: bool = False
    restarts: int = 0
    failures: int = 0
    exit_code: int | None = None
    last_reason: str = ""
    started: float | None = None
    ended: float | None = None
    next_start: float = 0

    @property
    def serves(self) -> bool:
        """Say whether the gateway may send it requests."""
        return self.ready and not self.retiring

    @property
    def owned_by(self) -> str:
        """The "namespace/name" of its Deployment or Job."""
        return f"{self.namespace}/{self.owner}"

    @property
    def container(self) -> dict[str, Any]:
        """The one container of its template."""
        return container_of(self.pod)

    @property
    def grace(self) -> float:
        """Seconds between asking it to end and making it."""
        return float(self.pod["spec"].get("terminationGracePeriodSeconds", 30))

    @property
    def url(self) -> str | None:
        """Where it answers itself, or None when it has no port."""
        first = next(iter(self.ports.values()), None)
        return None if first is None else f"http://{ports.LOOPBACK}:{first}"


@dataclass
class Store:
    """All replicas of a site, in memory and on disk."""

    site: Site
    all: dict[str, Replica] = field(default_factory=dict)
    saved: dict[str, Any] = field(default_factory=dict)

    def load(self) -> None:
        """Read the records that an earlier agent left."""
        known = {item.name for item in fields(Replica)}
        for path in sorted(self.site.state.replicas.glob("*.json")):
            record = files.read_json(path)
            self.all[record["name"]] = Replica(**{k: v for k, v in record.items() if k in known})

    def save(self) -> None:
        """Write the records that have changed."""
        for name, replica in self.all.items():
            record = dict(vars(replica))  # its template and labels are never changed in place
            if self.saved.get(name) != record:
                files.write_json(self.site.state.replicas / f"{name}.json", record, mode=0o600)
                self.saved[name] = record

    def create(self, manifest: Manifest) -> Replica:
        """Make the record of a new replica of a Deployment or Job."""
        template = manifest.spec["template"]
        hashed = manifest.template
        name = f"{manifest.namespace}.{manifest.name}-{hashed}-{secrets.token_hex(3)}"
        replica = Replica(
            name=name,
            namespace=manifest.namespace,
            kind=manifest.kind,
            owner=manifest.name,
            template=hashed,
            revision=manifest.revision,
            image=container_of(template)["image"],
            labels=labels_of(manifest),
            pod=template,
            ports=self.free_ports(container_ports(container_of(template))),
            created=time.time(),
        )
        self.all[name] = replica
        self.save()
        return replica

    def free_ports(self, wanted: Iterable[str]) -> dict[str, int]:
        """Choose a free port of this machine for each container port.

        Raises:
            NoPortError: there is none left in the site's block.
        """
        taken = {port for replica in self.all.values() for port in replica.ports.values()}
        free = (
            port for port in self.site.ports.replicas if port not in taken and ports.is_free(port)
        )
        try:
            return {name: next(free) for name in wanted}
        except StopIteration:
            raise NoPortError from None

    def forget(self, replica: Replica) -> None:
        """Remove all that is left of a replica that has ended; its record last.

        Killed before that, the next agent still knows of it.
        """
        volumes.remove(self.site.state, replica.name)
        self.all.pop(replica.name, None)
        self.saved.pop(replica.name, None)
        (self.site.state.replicas / f"{replica.name}.json").unlink(missing_ok=True)

    def of(self, kind: str, namespace: str, owner: str) -> list[Replica]:
        """Return the replicas of one Deployment or Job."""
        wanted = (kind, namespace, owner)
        return [r for r in self.all.values() if (r.kind, r.namespace, r.owner) == wanted]


def host_ports(replica: Replica) -> Mapping[int | str, int]:
    """Return host ports by number and by name of the container's port."""
    known: dict[int | str, int] = {}
    for port in replica.container.get("ports") or []:
        host = replica.ports[str(port["containerPort"])]
        known[port["containerPort"]] = host
        if port.get("name"):
            known[port["name"]] = host
    return known
