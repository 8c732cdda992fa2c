"""Checks of nodes over real SSH: real sshd processes on loopback addresses."""

import dataclasses
import socket
import threading

import pytest

from infra.errors import NoHostsError
from infra.nodes import inspection
from infra.sites.site import Network, Registry, Site

# What the machine under the tests is, is not ours to judge.
OF_THE_MACHINE = {"bare", "time zone", "sudo"}


def inspect(cluster, **changes):
    return inspection.inspect(cluster.site(**changes), cluster.known_hosts)


def wrong(findings):
    return {
        (finding.node, finding.check): finding.problem
        for finding in findings
        if finding.state != "ok" and finding.check not in OF_THE_MACHINE
    }


def test_healthy_nodes_pass_every_check(cluster):
    findings = inspect(cluster(3))

    assert wrong(findings) == {}
    assert {finding.node for finding in findings} == {"node1", "node2", "node3"}
    assert {finding.check for finding in findings} >= {
        "ssh", "sudo", "system", "python", "processors", "memory", "disk", "inodes", "boot",
        "modules", "sysctls", "swap", "time zone", "bare", "packages", "address", "ports", "peers",
        "hostname", "machine-id", "clock", "clocks agree",
    }  # fmt: skip


def test_what_one_node_lacks_is_said_of_that_node_alone(cluster):
    hosts = cluster(2)
    hosts.hosts[1].fake("nproc", "echo 1")

    needs = dataclasses.replace(hosts.site().needs, cpus=2)
    findings = inspect(hosts, needs=needs)

    (finding,) = [f for f in findings if f.check == "processors" and f.state != "ok"]
    assert str(finding) == (
        "node2: processors: 1 processors, and 2 are needed. "
        "Choose a larger flavor, or lower needs.cpus."
    )


def test_a_program_that_is_missing_is_never_read_as_fine(cluster):
    hosts = cluster(1)
    hosts.hosts[0].fake("nproc", "echo 'nproc: not found' >&2; exit 127")

    assert wrong(inspect(hosts)) == {
        ("node1", "processors"): "its answer cannot be read (nproc: not found)"
    }


def test_two_copies_of_one_image_are_told_apart(cluster):
    hosts = cluster(3)
    hosts.hosts[2].fake("cat", hosts.hosts[0].fakes.joinpath("cat").read_text())

    assert wrong(inspect(hosts)) == {
        ("node1", "hostname"): "its hostname (node1) is also that of node3",
        ("node3", "hostname"): "its hostname (node1) is also that of node1",
        ("node1", "machine-id"): "its machine-id (0001) is also that of node3",
        ("node3", "machine-id"): "its machine-id (0001) is also that of node1",
    }


def test_a_wrong_clock_is_found_against_the_operator_and_the_others(cluster):
    hosts = cluster(3)
    hosts.hosts[1].fake("date", "exec /bin/date -d '+90 seconds' \"$@\"")

    said = wrong(inspect(hosts))

    assert set(said) == {("node2", "clock"), ("node2", "clocks agree")}
    assert said["node2", "clock"].startswith("its clock is 90.")
    assert said["node2", "clocks agree"].endswith(" s or more ahead of that of node3") or said[
        "node2", "clocks agree"
    ].endswith(" s or more ahead of that of node1")


def test_a_slow_node_is_not_taken_for_one_with_a_wrong_clock(cluster):
    hosts = cluster(2)
    hosts.hosts[0].fake("nproc", "sleep 1.5; echo 4")

    assert wrong(inspect(hosts)) == {}


def test_a_key_is_pinned_on_first_contact_and_the_file_is_openssh_s(cluster):
    hosts = cluster(1)

    inspect(hosts)

    (host,) = hosts.hosts
    kind, key, *_comment = (host.folder / "host.pub").read_text().split()
    assert hosts.known_hosts.read_text() == f"[127.0.0.1]:{host.port} {kind} {key}\n"


