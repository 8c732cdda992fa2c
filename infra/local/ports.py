"""The ports of a site: one block of neighbours, held for as long as the site is up.

The first port of a block is bound by supervisord from its first moment to its last and
never listened on. Two sites can therefore not hold the same block, whoever runs them,
and a site that died leaves its block free.
"""

import random
import socket
import time
from dataclasses import dataclass

LOOPBACK = "127.0.0.1"
FIRST, LAST, SIZE = 20000, 32000, 200  # below the ports that kernels hand out by themselves
SLOTS = 32
PATIENCE = 1.5


@dataclass(frozen=True)
class Block:
    """One site's ports, by what they are for."""

    base: int

    @property
    def guard(self) -> int:
        """Bound by supervisord, to hold the block."""
        return self.base

    @property
    def api(self) -> int:
        """The agent's HTTP API."""
        return self.base + 1

    @property
    def gateway(self) -> int:
        """Where users come in."""
        return self.base + 3

    @property
    def gateway_api(self) -> int:
        """Traefik's own API, which says what it has loaded."""
        return self.base + 4

    @property
    def slots(self) -> range:
        """Addresses for Services, handed out once and remembered."""
        return range(self.base + 10, self.base + 10 + SLOTS)

    @property
    def replicas(self) -> range:
        """Addresses for replicas, which come and go."""
        return range(self.base + 10 + SLOTS, self.base + SIZE)

    @property
    def fixed(self) -> list[int]:
        """Ports that must be free before the site can start."""
        return [self.api, self.gateway, self.gateway_api, *self.slots]


def is_free(port: int) -> bool:
    """Say whether nothing holds this port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def hold(block: Block) -> socket.socket | None:
    """Take the block: return its bound guard socket, or None when it is not all free."""
    guard = socket.socket()
    try:
        guard.bind((LOOPBACK, block.guard))
    except OSError:
        guard.close()
        return None
    if not all(map(is_free, block.fixed)):
        guard.close()
        return None
    return guard


def choose(remembered: Block | None = None) -> tuple[Block, socket.socket] | None:
    """Take the remembered block, or else any free one; None when there is none at all."""
    if remembered and (guard := _hold_patiently(remembered)):
        return remembered, guard
    for base in random.sample(range(FIRST, LAST, SIZE), k=(LAST - FIRST) // SIZE):
        if guard := hold(Block(base)):
            return Block(base), guard
    return None


def _hold_patiently(block: Block) -> socket.socket | None:
    """Take the block, with time for processes that were killed a moment ago to be gone."""
    deadline = time.monotonic() + PATIENCE
    while True:
        guard = hold(block)
        if guard or time.monotonic() > deadline:
            return guard
        time.sleep(0.05)
