"""A site of OpenStack, a site with a cluster, and what a run at each is handed."""

import json
import os
import socket

import pytest

from infra.inventory import files
from infra.provision.cloud.clouds import Clouds
from infra.provision.cluster import platform, templates
from infra.provision.setting import Setting
from infra.sites import reading
from infra.sites.site import Network, Node, Site, Ssh
from tests.unit.infra.provision.kubectl import Kubectl

OPENSTACK = {
    "cloud": "kvm",
    "lease_cloud": "kvm-lease",
    "image": "CC-Ubuntu24.04",
    "flavor": "m1.large",
    "key_pair": "lab",
    "shared_network": "sharednet1",
    "floating_pool": "public",
    "security_groups": ["allow-ssh"],
    "lease_hours": 12,
}


@pytest.fixture
def setting(tmp_path):
    """A run at a site of three nodes, with both entries in clouds.yaml."""
    roles = ("control-plane", "etcd", "worker")
    nodes = tuple(Node(f"node{n}", f"192.168.1.1{n}", roles, jump=n == 1) for n in (1, 2, 3))
    network = Network(private="192.168.1.0/24")
    site = Site("lab", "openstack", ssh=Ssh("cc"), nodes=nodes, network=network,
                openstack=dict(OPENSTACK))  # fmt: skip
    file = tmp_path / "clouds.yaml"
    file.touch(mode=0o600)
    credential = {
        "auth": {"application_credential_id": "x"},
        "auth_type": "v3applicationcredential",
    }
    entries = {"kvm": credential, "kvm-lease": {"auth": {"username": "me"}}}
    return Setting(site, tmp_path / "state", Clouds(file, entries), yes=True)


@pytest.fixture
def site(lab):
    """A run at a site whose control plane has a kubeconfig for its operator."""
    chosen = reading.load("lab.yaml", relative_to=lab.folder)
    folder = lab.state / "sites" / "lab"
    files.write(chosen, folder)
    server = f"http://127.0.0.71:{free_port()}"
    config = json.dumps({"clusters": [{"cluster": {"server": server}}]})
    lab.head.fake("cat", f"""case $1 in .kube/config) echo '{config}';; *) exec /bin/cat "$@";;
esac""")  # fmt: skip
    return Setting(chosen, folder, None, yes=True)


@pytest.fixture
def kubectl(tmp_path, monkeypatch):
    """A kubectl on the PATH, with a cluster that knows what the platform stands on."""
    cluster = Kubectl(tmp_path / "cluster")
    cluster.install(tmp_path / "programs")
    monkeypatch.setenv("PATH", f"{tmp_path / 'programs'}:{os.environ['PATH']}")
    monkeypatch.setenv("KNOWN", json.dumps([*platform.NEEDS, *templates.NEEDS]))
    return cluster


def free_port():
    """Return a port of loopback where nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