def test_asking_again_pins_nothing_more(cluster):
    hosts = cluster(2)

    inspect(hosts)
    before = hosts.known_hosts.read_text()
    inspect(hosts)

    assert hosts.known_hosts.read_text() == before


def test_a_node_that_shows_another_key_is_refused_with_both_fingerprints(cluster):
    hosts = cluster(2)
    inspect(hosts)
    host = hosts.hosts[0]
    host.stop()
    host.new_host_key()
    host.start(f"{hosts.key}.pub")

    findings = inspect(hosts)

    (refused,) = [f for f in findings if f.node == "node1"]
    assert refused.state == "unreachable"
    assert "shows the key ssh-ed25519 SHA256:" in refused.problem
    assert f"is pinned in {hosts.known_hosts}" in refused.problem
    assert "or somebody stands in between" in refused.problem


def test_a_site_that_pins_its_keys_accepts_no_other(cluster):
    hosts = cluster(1)
    ssh = dataclasses.replace(hosts.site().ssh, host_keys="pinned")

    (refused,) = inspect(hosts, ssh=ssh)

    assert refused.state == "unreachable"
    assert f"is not in {hosts.known_hosts}" in refused.problem
    line = refused.problem.rpartition("add the line: ")[2]
    hosts.known_hosts.write_text(f"{line}\n")
    assert wrong(inspect(hosts, ssh=ssh)) == {}


def test_nodes_are_reached_through_the_jump_host(cluster):
    hosts = cluster(3)

    assert wrong(inspect(hosts, jump=True)) == {}
    log = (hosts.hosts[1].folder / "log").read_text()
    assert "Accepted publickey" in log


def test_no_node_at_all_is_an_error_and_no_success(tmp_path):
    with pytest.raises(NoHostsError, match=r"^Site empty has no nodes, so there is nothing to"):
        inspection.inspect(Site("empty", "hosts"), tmp_path / "known_hosts")


def test_the_first_round_trip_asks_everything(cluster):
    hosts = cluster(1)

    inspect(hosts)

    log = (hosts.hosts[0].folder / "log").read_text()
    assert log.count("Accepted publickey") == 1
    assert log.count("Starting session: command") <= 1


def test_names_a_mirror_and_a_banner_are_no_trouble(cluster):
    hosts = cluster(1)
    hosts.hosts[0].fake("getent", "echo '192.0.2.1 STREAM x'")
    with Mirror("200 OK") as mirror:
        findings = inspect(
            hosts, network=Network(dns_name="example.org"), registry=Registry(mirror=mirror.url)
        )

    assert wrong(findings) == {}
    assert {"DNS", "mirror"} <= {finding.check for finding in findings}


def test_an_optional_mirror_that_is_away_is_advice_and_no_refusal(cluster):
    hosts = cluster(1)

    findings = inspect(hosts, registry=Registry(mirror="http://127.0.0.1:9", optional=True))

    (mirror,) = [f for f in findings if f.check == "mirror"]
    assert mirror.state == "advice"
    assert not mirror.is_bad
    assert mirror.problem.startswith("http://127.0.0.1:9 does not answer as a registry (")


def test_a_port_that_is_taken_is_named(cluster):
    hosts = cluster(1)
    needs = dataclasses.replace(hosts.site().needs, ports=(hosts.hosts[0].port,))

    assert wrong(inspect(hosts, needs=needs)) == {
        ("node1", "ports"): f"somebody listens on {hosts.hosts[0].port} already"
    }


class Mirror:
    """A registry that answers GET /v2/ once or more."""

    def __init__(self, status):
        self.status = status
        self.server = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.server.getsockname()[1]}"

    def __enter__(self):
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_exc):
        self.server.shutdown(socket.SHUT_RDWR)
        self.server.close()
        self.thread.join()

    def _serve(self):
        while True:
            try:
                connection, _address = self.server.accept()
            except OSError:
                return
            with connection:
                asked = b""
                while not asked.endswith(b"\r\n\r\n"):
                    asked += connection.recv(1000)
                connection.sendall(f"HTTP/1.1 {self.status}\r\n\r\n".encode())
