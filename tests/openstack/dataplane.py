"""The half of a cloud that the test cloud lacks: its servers, as machines that answer over SSH.

The machines of tests/hosts have the fixed addresses that the site's file gives its nodes. What
Nova and Neutron believe is made true of them: a new server is a bare machine, which prints its
keys on its console as cloud-init does, one that is gone has no power, and the head node answers at
the floating address.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from tests.hosts.machines import Host, Hosts
from tests.openstack.cloud import Cloud

SECONDS = 0.2
# The address is asked for over the API, and costs it a thirtieth of a second each time.
ADDRESS_SECONDS = 2.0
PRINTS = """\
[    0.000000] Linux version 6.8.0-51-generic
{name} login: ci-info: no authorized SSH keys fingerprints found for user cc.
<14>Nov 29 21:00:00 cloud-init: #############################################################
<14>Nov 29 21:00:00 cloud-init: -----BEGIN SSH HOST KEY FINGERPRINTS-----
{fingerprints}<14>Nov 29 21:00:00 cloud-init: -----END SSH HOST KEY FINGERPRINTS-----
<14>Nov 29 21:00:00 cloud-init: #############################################################
-----BEGIN SSH HOST KEY KEYS-----
{keys}-----END SSH HOST KEY KEYS-----
[   11.9] cloud-init[612]: Cloud-init v. 24.4-0ubuntu1 finished at Sun, 29 Nov 2026 21:00:00 +0000.
"""


class DataPlane:
    """Follows the servers of one site until it is told to stop."""

    def __init__(self, cloud: Cloud, hosts: Hosts, suffix: str) -> None:
        self.hosts = hosts
        self.problem: Exception | None = None
        self._asks = cloud.member()
        self._suffix = suffix
        self._consoles = cloud.at.consoles
        self._running = cloud.at.servers
        (self._consoles / f"mlops-{suffix}").touch()
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
        asked = 0.0
        while not self._end.wait(SECONDS):
            try:
                self._power()
                if time.monotonic() - asked > ADDRESS_SECONDS:
                    self._float()
                    asked = time.monotonic()
            except Exception as error:  # noqa: BLE001 (handed to the test's own thread by stop)
                self.problem = error
                return

    def _power(self) -> None:
        alive = {}
        for file in self._running.glob("[!.]*"):
            with suppress(FileNotFoundError):  # it has just gone
                alive[file.read_text()] = file.name
        for host in self.hosts:
            now = alive.get(f"{host.name}-mlops-{self._suffix}")
            before = self._servers.get(host.name)
            if now == before:
                continue
            if now and host.name not in self._fresh:
                host.wipe()
            elif before and not now:
                host.power_off()
            if now:
                self._print(host, now)
            self._fresh.discard(host.name)
            self._servers[host.name] = now or ""

    def _print(self, host: Host, server: str) -> None:
        """Put on a server's console what cloud-init prints of its machine's keys."""
        every = "for key in /etc/ssh/ssh_host_*_key.pub; do {} $key; done"
        fingerprints = host.run(every.format("ssh-keygen -lf"))
        text = PRINTS.format(
            name=host.name, fingerprints=fingerprints, keys=host.run(every.format("cat"))
        )
        half = self._consoles / f".{server}"
        half.write_text(text)
        half.rename(self._consoles / server)

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
