"""Two bare machines are prepared: what is said before, what happens, and what then holds."""

import subprocess
import time

import pytest

from tests.waiting import until

NETWORK = {
    "private": "192.168.1.0/24", "ipv6": "off", "dns_name": "a.test", "dns_servers": ["10.56.0.1"],
}  # fmt: skip
KUBESPRAY_RESOLVED = "[Resolve]\nDNS=169.254.25.10\nDomains=default.svc.cluster.local\nCache=no\n"


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    """The key pairs of two people."""
    folder = tmp_path_factory.mktemp("keys")
    for name in ("ada", "bob"):
        argv = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", folder / name]
        subprocess.run(argv, check=True)
    return folder


@pytest.fixture(scope="module")
def people(keys):
    """Ada may administer, Bob may not."""
    return [person(keys, "ada", sudo=True), person(keys, "bob", sudo=False)]


def person(keys, name, sudo):
    """Return somebody as a site declares him."""
    return {"name": name, "keys": [(keys / f"{name}.pub").read_text().strip()], "sudo": sudo}


@pytest.fixture(scope="module")
def way(lab, people):
    """What a dry run said, what happened then, and what happened the second time."""
    facts = {"users_declared": people, "network_ipv6": "off", "dns_name": "a.test"}
    assert lab.hosts["node2"].run("getent ahosts a.test", check=False) == ""
    said = lab.play("prepare", "--check", "--diff", **facts)
    first = lab.play("prepare", "--diff", **facts)
    second = lab.play("prepare", "--diff", **facts)
    return said, first, second


def test_a_dry_run_says_exactly_what_then_happens(way):
    said, first, _second = way

    assert (said.status, first.status) == ("done", "done"), said.log[-2000:] + first.log[-2000:]
    assert said.changed == first.changed
    assert len(said.changed) > 30


def test_the_second_run_changes_nothing(way):
    _said, _first, second = way

    assert second.status == "done"
    assert second.changed == set()
    assert all(counts["changed"] == 0 for counts in second.recap.values())


def test_a_dry_run_shows_the_lines_that_would_change(way):
    said, _first, _second = way

    shown = [d for e in said.events if e["event"] == "changed" for d in e.get("diff", [])]

    assert any("192.168.1.12 node2" in diff["after"] for diff in shown)


def test_packages_settings_and_names_are_there(lab, way):
    node = lab.hosts["node2"]

    assert "conntrack" in node.run("command -v conntrack")
    assert node.read("/proc/sys/net/ipv4/ip_forward") == "1\n"
    assert node.run("getent ahosts node1").startswith("192.168.1.11")
    assert node.run("systemctl is-enabled chrony").strip() == "enabled"
    assert node.run("systemctl is-enabled swap.target", check=False).strip() == "masked"
    assert node.run("systemctl is-enabled nftables", check=False).strip() == "masked"


def test_ipv6_is_off_on_the_interface_with_the_way_out_and_on_no_other(lab, way):
    node = lab.hosts["node2"]

    assert node.read("/proc/sys/net/ipv6/conf/ens3/disable_ipv6") == "1\n"
    assert "ens4" not in node.read("/etc/sysctl.d/61-gourmetops-ipv6.conf")


def test_ipv6_stays_off_when_networkd_begins_anew_and_comes_back_when_it_is_wanted(lab, way):
    node, key = lab.hosts["node2"], "/proc/sys/net/ipv6/conf/ens3/disable_ipv6"

    node.run("systemctl restart systemd-networkd && sleep 1")
    assert node.read(key) == "1\n"

    said = lab.play("prepare", "--tags", "network", "--check", network_ipv6="on")
    done = lab.play("prepare", "--tags", "network", network_ipv6="on")
    assert said.changed == done.changed
    node.run("systemctl restart systemd-networkd")
    until(lambda: node.read(key) == "0\n", what="networkd has switched it on again")

    assert lab.play("prepare", "--tags", "network", network_ipv6="off").status == "done"


