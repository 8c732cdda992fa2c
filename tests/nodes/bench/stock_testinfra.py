"""Twenty assertions of a bare node, as pytest-testinfra's own examples would write them."""

import re


def test_administrator(host):
    assert host.user().uid == 0 or host.run("sudo -n true").rc == 0


def test_system(host):
    assert "ID=" in host.file("/etc/os-release").content_string


def test_python(host):
    assert host.run("python3 --version").rc == 0


def test_processors(host):
    assert int(host.check_output("nproc")) >= 1


def test_memory(host):
    found = re.search(r"MemTotal:\s+(\d+)", host.file("/proc/meminfo").content_string)
    assert found
    assert int(found[1]) > 2**18


def test_disk(host):
    assert host.mount_point("/").exists
    assert int(host.check_output("df -P -k / | tail -1").split()[3]) > 0


def test_inodes(host):
    assert host.run("df -P -i /").rc == 0


def test_boot(host):
    assert float(host.file("/proc/uptime").content_string.split()[0]) > 1


def test_modules(host):
    assert host.file("/proc/modules").exists or host.file("/sys/module").is_directory


def test_sysctl(host):
    assert host.sysctl("vm.overcommit_memory") != 2


def test_watches(host):
    assert host.sysctl("fs.inotify.max_user_instances") >= 1


def test_swaps(host):
    assert host.file("/proc/swaps").exists


def test_time_zone(host):
    assert host.file("/etc/localtime").exists


def test_no_kubelet(host):
    assert not host.exists("kubelet-of-before")


def test_no_folder(host):
    assert not host.file("/etc/kubernetes-of-before").exists


def test_package_lock(host):
    assert host.file("/var/lib/dpkg").is_directory


def test_address(host):
    assert host.interface("lo").exists


def test_port(host):
    assert not host.socket("tcp://127.0.0.1:6443").is_listening


def test_name(host):
    assert host.addr("localhost").is_resolvable


def test_machine_id(host):
    assert host.file("/etc/hostname").content_string
