"""From an account to audited nodes and back to nothing: OpenStack's servers that answer over SSH.

The site file is the one that we ship, with what a person would put in: what these machines are,
and the names of an own account.
"""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.hosts import machines
from tests.openstack import dataplane, people
from tests.openstack.people import Person

# The first test of a session waits for the cloud, and on a new machine for its packages.
pytestmark = pytest.mark.timeout(1800)
SHIPPED = Path(__file__).parents[2] / "infra/sites/kvm.yaml"
POOL = "reached"
UNTIL = ("--until", "prepare", "--yes")


@pytest.fixture
def me(cloud, hosts, providers, tmp_path):
    """Somebody whose cloud has machines in it."""
    key = tmp_path / ".ssh" / "id_rsa_chameleon"
    key.parent.mkdir(mode=0o700)
    shutil.copy(hosts.key, key)
    shutil.copy(f"{hosts.key}.pub", f"{key}.pub")
    name, public = "id_rsa_chameleon", Path(f"{key}.pub").read_text()
    pair = {"keypair": {"name": name, "public_key": public}}
    cloud.member().ask("POST", "nova", "/v2.1/os-keypairs", pair)
    pool_of_addresses(cloud, hosts.floating)
    site = yaml.safe_load(SHIPPED.read_text())
    site["ssh"]["key"] = str(key)
    site["needs"] = dict(machines.NEEDS)
    site["network"] |= {"ipv6": "any", "dns_name": "localhost"}
    site["openstack"] |= {"floating_pool": POOL, "volume_gib": 1, "lease_hours": 3}
    entries = {"kvm": cloud.credential_entry("joined"), "kvm-lease": cloud.password_entry()}
    made = Person(tmp_path, site, people.environment(tmp_path, providers), entries)
    made.write()
    with dataplane.following(cloud, hosts, "kvm"):
        yield made
        if (made.state / "terraform").exists():
            made.starts("destroy", "--yes").communicate()
    cloud.member().ask("DELETE", "nova", f"/v2.1/os-keypairs/{name}")


def pool_of_addresses(cloud, floating):
    """Give the cloud the range that leads to the machines, and a way there from its networks."""
    admin = cloud.admin()

    def make(kind, **facts):
        return admin.ask("POST", "neutron", f"/v2.0/{kind}s", {kind: facts})[kind]["id"]

    outside = make("network", name=POOL, **{
        "router:external": True, "provider:network_type": "flat",
        "provider:physical_network": POOL,
    })  # fmt: skip
    make("subnet", network_id=outside, cidr=floating, ip_version=4, enable_dhcp=False)
    shared = admin.ask("GET", "neutron", "/v2.0/networks?name=sharednet1")["networks"][0]
    port = make("port", network_id=shared["id"])
    router = make("router", name=POOL, external_gateway_info={"network_id": outside})
    path = f"/v2.0/routers/{router}/add_router_interface"
    admin.ask("PUT", "neutron", path, {"port_id": port})


def test_from_an_account_to_audited_nodes_and_back_to_nothing(cloud, hosts, me):
    said = me.types("provision", *UNTIL)
    made = outputs(me)
    assert made["floating_ip"] == hosts.way_in
    assert "3 of 3 nodes are ready" in said
    assert logs_in(me, "node3") == "node3"
    pinned = keys(me)
    assert set(pinned) == {hosts.way_in, "192.168.1.12", "192.168.1.13"}

    again = me.types("provision", *UNTIL)
    assert re.search(r"^prepare .* stands: done", again, re.M)
    assert re.search(r"^terraform .* stands: done", again, re.M)
    assert "changed=0" in me.types("provision", "--only", "prepare", "--yes")

    me.types("provision", "--replace", "node3", *UNTIL)
    after = outputs(me)["servers"]
    assert {name for name in after if after[name] != made["servers"][name]} == {"node3"}
    assert keys(me)["192.168.1.13"] != pinned.pop("192.168.1.13")
    assert pinned.items() <= keys(me).items()

    shown = me.types("status")
    assert shown.count("answers") == 3
    assert "2 h 5" in shown
    assert "h 5" in me.types("lease.extend", "--hours", "5", "--yes")

    me.types("destroy", "--yes")


def outputs(me):
    """Return what Terraform last put out."""
    found = json.loads((me.state / "outputs.json").read_text())
    return {name: each["value"] for name, each in found.items()}


def keys(me):
    """Return the key that is pinned for each address."""
    lines = (me.state / "known_hosts").read_text().splitlines()
    return {line.split()[0]: line.split(maxsplit=1)[1] for line in lines}


def logs_in(me, node):
    return subprocess.run(
        ["ssh", "-F", me.state / "ssh_config", "-o", "BatchMode=yes", node, "hostname"],
        capture_output=True, text=True, check=False,
    ).stdout.strip()  # fmt: skip
