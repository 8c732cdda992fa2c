"""The way from an account to an inventory and back, typed as a person would."""

import json
import random
import signal
import time

import pytest

# The first test of a session waits for the cloud, and on a new machine for its packages.
pytestmark = pytest.mark.timeout(1500)
UNTIL = ("--until", "inventory", "--yes")


def test_from_an_account_to_an_inventory_and_back_to_nothing(cloud, person):
    me = person("way", volume_gib=2)

    said = me.types("provision", *UNTIL)
    made = servers(me)
    assert "Create 14" in said or len(resources(me)) == 14
    assert set(made) == {"node1", "node2", "node3"}
    assert addresses(cloud, made) == {
        "node1": "192.168.1.11",
        "node2": "192.168.1.12",
        "node3": "192.168.1.13",
    }
    assert "192.168.1.12" in (me.state / "inventory.yaml").read_text()
    floating = json.loads((me.state / "outputs.json").read_text())["floating_ip"]["value"]
    assert floating in (me.state / "ssh_config").read_text()

    again = me.types("provision", *UNTIL)
    assert "terraform" in again
    assert "stands: done" in again.split("terraform", 1)[1]
    assert "no change" in me.types("provision", "--only", "terraform", "--yes")

    me.types("provision", "--replace", "node3", *UNTIL)
    after = servers(me)
    assert {name for name in made if after[name] != made[name]} == {"node3"}
    assert set(after.values()) == set(alive(cloud))

    assert "2 h" in me.types("lease.show")
    assert "7 h" in me.types("lease.extend", "--hours", "5", "--yes")

    refused = me.types("destroy", code=2)
    assert "Nobody is here to ask; say --yes." in refused
    assert "destroy  openstack_compute_instance_v2" in refused
    assert set(after.values()) == set(alive(cloud))

    end = me.types("destroy", "--yes")
    assert end.index("openstack_compute_instance_v2") < end.index("lease_mlops_way is gone")
    assert "left over" not in end
    assert nothing_is_left(cloud, "way")
    assert "there is none" in me.types("destroy", "--yes")


def test_killed_at_random_it_goes_on_and_leaves_nothing_behind(cloud, person):
    me = person("killed")
    chance = random.Random(5)

    for _ in range(4):
        process = me.starts("provision", *UNTIL)
        time.sleep(chance.uniform(1, 14))
        process.send_signal(signal.SIGKILL)
        process.communicate()
    said = me.types("provision", *UNTIL)

    assert "inventory" in said
    assert len(resources(me)) == 12
    assert len(alive(cloud)) == 3
    me.types("destroy", "--yes")
    assert nothing_is_left(cloud, "killed")


def test_what_others_deleted_is_built_again_and_destroy_passes_over_it(cloud, person):
    me = person("drift")
    me.types("provision", *UNTIL)
    made = servers(me)
    cloud.member().ask("DELETE", "nova", f"/v2.1/servers/{made['node2']}")

    me.types("provision", "--from", "terraform", *UNTIL)

    after = servers(me)
    assert {name for name in made if after[name] != made[name]} == {"node2"}

    me.types("lease.delete", "--yes")  # and Blazar deletes its servers
    until(lambda: not alive(cloud))
    assert "left over" not in me.types("destroy", "--yes")
    assert nothing_is_left(cloud, "drift")


def test_a_gpu_pool_has_a_lease_of_its_own_and_destroy_lists_what_is_not_ours(cloud, person):
    gpu = {"cloud": "kvm-lease", "flavor": "m1.small", "image": "CC-Ubuntu22.04", "count": 1}
    me = person("gpu", gpu=gpu)

    me.types("provision", *UNTIL)

    assert "lease_mlops_gpu_gpu is ACTIVE" in me.types("lease.show")
    assert len(resources(me)) == 13
    assert len(alive(cloud)) == 4

    foreign = port_of_somebody(cloud, "mine-mlops-gpu")
    said = me.types("destroy", "--yes", code=1)
    assert "left over: port mine-mlops-gpu" in said
    cloud.member().ask("DELETE", "neutron", f"/v2.0/ports/{foreign}")
    assert nothing_is_left(cloud, "gpu")


def test_the_second_person_is_refused_by_name(person):
    me = person("two")
    first = me.starts("provision", "--only", "preflight")
    deadline = time.monotonic() + 30
    while not (me.state / "lock").exists() or not (me.state / "lock").read_text():
        assert time.monotonic() < deadline
        time.sleep(0.02)

    refused = me.types("provision", "--only", "preflight", code=2)

    assert f"process {first.pid}, since" in refused
    assert "works on site two right now" in refused
    first.communicate()
    assert first.returncode == 0


def port_of_somebody(cloud, name):
    member = cloud.member()
    network = member.ask("GET", "neutron", "/v2.0/networks?name=sharednet1")["networks"][0]["id"]
    port = {"name": name, "network_id": network}
    return member.ask("POST", "neutron", "/v2.0/ports", {"port": port})["port"]["id"]


def until(met, seconds=60):
    deadline = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def servers(me):
    return json.loads((me.state / "outputs.json").read_text())["servers"]["value"]


def resources(me):
    state = json.loads((me.state / "terraform.tfstate").read_text())
    return [
        instance
        for resource in state["resources"]
        if resource["mode"] == "managed"
        for instance in resource["instances"]
    ]


def alive(cloud):
    return [each["id"] for each in cloud.member().ask("GET", "nova", "/v2.1/servers")["servers"]]


def addresses(cloud, made):
    found = {}
    for name, server in made.items():
        listed = cloud.member().ask("GET", "nova", f"/v2.1/servers/{server}")["server"]["addresses"]
        private = next(facts for network, facts in listed.items() if network.startswith("private"))
        found[name] = private[0]["addr"]
    return found


def nothing_is_left(cloud, name):
    admin = cloud.admin()
    ports = admin.ask("GET", "neutron", "/v2.0/ports")["ports"]
    networks = admin.ask("GET", "neutron", "/v2.0/networks")["networks"]
    floating = admin.ask("GET", "neutron", "/v2.0/floatingips")["floatingips"]
    leases = admin.ask("GET", "blazar", "/v1/leases")["leases"]
    names = [thing["name"] for thing in (*ports, *networks, *leases)]
    assert [each for each in names if name in each] == []
    assert floating == []
    assert alive(cloud) == []
    return True
