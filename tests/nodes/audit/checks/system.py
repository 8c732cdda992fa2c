"""The machine itself: packages, services, kernel, clock and disk."""

import time
from collections.abc import Iterator

from tests.nodes.audit.check import PREPARE, Check
from tests.nodes.audit.facts import Node

INSTALLED = "dpkg-query -W -f '${db:Status-Abbrev} ${Package}\\n' 2>/dev/null"
PRESSURE = "df -P -k -l / /var 2>/dev/null | tail -n +2 | sort -u"
INODES = "df -P -i -l / /var 2>/dev/null | tail -n +2 | sort -u"


def _installed(node: Node) -> set[str]:
    lines = (line.split() for line in node.ask(INSTALLED).splitlines())
    return {words[1] for words in lines if words[0] == "ii"}


def packages(node: Node) -> Iterator[str]:
    """What Kubernetes calls is installed."""
    if missing := sorted(set(node.promise["packages"]) - _installed(node)):
        yield f"{', '.join(missing)} not installed"


def unwanted(node: Node) -> Iterator[str]:
    """No old way in is installed."""
    if found := sorted(set(node.promise["unwanted"]) & _installed(node)):
        yield f"{', '.join(found)} installed"


def services(node: Node) -> Iterator[str]:
    """What must run runs, now and after a boot."""
    yield from running(node, node.promise["services"])


GOOD_AT_BOOT = ("enabled", "static", "alias", "indirect", "generated")


def running(node: Node, names: list[str]) -> Iterator[str]:
    """Say which services do not run, or would not after a boot.

    Ubuntu starts sshd through its socket, which then is what a boot starts.
    """
    asked = "; ".join(
        f'echo "$(systemctl is-active {n}):$(systemctl is-enabled {n} 2>/dev/null)'
        f':$(systemctl is-enabled {n}.socket 2>/dev/null)"'
        for n in names
    )
    answers = node.ask(asked)
    for name, answer in zip(names, answers.splitlines(), strict=True):
        active, enabled, socket = answer.split(":")
        if active != "active":
            yield f"{name} is {active}"
        elif enabled not in GOOD_AT_BOOT and socket != "enabled":
            yield f"{name} runs, and is {enabled or 'not enabled'} for the next boot"


def failed_units(node: Node) -> Iterator[str]:
    """No unit of systemd has failed."""
    listed = node.ask("systemctl list-units --failed --plain --no-legend --no-pager")
    if units := [line.split()[0] for line in listed.splitlines() if line.split()]:
        yield f"{', '.join(units)} failed"


def sysctls(node: Node) -> Iterator[str]:
    """The kernel's settings are what Kubernetes needs."""
    must, may = node.promise["sysctls"], node.promise["sysctls_if_there"]
    listed = node.ask(f"sysctl -e {' '.join([*must, *may])} 2>/dev/null")
    have = dict(line.split(" = ", 1) for line in listed.splitlines() if " = " in line)
    for key, value in must.items():
        if have.get(key) != str(value):
            yield f"{key} is {have.get(key, 'not there')}, and {value} is promised"
    for key, value in may.items():
        if key in have and have[key] != str(value):
            yield f"{key} is {have[key]}, and {value} is promised"


def modules_at_boot(node: Node) -> Iterator[str]:
    """The kernel's modules are loaded at each boot."""
    listed = node.ask("cat /etc/modules /etc/modules-load.d/*.conf 2>/dev/null").split()
    if missing := [name for name in node.facts.modules if name not in listed]:
        yield f"no file of /etc/modules-load.d names {', '.join(missing)}"


def swap(node: Node) -> Iterator[str]:
    """Swap is off."""
    devices = [line.split()[0] for line in node.ask("cat /proc/swaps").splitlines()[1:]]
    if devices:
        yield f"swap is on ({', '.join(devices)})"


def swap_at_boot(node: Node) -> Iterator[str]:
    """No boot turns swap on."""
    for line in node.ask("cat /etc/fstab 2>/dev/null").splitlines():
        words = line.split()
        if len(words) > 2 and not words[0].startswith("#") and words[2] == "swap":
            yield f"/etc/fstab turns on {words[0]} at each boot"


def firewall(node: Node) -> Iterator[str]:
    """No firewall of its own drops the cluster's packets."""
    if node.facts.firewall != "off":
        return
    names = node.promise["firewalls"]
    asked = " ".join(f"$(systemctl is-active {name})" for name in names)
    for name, state in zip(names, node.ask(f"printf '%s\\n' {asked}").splitlines(), strict=True):
        if state == "active":
            yield f"{name} runs"


def clock_service(node: Node) -> Iterator[str]:
    """Something keeps the clock right after each boot."""
    names = node.promise["clocks"]
    asked = " ".join(f"$(systemctl is-enabled {name} 2>/dev/null || echo no)" for name in names)
    if "enabled" not in node.ask(f"printf '%s\\n' {asked}").split():
        yield f"none of {', '.join(names)} is enabled"


def clock(node: Node) -> Iterator[str]:
    """The clock is that of whoever asks."""
    asked = time.time()
    told = float(node.host.check_output("date +%s.%N"))
    off = max(asked - told, told - time.time(), 0.0)
    # Half a second is lost on the way in the worst case.
    if off > node.facts.clock_seconds + 0.5:
        yield f"its clock is {off:.1f} s off"


def time_zone(node: Node) -> Iterator[str]:
    """Logs of all nodes speak of the same hours."""
    have = node.ask("readlink -f /etc/localtime").strip().partition("/zoneinfo/")[2]
    if have.removeprefix("Etc/") != node.facts.timezone.removeprefix("Etc/"):
        yield f"its time zone is {have or 'not set'}, and {node.facts.timezone} is promised"


