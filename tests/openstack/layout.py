"""Where the parts of the test cloud lie: its folder, its ports, its packages."""

import random
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
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
    """Everything that the parts must agree on.

    Attributes:
        home: The folder of this cloud.
        packages: OpenStack's packages, by a path without a space: Neutron's migrations are found
            by a list of folders with spaces between them.
        ports: Of each listener.
    """

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
    def consoles(self) -> Path:
        """The folder of what servers print, a file for each id."""
        return self.home / "consoles"

    @property
    def servers(self) -> Path:
        """The folder of the servers that run, a file with its name for each id."""
        return self.home / "servers"

    @property
    def python(self) -> Path:
        """The interpreter that has OpenStack's packages."""
        return self.packages / "bin" / "python"

    def program(self, name: str) -> list[str]:
        """Return the command of one of OpenStack's programs.

        It names the interpreter: a program's first line may lead out of `packages`.
        """
        return [str(self.python), str(self.packages / "bin" / name)]

    def url(self, service: str, path: str = "") -> str:
        """Where a service answers."""
        return f"http://{HOST}:{self.ports[service]}{path}"

    @property
    def identity(self) -> str:
        """Where Keystone answers."""
        return self.url("keystone", "/v3")


@contextmanager
def held_ports() -> Iterator[dict[str, int]]:
    """Find a free port for each part, all different, and keep them from others until the end.

    None is of the range that the kernel gives to outgoing connections. A socket that is bound and
    does not listen keeps those away who look for a free port; a part may listen all the same,
    since every one of them allows that its address is used again.
    """
    candidates = iter(random.sample(BELOW_OUTGOING, len(BELOW_OUTGOING)))
    with ExitStack() as stack:
        yield {name: next(filter(partial(_hold, stack), candidates)) for name in LISTENERS}


def _hold(stack: ExitStack, port: int) -> bool:
    for reuse in (0, 1):
        held = stack.enter_context(socket.socket())
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, reuse)
        try:
            held.bind((HOST, port))
        except OSError:
            return False
        if not reuse:
            held.close()
    return True
