"""Every check of a node, for one site."""

import shlex
from collections.abc import Iterable
from functools import partial
from urllib.parse import urlsplit

from infra.nodes import between, kernel, machine, network, software
from infra.nodes.checks import Check, Judge
from infra.sites.site import Node, Site

# The clock is read first and last in the round trip, and judged with the times it was asked.
CLOCK = "clock"
CLOCKS = "clocks agree"
PEER_SECONDS = 2


def for_node(site: Site, node: Node) -> tuple[Check, ...]:
    """Return the checks that a node of a site has to pass."""
    return (
        *_machine(site), *_kernel(site), *_software(),
        *_inside(site, node), *_outside(site), *_identity(),
    )  # fmt: skip


def _machine(site: Site) -> tuple[Check, ...]:
    needs = site.needs
    return (
        Check(
            "sudo",
            "id -u; [ $(id -u) = 0 ] || { sudo -n true && echo passwordless; }",
            machine.somebody_may_administer,
            f"Let {site.ssh.user} use sudo without a password: Ansible has nobody to ask.",
        ),
        Check(
            "system",
            "cat /etc/os-release",
            partial(machine.system_is_known, known=needs.os),
            "Choose another image, or add the system to needs.os once Kubespray supports it.",
        ),
        Check(
            "python",
            "python3 --version",
            partial(machine.python_suffices, need=needs.python),
            "Install python3 on the node: Ansible runs there with it.",
        ),
        Check(
            "processors",
            "nproc",
            partial(machine.processors_suffice, need=needs.cpus),
            "Choose a larger flavor, or lower needs.cpus.",
        ),
        Check(
            "memory",
            "cat /proc/meminfo",
            partial(machine.memory_suffices, need_gib=needs.memory_gib),
            "Choose a larger flavor, or lower needs.memory_gib.",
        ),
        Check(
            "disk",
            "df -P -k / /var",
            partial(machine.disk_suffices, need_gib=needs.disk_gib),
            "Free space, attach a volume, or lower needs.disk_gib.",
        ),
        Check(
            "inodes",
            "df -P -i / /var",
            partial(machine.inodes_suffice, need_percent=needs.inodes_percent),
            "Remove what fills the file system with small files.",
        ),
        Check(
            "boot",
            "cat /proc/uptime",
            partial(machine.boot_has_settled, need_seconds=needs.settled_seconds),
            "Wait a minute and ask again: cloud-init may still be at work.",
        ),
    )


def _kernel(site: Site) -> tuple[Check, ...]:
    needs = site.needs
    checks = [
        Check(
            "modules",
            _each(needs.modules, _MODULE),
            kernel.modules_can_be_loaded,
            "Boot a kernel that has them; a container or a minimal kernel may not.",
        ),
        Check(
            "sysctls",
            _each(kernel.keys_of(needs.sysctls), _SYSCTL),
            partial(kernel.settings_are, wanted=needs.sysctls),
            "Set them in /etc/sysctl.d and run sysctl --system.",
        ),
        Check(
            "swap",
            "cat /proc/swaps",
            kernel.swap_is_off,
            "Run playbooks/prepare.yml, which turns it off for good.",
        ),
        Check(
            "time zone",
            "readlink -f /etc/localtime",
            partial(kernel.time_zone_is, wanted=needs.timezone),
            "Run playbooks/prepare.yml, which sets it, so that logs of all nodes agree.",
        ),
    ]
    ipv6: dict[str, Judge] = {"off": kernel.ipv6_is_off, "on": kernel.ipv6_is_on}
    if judge := ipv6.get(site.network.ipv6):
        command = "ip -6 -o addr show scope global"
        checks.append(
            Check("IPv6", command, judge, "Run playbooks/prepare.yml, which settles it for good.")
        )
    return tuple(checks)


def _software() -> tuple[Check, ...]:
    paths, programs = " ".join(software.PATHS), " ".join(software.PROGRAMS)
    return (
        Check(
            "bare",
            f"for p in {paths}; do [ -e $p ] && echo $p; done; "
            f"for p in {programs}; do command -v $p; done; true",
            software.nothing_is_left_over,
            "Take a fresh image, or run Kubespray's reset.yml: an older cluster is in the way.",
        ),
        Check(
            "packages",
            "cd /var/lib; for f in dpkg/lock-frontend dpkg/lock apt/lists/lock; do "
            "[ -e $f ] && stat -c '%i /var/lib/%n' $f; done; echo --; cat /proc/locks",
            software.packages_are_at_rest,
            "Wait until it has finished; unattended-upgrades runs after the first boot.",
        ),
    )


