"""The judgements of a node, on output captured from machines."""

import pytest

from infra.nodes import kernel, machine, network, software

ANY = {
    "sudo: root": (machine.somebody_may_administer("0\n"), None),
    "sudo: passwordless": (machine.somebody_may_administer("1000\npasswordless\n"), None),
    "sudo: asks": (machine.somebody_may_administer("1000\nsudo: a password is required\n"),
                   "sudo does not work without asking (sudo: a password is required)"),
    "sudo: absent": (machine.somebody_may_administer("1000\nsh: 1: sudo: not found\n"),
                     "sudo does not work without asking (sh: 1: sudo: not found)"),
    "sudo: silent": (machine.somebody_may_administer("1000\n"),
                     "sudo does not work without asking (it said nothing)"),
    "python: fine": (machine.python_suffices("Python 3.12.3\n", need="3.9"), None),
    "python: 3.10 is more than 3.9": (machine.python_suffices("Python 3.10.0\n", need="3.9"), None),
    "python: candidate": (machine.python_suffices("Python 3.9.0+\n", need="3.9"), None),
    "python: old": (machine.python_suffices("Python 3.8.10\n", need="3.9"),
                    "Python is 3.8.10, and 3.9 is needed"),
    "python: absent": (machine.python_suffices("sh: 1: python3: not found\n", need="3.9"),
                       "there is no python3 (sh: 1: python3: not found)"),
    "processors: fine": (machine.processors_suffice("4\n", need=2), None),
    "processors: few": (machine.processors_suffice("1\n", need=2),
                        "1 processors, and 2 are needed"),
    "memory: fine": (machine.memory_suffices("MemTotal:   4029340 kB\nMemFree: 1 kB\n",
                                             need_gib=3.5), None),
    "memory: little": (machine.memory_suffices("MemTotal:   1985200 kB\n", need_gib=3.5),
                       "1.9 GiB of memory, and 3.5 are needed"),
    "boot: long ago": (machine.boot_has_settled("3601.55 7000.1\n", need_seconds=60), None),
    "boot: just now": (machine.boot_has_settled("12.40 30.0\n", need_seconds=60),
                       "it booted 12 s ago and may not have settled"),
    "modules: fine": (kernel.modules_can_be_loaded("overlay loaded\nbr_netfilter loadable\n"),
                      None),
    "modules: missing": (
        kernel.modules_can_be_loaded("overlay missing\nx loaded\nbr_netfilter missing\n"),
        "the kernel has no overlay and no br_netfilter"),
    "sysctls: fine": (kernel.settings_are("a.b=1\nc=128\n", wanted=["a.b=1", "c>=128", "c!=2"]),
                      None),
    "sysctls: wrong": (kernel.settings_are("a.b=0\nc=12\n", wanted=["a.b=1", "c>=128", "c<=11"]),
                       "a.b is 0, not =1, c is 12, not >=128, c is 12, not <=11"),
    "sysctls: absent": (kernel.settings_are("a.b=\n", wanted=["a.b=1"]), "a.b is not there"),
    "swap: off": (kernel.swap_is_off("Filename\tType\tSize\tUsed\tPriority\n"), None),
    "swap: on": (
        kernel.swap_is_off("Filename Type\n/swap.img file 1 0 -2\n/dev/vda2 partition 1 0 -3\n"),
        "swap is on (/swap.img, /dev/vda2)"),
    "IPv6: off": (kernel.ipv6_is_off(""), None),
    "IPv6: on": (
        kernel.ipv6_is_off("2: ens3    inet6 2001:db8::5/64 scope global dynamic \\ valid_lft\n"),
        "IPv6 is on (ens3 2001:db8::5/64)"),
    "IPv6: wanted and on": (kernel.ipv6_is_on("2: ens3    inet6 2001:db8::5/64 scope global\n"),
                            None),
    "IPv6: wanted and off": (kernel.ipv6_is_on(""), "no interface has a global IPv6 address"),
    "time zone: UTC": (kernel.time_zone_is("/usr/share/zoneinfo/Etc/UTC\n", wanted="UTC"), None),
    "time zone: unset": (kernel.time_zone_is("/etc/localtime\n", wanted="UTC"), None),
    "time zone: other": (
        kernel.time_zone_is("/usr/share/zoneinfo/America/Chicago\n", wanted="UTC"),
        "its time zone is America/Chicago, not UTC"),
    "bare": (software.nothing_is_left_over(""), None),
    "not bare": (software.nothing_is_left_over("/etc/kubernetes/manifests\n/usr/bin/kubelet\n"),
                 "it is not bare: /etc/kubernetes/manifests, /usr/bin/kubelet"),
    "DNS: fine": (network.names_resolve("140.82.121.4    STREAM github.com\n", name="github.com"),
                  None),
    "DNS: IPv6 only": (network.names_resolve("2606::1    STREAM x\n", name="x"), None),
    "DNS: nothing": (network.names_resolve("", name="github.com"), "github.com does not resolve"),
    "DNS: no program": (network.names_resolve("sh: getent: not found\n", name="github.com"),
                        "github.com does not resolve"),
    "peers: fine": (network.peers_answer("node2 yes\nnode3 yes\n"), None),
    "peers: deaf": (network.peers_answer("node3 no\nnode2 no\n"), "it cannot reach node3, node2"),
    "firewall: off": (network.firewall_is_off("firewalld inactive\nnftables\n"), None),
    "firewall: failed is not active": (network.firewall_is_off("firewalld failed\n"), None),
    "firewall: on": (network.firewall_is_off("firewalld active\nnftables inactive\nufw active\n"),
                     "firewalld and ufw would drop the cluster's packets"),
    "mirror: fine": (network.mirror_answers("HTTP/1.1 200 OK\r\n", mirror="http://m"), None),
    "mirror: asks who": (network.mirror_answers("HTTP/1.1 401 Unauthorized\r\n",
                                                mirror="http://m"), None),
    "mirror: other": (network.mirror_answers("HTTP/1.1 404 Not Found\r\n", mirror="http://m"),
                      "http://m does not answer as a registry (HTTP/1.1 404 Not Found)"),
    "mirror: away": (network.mirror_answers("", mirror="http://m"),
                     "http://m does not answer as a registry (it said nothing)"),
}  # fmt: skip


