"""A site's identity: its id, its ports, its names. Chosen once and kept in site.json."""

import secrets
from dataclasses import dataclass, field, replace
from typing import Any

from infra.local import state as files
from infra.local.ports import LOOPBACK, Block
from infra.local.state import State

ENVIRONMENTS = ("staging", "canary", "production")
PREFIX = "gourmetgram"
APP = f"{PREFIX}-app"
MODEL = "GourmetGramFood11Model"
REGISTRY = "registry.local"
MLFLOW = f"{PREFIX}-platform/mlflow"


@dataclass(frozen=True)
class Site:
    """What is fixed about one local site.

    Attributes:
        id: Random, made once; every process of the site carries it.
        slots: Which Service ("namespace/name:port") has which address of the block.
    """

    state: State
    id: str
    ports: Block
    slots: dict[str, int] = field(default_factory=dict)
    name: str = "local"

    @property
    def mark(self) -> str:
        """The line in a process's environment that proves that this site started it."""
        return f"GOURMET_SITE_MARK={self.id}"

    @property
    def addresses(self) -> dict[str, str]:
        """Where people and workflow steps reach the parts of the site."""
        return {
            "gateway": url(self.ports.gateway),
            "mlflow": self.slot_url(MLFLOW) or "",
            "api": url(self.ports.api),
        }

    def save(self) -> None:
        """Remember the site."""
        facts = {"id": self.id, "name": self.name, "base": self.ports.base, "slots": self.slots}
        files.write_json(self.state.site_file, facts)

    def with_slot(self, service: str) -> "Site | None":
        """Return the site with an address for the Service, or None when all are taken."""
        if service in self.slots:
            return self
        taken = set(self.slots.values())
        offsets = (port - self.ports.base for port in self.ports.slots)
        offset = next((offset for offset in offsets if offset not in taken), None)
        return None if offset is None else replace(self, slots={**self.slots, service: offset})

    def slot_url(self, service: str) -> str | None:
        """Return the stable address of a Service, once it has one."""
        offset = self.slots.get(service)
        return None if offset is None else url(self.ports.base + offset)


def url(port: int) -> str:
    """Return the address of a port on this machine."""
    return f"http://{LOOPBACK}:{port}"


def load(state: State) -> Site | None:
    """Read the site that was made in this folder, or None."""
    facts: dict[str, Any] | None = files.read_json(state.site_file)
    if facts is None:
        return None
    return Site(state, facts["id"], Block(facts["base"]), facts["slots"], facts["name"])


def new(state: State, block: Block) -> Site:
    """Make a site's identity."""
    site = Site(state, secrets.token_hex(8), block)
    services = [service_key(namespace_of(environment), APP) for environment in ENVIRONMENTS]
    offsets = [port - block.base for port in block.slots]
    return replace(site, slots=dict(zip([MLFLOW, *services], offsets, strict=False)))


def service_key(namespace: str, name: str, port: str = "") -> str:
    """Return the name under which a Service's address is remembered."""
    return f"{namespace}/{name}:{port}" if port else f"{namespace}/{name}"


def namespace_of(environment: str) -> str:
    """Return the namespace that holds an environment."""
    return f"{PREFIX}-{environment}"