def _inside(site: Site, node: Node) -> tuple[Check, ...]:
    checks = [
        Check(
            "address",
            "ip -o addr",
            partial(network.address_is_there, address=node.address),
            "Compare the site's file with what the node was given.",
        ),
        Check(
            "ports",
            "cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | "
            "while read -r _ here _ state _; do [ $state = 0A ] && echo $here; done; true",
            partial(network.ports_are_free, ports=site.needs.ports),
            "Stop what listens there (ss -Hltnp), or take a fresh image.",
        ),
    ]
    if peers := [other for other in site.nodes if other is not node]:
        checks.append(
            Check(
                "peers",
                _peers(site, peers),
                network.peers_answer,
                "Look at security groups, port security and the private network.",
            )
        )
    return tuple(checks)


def _outside(site: Site) -> tuple[Check, ...]:
    checks = []
    if name := site.network.dns_name:
        checks.append(
            Check(
                "DNS",
                f"timeout 3 getent ahosts {shlex.quote(name)}",
                partial(network.names_resolve, name=name),
                "Run playbooks/prepare.yml, which asks name servers that answer.",
            )
        )
    if site.needs.firewall == "off":
        checks.append(
            Check(
                "firewall",
                _FIREWALLS,
                network.firewall_is_off,
                "Run playbooks/prepare.yml; security groups guard the nodes.",
            )
        )
    if mirror := site.registry.mirror:
        checks.append(
            Check(
                "mirror",
                _get(mirror),
                partial(network.mirror_answers, mirror=mirror),
                "Pulls go to the registries themselves while it is away."
                if site.registry.optional
                else "Start the mirror, or take it out of the site's file.",
                advice=site.registry.optional,
            )
        )
    return tuple(checks)


def _identity() -> tuple[Check, ...]:
    return (
        Check(
            "hostname",
            "cat /proc/sys/kernel/hostname",
            lambda _output: None,
            "Give each node a name of its own: hostnamectl set-hostname NAME.",
            together=partial(between.no_two_are_alike, what="hostname"),
        ),
        Check(
            "machine-id",
            "cat /etc/machine-id",
            lambda _output: None,
            "Remove /etc/machine-id and run systemd-machine-id-setup: the image was copied.",
            together=partial(between.no_two_are_alike, what="machine-id"),
        ),
    )


_MODULE = (
    "if [ -d /sys/module/$x ] || grep -qw $x /proc/filesystems; then echo $x loaded; "
    "elif PATH=$PATH:/sbin:/usr/sbin modprobe -n -q $x 2>/dev/null; then echo $x loadable; "
    "else echo $x missing; fi"
)
_SYSCTL = "echo $x=$(cat /proc/sys/$(echo $x | tr . /) 2>/dev/null)"
_FIREWALLS = (
    "echo firewalld $(systemctl is-active firewalld 2>/dev/null); "
    "echo nftables $(systemctl is-active nftables 2>/dev/null); "
    "grep -qs '^ENABLED=yes' /etc/ufw/ufw.conf && echo ufw active; true"
)


def _each(values: Iterable[str], command: str) -> str:
    words = " ".join(shlex.quote(value) for value in values)
    return f"for x in {words}; do {command}; done"


def _peers(site: Site, peers: list[Node]) -> str:
    """Ask all peers at once; bash opens a TCP connection without any other program."""
    asked = " ".join(f"{peer.name}/{peer.address}/{site.port_of(peer)}" for peer in peers)
    connect = "bash -c ': </dev/tcp/${1#*/}' - $x"
    return (
        f"for x in {asked}; do (if timeout {PEER_SECONDS} {connect} 2>/dev/null; "
        "then echo ${x%%/*} yes; else echo ${x%%/*} no; fi) & done; wait"
    )


def _get(address: str) -> str:
    parts = urlsplit(address)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    if parts.scheme == "https":
        return f"timeout 4 curl -sSI -m 3 {shlex.quote(address)}/v2/ 2>&1 | head -1"
    ask = (
        f"exec 3<>/dev/tcp/{parts.hostname}/{port}; "
        f'printf "GET /v2/ HTTP/1.0\\r\\nHost: {parts.hostname}\\r\\n\\r\\n" >&3; head -1 <&3'
    )
    return f"timeout 4 bash -c {shlex.quote(ask)} 2>&1"