@pytest.mark.parametrize(("said", "expected"), ANY.values(), ids=ANY)
def test_a_judgement_of_captured_output(said, expected):
    assert said == expected


UBUNTU = 'PRETTY_NAME="Ubuntu 24.04.1 LTS"\nVERSION_ID="24.04"\nID=ubuntu\nID_LIKE=debian\n'


@pytest.mark.parametrize(
    ("output", "known", "problem"),
    [
        (UBUNTU, ["ubuntu 24.04"], None),
        ("ID=debian\nVERSION_ID='12'\n", ["debian 12"], None),
        (UBUNTU, ["debian 12"], "it is ubuntu 24.04, and not debian 12"),
        (UBUNTU, ["debian 12", "ubuntu 22.04"],
         "it is ubuntu 24.04, and not debian 12 or ubuntu 22.04"),
        ("", ["debian 12"], "it is ? ?, and not debian 12"),
    ],
)  # fmt: skip
def test_system_is_known(output, known, problem):
    assert machine.system_is_known(output, known=known) == problem


DF = (
    "Filesystem     1024-blocks     Used Available Capacity Mounted on\n"
    "/dev/vda1         41921536  9000000  {root}      22% /\n"
    "/dev/vdb1         41921536  9000000  {var}      22% /var\n"
)


@pytest.mark.parametrize(
    ("root", "var", "problem"),
    [
        (31457280, 31457280, None),
        (31457280, 1048576, "1.0 GiB free on /var, and 20 are needed"),
        (1048576, 31457280, "1.0 GiB free on /, and 20 are needed"),
    ],
)
def test_disk_suffices(root, var, problem):
    assert machine.disk_suffices(DF.format(root=root, var=var), need_gib=20) == problem


@pytest.mark.parametrize(
    ("total", "free", "problem"),
    [
        ("1000", "900", None),
        ("1000", "50", "5 % of the inodes of / are free, and 20 % are needed"),
        ("0", "0", None),
        ("-", "-", None),
    ],
    ids=["plenty", "few", "btrfs", "unknown"],
)
def test_inodes_suffice(total, free, problem):
    output = f"Filesystem Inodes IUsed IFree IUse% Mounted on\n/dev/vda1 {total} 1 {free} 5% /\n"

    assert machine.inodes_suffice(output, need_percent=20) == problem


ADDRESSES = (
    "1: lo    inet 127.0.0.1/8 scope host lo\\       valid_lft forever preferred_lft forever\n"
    "2: ens3    inet 10.56.0.14/22 brd 10.56.3.255 scope global dynamic ens3\\  valid_lft 8000\n"
    "3: ens4    inet 192.168.1.11/24 brd 192.168.1.255 scope global ens4\\  valid_lft forever\n"
)


@pytest.mark.parametrize(
    ("address", "problem"),
    [
        ("192.168.1.11", None),
        ("127.0.0.9", None),
        ("192.168.1.1",
         "no interface has 192.168.1.1 (there are lo 127.0.0.1, ens3 10.56.0.14, "
         "ens4 192.168.1.11)"),
    ],
    ids=["there", "loopback", "not there"],
)  # fmt: skip
def test_address_is_there(address, problem):
    assert network.address_is_there(ADDRESSES, address=address) == problem


def test_ports_are_free():
    listening = "0100007F:1F90\n00000000:0016\n00000000000000000000000000000000:192B\n"

    assert network.ports_are_free(listening, ports=[2379]) is None
    assert network.ports_are_free(listening, ports=[6443, 2379, 22]) == (
        "somebody listens on 6443, 22 already"
    )


LOCKS = (
    "391 /var/lib/dpkg/lock-frontend\n392 /var/lib/dpkg/lock\n--\n"
    "1: POSIX  ADVISORY  WRITE 731 00:19:{inode} 0 EOF\n"
    "2: FLOCK  ADVISORY  WRITE 500 00:1a:99 0 EOF\n"
    "2: -> FLOCK  ADVISORY  WRITE 501 00:1a:99 0 EOF\n"
)


def test_packages_are_at_rest():
    assert software.packages_are_at_rest(LOCKS.format(inode=17)) is None
    assert software.packages_are_at_rest(LOCKS.format(inode=391)) == (
        "process 731 holds /var/lib/dpkg/lock-frontend: a package manager is at work"
    )


@pytest.mark.parametrize(
    "judge",
    [
        machine.memory_suffices.__name__,
        machine.processors_suffice.__name__,
        machine.boot_has_settled.__name__,
    ],
)
def test_no_answer_is_never_read_as_fine(judge):
    wanted = {"memory_suffices": {"need_gib": 1}, "processors_suffice": {"need": 1},
              "boot_has_settled": {"need_seconds": 0}}  # fmt: skip
    with pytest.raises((ValueError, IndexError)):
        getattr(machine, judge)("", **wanted[judge])


def test_a_wish_that_is_no_setting_is_said():
    with pytest.raises(ValueError, match=r"^'swappiness' is no setting such as"):
        kernel.settings_are("", wanted=["swappiness"])
