"""From an account to audited nodes and back to nothing: OpenStack's servers that answer over SSH.

The site file is the one that we ship, with what a person would put in: what these machines are,
and the names of an own account.
"""

import json
import random
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest
import yaml

from tests.hosts import machines
from tests.openstack import dataplane, people
from tests.openstack.facts import alive, keys, nobody_plays_on, nothing_is_left, outputs
from tests.openstack.people import Person

SHIPPED = Path(__file__).parents[2] / "infra/sites/kvm.yaml"
POOL = "reached"
UNTIL = ("--until", "prepare", "--yes")
KEY = "id_rsa_chameleon"
KILLS = 2


def joined(start, travellers):
    """Go from an account to audited nodes and back, as a person would."""
    if reason := machines.missing():
        pytest.skip(reason)
    with machines.running(3) as hosts, dataplane.following(start.cloud, hosts, "kvm"):
        me = _person(start, hosts)
        travellers.append(me)
        try:
            _there(hosts, me)
            _again(me)
            _one_anew(me)
            _an_impostor(hosts, me)
            _back(start.cloud, me)
        finally:
            me.tidies()  # while the machines are still there


def _there(hosts, me):
    said = me.types("provision", *UNTIL)
    assert outputs(me)["floating_ip"] == hosts.way_in
    for node in ("node1", "node2", "node3"):
        assert f"{node} is a new server; its key is pinned from its console" in said
    assert "node2: DNS: food.test does not resolve; the next stage mends that" in said
    assert _logs_in(me, "node3") == "node3"
    assert set(keys(me)) == {hosts.way_in, "192.168.1.12", "192.168.1.13"}
    audited = me.types("provision", "--only", "audit", "--yes")
    assert re.search(r"\d+ passed, 0 failed, \d+ waived, 0 unreachable", audited)
    assert json.loads((me.state / "audit.json").read_text())["passed"] > 50


def _again(me):
    _killed_in_mid_stage(me)
    assert _changes(me.types("provision", "--only", "prepare", "--yes", "--json")) == {
        "node1": 0, "node2": 0, "node3": 0,
    }  # fmt: skip
    assert nobody_plays_on(me.state)
    again = me.types("provision", *UNTIL)
    for stage in ("lease", "terraform", "inventory", "prepare"):
        assert re.search(rf"^{stage} .* stands: done", again, re.M), again
    assert "no change" in me.types("provision", "--only", "terraform", "--yes")


def _killed_in_mid_stage(me):
    """Be killed on the way over the nodes too; the session `killed` does it 50 times."""
    chance = random.Random(19)
    for _ in range(KILLS):
        process = me.starts("provision", "--only", "prepare", "--yes")
        time.sleep(chance.uniform(1, 8))
        process.send_signal(signal.SIGKILL)
        process.communicate()


def _one_anew(me):
    before, pinned = outputs(me)["servers"], keys(me)
    said = me.types("provision", "--replace", "node3", "--json", *UNTIL)
    after = outputs(me)["servers"]
    assert {name for name in after if after[name] != before[name]} == {"node3"}
    assert "node3 is a new server; its key is pinned from its console" in said
    assert keys(me)["192.168.1.13"] != pinned.pop("192.168.1.13")
    assert pinned.items() <= keys(me).items()
    changes = _changes(said)
    assert (changes["node1"], changes["node2"]) == (0, 0)
    assert changes["node3"] > 3

    shown = me.types("status")
    assert shown.count("answers") == 3
    assert re.search(r"lease_mlops_kvm is ACTIVE, [12] h \d\d min left", shown)
    assert "last audit: " in shown
    assert re.search(r"[67] h \d\d min", me.types("lease.extend", "--hours", "5", "--yes"))
    assert re.search(r"^lease .* stands: done", me.types("provision", *UNTIL), re.M)


def _an_impostor(hosts, me):
    """Somebody answers at a node's address with a key that its console never showed."""
    pinned = _fingerprint(keys(me)["192.168.1.12"])
    hosts["node2"].new_host_key()
    shown = _fingerprint(hosts["node2"].read("/etc/ssh/ssh_host_ed25519_key.pub"))
    said = me.types("provision", "--only", "node-checks", "--yes", code=1)
    assert f"shows the key {shown}, and {pinned} is pinned in {me.state}/known_hosts" in said
    assert "shows the key" in me.types("check-nodes", code=1)
    assert _logs_in(me, "node2", "-o", "ControlPath=none") == ""


def _fingerprint(line):
    """Return what Paramiko and ssh-keygen -l call a key, from its line."""
    argv = ["ssh-keygen", "-lf", "-"]
    said = subprocess.run(argv, input=line, capture_output=True, text=True, check=True).stdout
    return f"{line.split()[0]} {said.split()[1]}"


def _back(cloud, me):
    end = me.types("destroy", "--yes")
    assert "left over" not in end
    assert nothing_is_left(cloud, "kvm")
    assert alive(cloud, "kvm") == []


def _changes(said):
    """Return how much the last play changed on each node."""
    recap = json.loads(said.splitlines()[-1])["results"]["prepare"]["recap"]
    return {name: facts["changed"] for name, facts in recap.items()}


def _logs_in(me, node, *options):
    return subprocess.run(
        ["ssh", "-F", me.state / "ssh_config", "-o", "BatchMode=yes", *options, node, "hostname"],
        capture_output=True, text=True, check=False,
    ).stdout.strip()  # fmt: skip


def _person(start, hosts):
    key = start.folder / ".ssh" / KEY
    key.parent.mkdir(mode=0o700)
    shutil.copy(hosts.key, key)
    shutil.copy(f"{hosts.key}.pub", f"{key}.pub")
    pair = {"keypair": {"name": KEY, "public_key": Path(f"{key}.pub").read_text()}}
    start.cloud.member().ask("POST", "nova", "/v2.1/os-keypairs", pair)
    _pool_of_addresses(start.cloud, hosts.floating)
    site = yaml.safe_load(SHIPPED.read_text())
    site["ssh"]["key"] = str(key)
    site["needs"] = dict(machines.NEEDS)
    # The name server of these machines, and a name that it knows.
    site["network"] |= {"dns_name": "food.test", "dns_servers": ["10.56.0.1"]}
    site["openstack"] |= {"floating_pool": POOL, "lease_hours": 3}
    entries = {
        "kvm": start.cloud.credential_entry("joined"),
        "kvm-lease": start.cloud.password_entry(),
    }
    env = people.environment(start.folder, start.terraform)
    made = Person(start.folder, site, env, entries)
    made.write()
    return made


def _pool_of_addresses(cloud, floating):
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