def disk(node: Node) -> Iterator[str]:
    """There is room on the disk."""
    yield from _room(node.ask(PRESSURE), node.promise["disk_percent"], "space")


def inodes(node: Node) -> Iterator[str]:
    """There is room for more files."""
    yield from _room(node.ask(INODES), node.promise["inodes_percent"], "inodes")


def _room(listed: str, least: int, what: str) -> Iterator[str]:
    for line in listed.splitlines():
        _device, size, _used, free, _percent, place = line.split(maxsplit=5)
        if size.isdigit() and int(size) and int(free) * 100 < int(size) * least:
            yield f"{place} has {int(free) * 100 // int(size)} % of its {what} left"


def volume(node: Node) -> Iterator[str]:
    """Data goes to the volume that outlives its node, now and after a boot."""
    declared = node.facts.volume
    if declared is None or declared["host"] != node.name:
        return
    path = declared["path"]
    source = node.ask(f"findmnt --noheadings --output SOURCE --mountpoint {path}").strip()
    if not source.startswith("/dev/"):
        yield f"no disk is mounted at {path}: what is written there goes with the node"
    table = [line.split() for line in node.ask("cat /etc/fstab 2>/dev/null").splitlines()]
    if not any(line[1:2] == [path] and line[0].startswith("UUID=") for line in table):
        yield f"/etc/fstab does not mount {path} by its UUID at each boot"


def host_name(node: Node) -> Iterator[str]:
    """A node is called what the inventory calls it."""
    have = node.ask("hostname").strip().partition(".")[0]
    if have != node.name.partition(".")[0]:
        yield f"it is called {have}"


def host_names(node: Node) -> Iterator[str]:
    """Each node knows the others by name without asking anybody."""
    known = {
        (name, words[0])
        for words in (line.split() for line in node.ask("cat /etc/hosts").splitlines())
        if words and not words[0].startswith("#")
        for name in words[1:]
    }
    for name, facts in node.facts.nodes.items():
        if (name, facts["address"]) not in known:
            yield f"/etc/hosts does not say that {name} is {facts['address']}"


def machine_id(node: Node) -> Iterator[str]:
    """A node has an identity of its own."""
    if len(node.ask("cat /etc/machine-id").strip()) != 32:
        yield "/etc/machine-id is empty or broken"


def ipv6(node: Node) -> Iterator[str]:
    """IPv6 is as the site says, now and after a boot."""
    if node.facts.ipv6 != "off":
        return
    interface = "$(ip -4 route show default | sed -n 's/.* dev \\([^ ]*\\).*/\\1/p' | head -1)"
    if node.ask(f"cat /proc/sys/net/ipv6/conf/{interface}/disable_ipv6").strip() == "0":
        yield "IPv6 is on at the interface to the Internet"
    if "disable_ipv6" not in node.ask("cat /etc/sysctl.d/*.conf 2>/dev/null"):
        yield "no file of /etc/sysctl.d keeps IPv6 off after a boot"


def name_servers(node: Node) -> Iterator[str]:
    """Names resolve, through systemd-resolved, which a reboot does not change."""
    if "/run/systemd/resolve/" not in node.ask("readlink -f /etc/resolv.conf"):
        yield "/etc/resolv.conf is not systemd-resolved's, and a boot may write it anew"
    name = node.facts.dns_name
    if name and node.host.run("timeout 5 getent ahosts %s", name).rc:
        yield f"{name} does not resolve"


def system_files(node: Node) -> Iterator[str]:
    """Files that decide who is who are for root to write."""
    for path, most in node.promise["files"].items():
        for entry in node.stat(path):
            yield from entry.looser_than(int(most, 8))


def world_writable(node: Node) -> Iterator[str]:
    """Nobody but root writes programs and settings."""
    places = "/etc /usr/local/bin /usr/local/sbin /opt/cni"
    search = f"find {places} -xdev -type f -perm -0002 2>/dev/null | head -5"
    if found := node.ask(search).split():
        yield f"everybody may write {', '.join(found)}"


CHECKS = (
    Check("packages", "what Kubernetes calls is installed", packages, PREPARE),
    Check("unwanted-packages", "no old way in is installed", unwanted, "apt-get purge them"),
    Check("services", "sshd, journald and resolved run", services, "systemctl enable --now them"),
    Check("failed-units", "no unit has failed", failed_units, "systemctl status them"),
    Check("sysctls", "the kernel forwards packets", sysctls, PREPARE),
    Check("modules", "modules are loaded at each boot", modules_at_boot, PREPARE),
    Check("swap", "swap is off", swap, PREPARE),
    Check("swap-at-boot", "no boot turns swap on", swap_at_boot, PREPARE),
    Check("firewall", "no firewall drops the cluster's packets", firewall, PREPARE),
    Check("clock-service", "the clock is kept right", clock_service, PREPARE),
    Check("clock", "the clock is right", clock, "chronyc makestep"),
    Check("time-zone", "all nodes have one time zone", time_zone, PREPARE),
    Check("disk", "there is room on the disk", disk, "free space, or attach a volume"),
    Check("inodes", "there is room for files", inodes, "remove what makes so many files"),
    Check("volume", "data goes to the volume", volume, PREPARE),
    Check("host-name", "a node has the name it is known by", host_name, "hostnamectl hostname"),
    Check("host-names", "nodes know one another by name", host_names, PREPARE),
    Check("machine-id", "a node has an identity", machine_id, "systemd-machine-id-setup"),
    Check("ipv6", "IPv6 is as the site says", ipv6, PREPARE),
    Check("name-servers", "names resolve, after a boot too", name_servers, PREPARE),
    Check("system-files", "root alone says who is who", system_files, "chmod and chown them"),
    Check("world-writable", "root alone writes programs", world_writable, "chmod o-w them"),
)
