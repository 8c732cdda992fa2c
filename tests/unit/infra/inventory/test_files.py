"""Files of a site's inventory: what stands in them, and that OpenSSH takes them as meant."""

import dataclasses
import getpass
import os
import pwd
import re
import stat
import subprocess

import pytest
import yaml
from jinja2 import UndefinedError

from infra.errors import NoHostsError
from infra.inventory import files
from infra.nodes import inspection
from infra.sites import reading
from infra.sites.site import Site


@pytest.fixture
def kvm():
    return reading.load("kvm")


def test_every_file_comes_from_one_source(kvm, tmp_path):
    assert files.write(kvm, tmp_path) == ["hosts", "inventory.yaml", "ssh_config", "testinfra"]


def test_writing_again_changes_nothing(kvm, tmp_path):
    files.write(kvm, tmp_path)

    assert files.write(kvm, tmp_path) == []


def test_a_change_of_one_node_changes_every_file_that_names_it(kvm, tmp_path):
    files.write(kvm, tmp_path)
    nodes = (*kvm.nodes[:2], dataclasses.replace(kvm.nodes[2], address="192.168.1.23"))

    changed = files.write(dataclasses.replace(kvm, nodes=nodes), tmp_path)

    assert changed == ["hosts", "inventory.yaml", "ssh_config"]


def test_the_inventory_is_what_kubespray_reads(kvm, tmp_path):
    inventory = yaml.safe_load(files.texts(kvm, tmp_path)["inventory.yaml"])["all"]

    assert inventory["hosts"]["node2"] == {
        "ansible_host": "node2", "ip": "192.168.1.12", "access_ip": "192.168.1.12",
    }  # fmt: skip
    assert {
        group: list(found.get("hosts", ())) for group, found in inventory["children"].items()
    } == {
        "kube_control_plane": ["node1"],
        "etcd": ["node1", "node2", "node3"],
        "kube_node": ["node1", "node2", "node3"],
        "k8s_cluster": [],
    }
    assert inventory["vars"]["ansible_ssh_common_args"] == f"-F {tmp_path}/ssh_config"


def test_a_path_with_a_space_is_quoted_wherever_it_stands(kvm, tmp_path):
    folder = tmp_path / "my sites"
    texts = files.texts(kvm, folder)

    arguments = yaml.safe_load(texts["inventory.yaml"])["all"]["vars"]["ansible_ssh_common_args"]
    assert arguments == f"-F '{folder}/ssh_config'"
    assert f'UserKnownHostsFile "{folder}/known_hosts"' in texts["ssh_config"]
    assert "my%20sites/ssh_config" in texts["testinfra"]


def test_names_for_etc_hosts_are_the_private_ones(kvm, tmp_path):
    lines = files.texts(kvm, tmp_path)["hosts"].splitlines()[1:]

    assert lines == ["192.168.1.11 node1", "192.168.1.12 node2", "192.168.1.13 node3"]


def test_no_file_switches_the_check_of_host_keys_off(kvm, tmp_path):
    for text in files.texts(kvm, tmp_path).values():
        assert not re.search(r"StrictHostKeyChecking[ =](no|off|accept-new)", text)
        assert "/dev/null" not in text


def test_a_site_without_nodes_makes_no_empty_inventory(tmp_path):
    with pytest.raises(NoHostsError):
        files.texts(Site("empty", "hosts"), tmp_path)


def test_a_template_that_names_what_is_not_there_fails(kvm, tmp_path, monkeypatch):
    (tmp_path / "bad.j2").write_text("{{ site.nmae }}")
    monkeypatch.setattr(files, "TEMPLATES", tmp_path)

    with pytest.raises(UndefinedError, match="nmae"):
        files.texts(kvm, tmp_path)


def effective(config, host):
    done = subprocess.run(
        ["ssh", "-G", "-F", config, host], capture_output=True, text=True, check=True
    )
    return dict(line.partition(" ")[::2] for line in done.stdout.splitlines())


def test_openssh_understands_the_configuration_as_it_is_meant(cluster, tmp_path):
    hosts = cluster(2)
    folder = tmp_path / "a folder"
    files.write(hosts.site(jump=True), folder)

    one, two = (effective(folder / "ssh_config", name) for name in ("node1", "node2"))

    assert (two["hostname"], two["port"]) == ("127.0.0.2", str(hosts.hosts[1].port))
    assert (two["proxyjump"], "proxyjump" in one) == ("node1", False)
    assert two["user"] == getpass.getuser()
    assert two["stricthostkeychecking"] == "true"
    assert two["userknownhostsfile"] == f'"{folder}/known_hosts"' or two[
        "userknownhostsfile"
    ] == str(folder / "known_hosts")
    assert two["forwardagent"] == "no"


def ssh(folder, host, command):
    """Run the real ssh; without a master that would outlive the test."""
    config = folder / "ssh_config"
    text = config.read_text().replace("ControlMaster auto", "ControlMaster no")
    config.write_text(text.replace(files.CONTROL, "none"))
    return subprocess.run(
        ["ssh", "-F", config, "-o", "BatchMode=yes", host, command],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


def test_ssh_reaches_a_node_through_the_jump_host_with_the_keys_that_were_pinned(cluster):
    hosts = cluster(2)
    site = hosts.site(jump=True)
    inspection.inspect(site, hosts.known_hosts)
    files.write(site, hosts.folder)

    done = ssh(hosts.folder, "node2", "cat /etc/machine-id")

    assert (done.returncode, done.stdout) == (0, "0002\n"), done.stderr
    assert "Accepted publickey" in (hosts.hosts[0].folder / "log").read_text()


def test_ssh_refuses_a_node_that_was_never_seen(cluster):
    hosts = cluster(1)
    files.write(hosts.site(), hosts.folder)

    done = ssh(hosts.folder, "node1", "true")

    assert done.returncode == 255
    assert "Host key verification failed" in done.stderr


def test_ssh_refuses_a_node_that_shows_another_key(cluster):
    hosts = cluster(1)
    inspection.inspect(hosts.site(), hosts.known_hosts)
    files.write(hosts.site(), hosts.folder)
    hosts.hosts[0].stop()
    hosts.hosts[0].new_host_key()
    hosts.hosts[0].start(f"{hosts.key}.pub")

    done = ssh(hosts.folder, "node1", "true")

    assert done.returncode == 255
    assert "REMOTE HOST IDENTIFICATION HAS CHANGED" in done.stderr


def test_somebody_without_a_folder_for_keys_gets_one_for_the_connections(
    kvm, tmp_path, monkeypatch
):
    me = pwd.getpwuid(os.getuid())
    entry = pwd.struct_passwd((*me[:5], str(tmp_path / "ada"), *me[6:]))
    monkeypatch.setattr(pwd, "getpwuid", lambda _uid: entry)

    files.write(kvm, tmp_path / "site")

    assert stat.S_IMODE((tmp_path / "ada/.ssh").stat().st_mode) == 0o700


def test_two_sites_with_the_same_addresses_share_no_connection(tmp_path):
    site = reading.load("kvm")

    here, there = (
        files.texts(site, tmp_path / name)["ssh_config"].partition("ControlPath ")[2]
        for name in ("here", "there")
    )

    assert here.startswith('"~/.ssh/gourmetops-')
    assert here != there
