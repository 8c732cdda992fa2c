"""What we say of Kubespray is held against Kubespray itself, and run by its own playbooks.

Needs KUBESPRAY_HOME, a checkout of the pinned commit; skips without one.
"""

import os
import subprocess
from pathlib import Path

import pytest
import yaml

from infra.kubespray import facts, judging, own, pin
from infra.kubespray.case import computed
from infra.sites import reading

OURS = {
    name: value
    for file in sorted(pin.GROUP_VARS.iterdir())
    for name, value in yaml.safe_load(file.read_text()).items()
}


def ansible(python: Path, place, home: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    beside = python.parent
    env = {
        **os.environ,
        "PATH": f"{beside}:{os.environ['PATH']}",
        "ANSIBLE_CONFIG": str(place.config),
        "ANSIBLE_NOCOLOR": "1",
    }
    argv = [str(beside / "ansible-playbook"), "-i", str(place.inventory), *words]
    return subprocess.run(argv, cwd=home, env=env, capture_output=True, text=True, check=False)


def test_what_it_accepts_is_what_stands_in_accepts_yaml(home):
    assert pin.ACCEPTS.read_text() == facts.text(home)


@pytest.mark.parametrize("name", [*OURS, *own.variables(reading.load("kvm"))])
def test_every_variable_that_we_set_is_read_there(home, name):
    read = [
        file
        for file in (home / "roles").rglob("*")
        if file.suffix in (".yml", ".j2", ".yaml") and name in file.read_text()
    ]
    assert read, f"{name} stands in no role"


@pytest.mark.parametrize("name", OURS)
def test_every_setting_of_ours_differs_from_its_default(home, name):
    defaults = facts.defaults(home)
    if name == "kube_version":
        newest = pin.accepts().kubernetes[0]
        assert newest != OURS[name]
        return
    default = defaults.get(name)
    assert computed(default) or default != OURS[name], f"{name} is {default!r} anyhow"


def test_its_own_syntax_check_takes_our_inventory(home, python, place):
    done = ansible(python, place, home, "--syntax-check", "cluster.yml")

    assert done.returncode == 0, done.stdout + done.stderr


def test_its_own_validation_takes_our_inventory(home, python, place):
    done = ansible(python, place, home, "playbooks/boilerplate.yml")

    assert done.returncode == 0, done.stdout + done.stderr
    assert "validate_inventory : Stop if even number of etcd hosts" in done.stdout
    assert "failed=0" in done.stdout


REFUSED = {
    "version": {"kube_version": "1.30.6"},
    "version without checksum": {"kube_version": "1.34.99"},
    "network plugin": {"kube_network_plugin": "weave"},
    "container manager": {"container_manager": "podman"},
    "proxy mode": {"kube_proxy_mode": "userspace"},
    "etcd in docker": {"etcd_deployment_type": "docker"},
    "cloud inside the tree": {"cloud_provider": "openstack"},
    "boolean as text": {"helm_enabled": "false"},
    "pods and services overlap": {"kube_pods_subnet": "10.233.0.0/18"},
    "no range": {"kube_pods_subnet": "10.233.64.5/18"},
    "too small": {"kube_pods_subnet": "10.233.64.0/23", "kube_network_plugin": "flannel"},
    "more pods": {"kubelet_max_pods": 500, "kube_network_plugin": "flannel"},
    "removed": {"kubelet_static_pod_path": "/etc/kubernetes/manifests"},
    "gvisor": {"gvisor_enabled": True, "container_manager": "crio"},
    "renewal": {"auto_renew_certificates": True, "kube_external_ca_mode": True},
    "download": {"download_localhost": True},
    "old containerd": {"containerd_version": "1.3.0"},
}


@pytest.mark.parametrize("values", REFUSED.values(), ids=REFUSED)
def test_what_its_validation_refuses_we_refuse_before(home, python, place, values):
    for folder in place.variables:
        for file in folder.iterdir():
            kept = {k: v for k, v in yaml.safe_load(file.read_text()).items() if k not in values}
            file.write_text(yaml.safe_dump(kept))
    (place.variables[0] / "changed.yml").write_text(yaml.safe_dump(values))

    theirs = ansible(python, place, home, "playbooks/boilerplate.yml")
    ours = judging.faults(place.inventory, place.variables, place.site)

    assert theirs.returncode == 2, theirs.stdout
    assert any(name in fault.what for fault in ours for name in values), ours


def test_an_even_number_of_etcd_members_is_refused_by_both(home, python, place):
    text = place.inventory.read_text()
    head, mark, tail = text.partition("    etcd:\n")
    place.inventory.write_text(head + mark + tail.replace("        node3: {}\n", "", 1))

    theirs = ansible(python, place, home, "playbooks/boilerplate.yml")

    assert theirs.returncode == 2
    assert "Stop if even number of etcd hosts" in theirs.stdout
    (fault,) = judging.faults(place.inventory, place.variables)
    assert "even number" in fault.what
