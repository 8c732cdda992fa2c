"""Where the parts of the test cloud lie: its folder, its ports, its packages."""

import random
import socket
from dataclasses import dataclass
from pathlib import Path

HOST = "127.0.0.1"
BELOW_OUTGOING = range(20000, 32000)
PASSWORD = "secret"  # of a cloud that lives for minutes, on loopback
REGION = "RegionOne"
COMPUTE = ("compute1", "compute2", "compute3")
DATABASES = (
    "keystone", "glance", "placement", "nova_api", "nova", "nova_cell0", "neutron", "cinder",
    "blazar",
)  # fmt: skip
LISTENERS = (
    "mariadb", "rabbit", "distribution", "epmd", "keystone", "placement", "glance", "neutron",
    "nova", "cinder", "blazar",
)  # fmt: skip


@dataclass(frozen=True)
class Layout:
    """Everything that the parts must agree on."""

    home: Path
    packages: Path
    ports: dict[str, int]

    @property
    def etc(self) -> Path:
        """The folder of the configuration files."""
        return self.home / "etc"

    @property
    def state(self) -> Path:
        """The folder where services keep what they make."""
        return self.home / "state"

    @property
    def python(self) -> Path:
        """The interpreter that has OpenStack's packages."""
        return self.packages / "bin" / "python"

    def program(self, name: str) -> str:
        """Name a program of OpenStack's packages."""
        return str(self.packages / "bin" / name)

    def url(self, service: str, path: str = "") -> str:
        """Where a service answers."""
        return f"http://{HOST}:{self.ports[service]}{path}"

    @property
    def identity(self) -> str:
        """Where Keystone answers."""
        return self.url("keystone", "/v3")


def free_ports() -> dict[str, int]:
    """Find a free port for each part, all different.

    None is of the range that the kernel gives to outgoing connections, which might take one
    before its part listens.
    """
    found: dict[str, int] = {}
    candidates = iter(random.sample(BELOW_OUTGOING, len(BELOW_OUTGOING)))
    for name in LISTENERS:
        found[name] = next(port for port in candidates if _is_free(port))
    return found


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True
