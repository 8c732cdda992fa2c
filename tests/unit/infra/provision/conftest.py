"""A site of OpenStack, and what a run at it is handed."""

import pytest

from infra.provision.cloud.clouds import Clouds
from infra.provision.setting import Setting
from infra.sites.site import Network, Node, Site, Ssh

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