def test_sshd_takes_keys_alone(lab, way):
    config = lab.hosts["node1"].run("sshd -T")

    for line in ("passwordauthentication no", "permitrootlogin no", "x11forwarding no"):
        assert line in config


def test_a_name_resolves_after_a_reboot_and_after_what_kubespray_writes(lab, way):
    node = lab.hosts["node2"]
    assert "10.56.0.1" in node.run("getent ahosts a.test")

    node.write("/etc/systemd/resolved.conf", KUBESPRAY_RESOLVED)
    boots = node.boots()
    node.run("systemctl reboot", check=False)
    deadline = time.monotonic() + 30
    while node.boots() == boots and time.monotonic() < deadline:
        time.sleep(0.05)
    node.wait()

    assert "10.56.0.1" in node.run("getent ahosts b.test")
    node.run("rm /etc/systemd/resolved.conf")


def test_who_is_in_the_list_gets_in_and_who_may_administers(lab, way, keys, people):
    assert lab.play("prepare", "--tags", "users", users_declared=people).status == "done"

    def as_(name, command):
        return lab.ssh("node1", command, "-l", name, "-i", str(keys / name), "-S", "none")

    assert as_("ada", "sudo -n id -u").stdout == "0\n"
    assert as_("bob", "id -un").stdout == "bob\n"
    assert as_("bob", "sudo -n id -u").returncode != 0


def test_who_is_taken_out_of_the_list_is_taken_off_the_nodes(lab, way, keys, people):
    node = lab.hosts["node1"]
    assert lab.play("prepare", "--tags", "users", users_declared=people).status == "done"
    node.run("echo mine > /home/ada/notes && touch /etc/sudoers.d/90-somebody-elses")

    said = lab.play("prepare", "--tags", "users", "--check", users_declared=people[1:])
    done = lab.play("prepare", "--tags", "users", users_declared=people[1:])

    assert done.status == "done", done.log
    assert said.changed == done.changed
    assert "ada" not in node.read("/etc/passwd")
    assert node.run("ls /etc/sudoers.d/gourmetops-ada 2>&1", check=False).startswith("ls: cannot")
    assert node.run("stat -c '%U %a' /home/ada").strip() == "root 700"
    assert node.run("ls /home/ada/notes /etc/sudoers.d/90-somebody-elses")
    refused = lab.ssh("node1", "id", "-l", "ada", "-i", str(keys / "ada"), "-S", "none")
    assert refused.returncode == 255


def test_somebody_who_comes_back_gets_his_home_again_as_the_dry_run_said(lab, way, keys, people):
    node = lab.hosts["node1"]
    everybody = {"users_declared": people}
    assert lab.play("prepare", "--tags", "users", users_declared=people[:1]).status == "done"

    said = lab.play("prepare", "--tags", "users", "--check", **everybody)
    done = lab.play("prepare", "--tags", "users", **everybody)

    assert done.status == "done", done.log
    assert said.changed == done.changed
    assert node.run("stat -c '%U %a' /home/bob").strip() == "bob 700"
    assert lab.ssh("node1", "id -un", "-l", "bob", "-i", str(keys / "bob"), "-S", "none").stdout


def test_a_link_in_place_of_the_folder_of_keys_is_not_followed(lab, way, people):
    node = lab.hosts["node1"]
    assert lab.play("prepare", "--tags", "users", users_declared=people).status == "done"
    node.run("mv /home/bob/.ssh /home/bob/kept && ln -s /etc /home/bob/.ssh")

    done = lab.play("prepare", "--tags", "users", users_declared=people)
    node.run("rm /home/bob/.ssh && mv /home/bob/kept /home/bob/.ssh")

    assert "/home/bob/.ssh already exists as a link" in done.said("node1")
    assert node.run("stat -c %U /etc").strip() == "root"


def test_the_operator_is_never_removed(lab, way):
    lab.hosts["node1"].run("usermod -aG gourmetops cc")

    done = lab.play("prepare", "--tags", "users", users_declared=[])

    assert done.status == "done"
    assert lab.ssh("node1", "id -un").stdout == "cc\n"
