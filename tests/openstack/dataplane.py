"""The half of a cloud that the test cloud lacks: its servers, as machines that answer over SSH.

The machines of tests/hosts have the fixed addresses that the site's file gives its nodes. What
Nova and Neutron believe is made true of them: a new server is a bare machine, one that is gone
has no power, and the head node answers at the floating address.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from tests.hosts.machines import Hosts
from tests.openstack.cloud import Cloud

SECONDS = 0.5


class DataPlane:
    """Follows the servers of one site until it is told to stop."""

    def __init__(self, cloud: Cloud, hosts: Hosts, suffix: str) -> None:
        self.hosts = hosts
        self.problem: Exception | None = None
        self._asks = cloud.member()
        self._suffix = suffix
        self._servers: dict[str, str] = {}
        self._fresh = {host.name for host in hosts}
        self._address = hosts.way_in
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True)

    def start(self) -> None:
        """Begin to follow."""
        self._thread.start()

    def stop(self) -> None:
        """Stop following; what went wrong meanwhile fails the test."""
        self._end.set()
        self._thread.join()
        if self.problem:
            raise self.problem

    def _follow(self) -> None:
        while not self._end.wait(SECONDS):
            try:
                self._power()
                self._float()
            except Exception as error:  # noqa: BLE001 (handed to the test's own thread by stop)
                self.problem = error
                return

    def _power(self) -> None:
        listed = self._asks.ask("GET", "nova", "/v2.1/servers/detail")["servers"]
        alive = {each["name"]: each["id"] for each in listed if each["status"] == "ACTIVE"}
        for host in self.hosts:
            now = alive.get(f"{host.name}-mlops-{self._suffix}")
            before = self._servers.get(host.name)
            if now == before:
                continue
            if now and host.name not in self._fresh:
                host.wipe()
            elif before and not now:
                host.power_off()
            self._fresh.discard(host.name)
            self._servers[host.name] = now or ""

    def _float(self) -> None:
        listed = self._asks.ask("GET", "neutron", "/v2.0/floatingips")["floatingips"]
        ours = [each for each in listed if each["description"] == f"mlops-{self._suffix}"]
        address = ours[0]["floating_ip_address"] if ours and ours[0]["port_id"] else ""
        if address and address != self._address:
            self.hosts.float_to(address)
            self._address = address


@contextmanager
def following(cloud: Cloud, hosts: Hosts, suffix: str) -> Iterator[DataPlane]:
    """Make what the cloud believes true of these machines while the block runs."""
    plane = DataPlane(cloud, hosts, suffix)
    plane.start()
    try:
        yield plane
    finally:
        plane.stop()
