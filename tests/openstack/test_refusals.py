"""What preflight and the lease refuse, in the words that a person reads."""

import json
import re
import time

import pytest

# The first test of a session waits for the cloud, and on a new machine for its packages.
pytestmark = pytest.mark.timeout(1500)
ONLY = ("provision", "--only", "preflight")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        pytest.param({"image": "CC-Ubuntu24.4"}, "did you mean CC-Ubuntu24.04?", id="image"),
        pytest.param({"flavor": "m1.huge"}, "there is no flavor m1.huge", id="flavor"),
        pytest.param({"shared_network": "sharednet2"}, "did you mean sharednet1?", id="network"),
        pytest.param({"floating_pool": "sharednet1"}, "no external network sharednet1", id="pool"),
        pytest.param({"security_groups": ["allow-9001"]}, "security group create", id="group"),
        pytest.param({"key_pair": "nobody"}, "the cloud does not know nobody", id="key"),
    ],
)
def test_what_the_cloud_does_not_have_is_named(person, change, sentence):
    me = person(f"no-{next(iter(change)).replace('_', '-')}")
    me.site["openstack"] |= change
    me.write()

    assert sentence in me.types(*ONLY, code=1)


def test_every_finding_comes_at_once(person):
    me = person("all")
    me.site["openstack"] |= {"image": "x", "flavor": "y", "key_pair": "z"}
    me.write()

    assert "3 things to mend first" in me.types(*ONLY, code=1)


def test_an_application_credential_is_refused_for_the_lease_before_any_cloud_is_asked(person):
    me = person("delegated")
    me.clouds["kvm"]["auth"]["auth_url"] = "http://127.0.0.1:9"  # where nobody answers
    me.clouds["kvm-lease"] = me.clouds["kvm"]
    me.write()

    said = me.types(*ONLY, code=1)

    assert "Keystone refuses leases to those" in said
    assert "127.0.0.1:9" not in said


def test_a_wrong_password_is_the_clouds_own_sentence(person):
    me = person("wrong")
    me.clouds["kvm-lease"]["auth"]["password"] = "guess"
    me.write()

    said = me.types(*ONLY, code=1)

    assert "cloud kvm-lease: " in said
    assert "The request you have made requires authentication" in said


def test_a_credential_that_expires_before_the_lease_is_refused(cloud, person):
    me = person("short")
    soon = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(time.time() + 3600))
    me.clouds["kvm"] = cloud.credential_entry("expires", expires_at=soon)
    me.write()

    assert "its application credential expires at" in me.types(*ONLY, code=1)


def test_a_quota_that_is_too_small_is_named(person):
    me = person("quota")
    me.site["nodes"] += [
        {"name": f"node{n}", "address": f"192.168.1.{n + 10}", "roles": ["worker"]}
        for n in range(4, 12)
    ]
    me.write()

    said = me.types(*ONLY, code=1)

    # Others have some of them meanwhile.
    free = re.search(r"44 cores are needed, and of 40 only (\d+) are free", said)
    assert free, said
    assert int(free[1]) <= 40


def test_variables_that_would_override_are_left_aside(person):
    me = person("overridden")

    said = me.types(*ONLY, OS_AUTH_URL="http://127.0.0.1:9", OS_CLOUD="nobody", TF_VAR_suffix="x")

    assert "OS_AUTH_URL, OS_CLOUD, TF_VAR_suffix would override clouds.yaml" in said


def test_servers_of_somebody_else_with_our_names_are_told(cloud, person):
    me = person("taken")
    member = cloud.member()
    image = member.ask("GET", "glance", "/v2/images")["images"][0]["id"]
    # By its name: there are also those of others' leases, whose servers end with the lease.
    flavors = member.ask("GET", "nova", "/v2.1/flavors")["flavors"]
    flavor = next(each["id"] for each in flavors if each["name"] == "m1.small")
    network = member.ask("GET", "neutron", "/v2.0/networks?name=sharednet1")["networks"][0]["id"]
    server = {"name": "node1-mlops-taken", "imageRef": image, "flavorRef": flavor}
    server["networks"] = [{"uuid": network}]
    made = member.ask("POST", "nova", "/v2.1/servers", {"server": server})

    assert "server node1-mlops-taken exist already, and not by this ledger" in me.types(
        *ONLY, code=1
    )
    member.ask("DELETE", "nova", f"/v2.1/servers/{made['server']['id']}")


def test_a_lease_that_no_host_can_hold_is_blazars_own_sentence(person):
    me = person("toolarge")
    me.site["nodes"] = me.site["nodes"][:1]
    me.site["openstack"]["flavor"] = "m1.small"
    me.write()
    me.types("provision", "--until", "lease", "--yes")
    me.site["nodes"] += [{"name": "node2", "address": "192.168.1.12", "roles": ["worker"]}]
    me.write()

    said = me.types("provision", "--until", "lease", "--yes", code=1)

    assert "exists and holds 1 servers, and 2 are needed" in said
    me.types("lease.delete", "--yes")


def test_a_stage_alone_says_which_stage_it_waits_for(person):
    me = person("ends")

    assert "prepare            runs" in me.types("provision", "--plan")
    assert "kubespray needs what lease brings" in me.types(
        "provision", "--only", "kubespray", code=2
    )


def test_findings_are_there_for_programs_too(person):
    me = person("programs")
    me.site["openstack"] |= {"image": "x", "flavor": "y"}
    me.write()

    lines = [json.loads(line) for line in me.types(*ONLY, "--json", code=1).splitlines()
             if line.startswith("{")]  # fmt: skip

    assert lines[-1]["done"] is False
    assert [each.split(":")[0] for each in lines[-1]["findings"]] == [
        "✗ openstack.image", "✗ openstack.flavor",
    ]  # fmt: skip


def test_a_gpu_pool_is_judged_on_the_cloud_that_it_lies_on(person):
    me = person("pool")
    me.clouds["uc"] = me.clouds["kvm"]
    me.site["openstack"]["gpu"] = {
        "cloud": "uc", "lease_cloud": "kvm-lease", "flavor": "g1.h100", "image": "CUDA", "count": 9,
    }  # fmt: skip
    me.write()
    assert "pool.yaml:" in me.types(*ONLY, code=2)  # nine are too many
    me.site["openstack"]["gpu"]["count"] = 1
    me.write()

    said = me.types(*ONLY, code=1)

    assert "openstack.gpu.image: there is no image CUDA" in said
    assert "openstack.gpu.flavor: there is no flavor g1.h100" in said


def test_an_object_store_that_the_cloud_lacks_is_told_before_terraform_stumbles(person):
    me = person("store", container="food")

    assert "openstack.container: this cloud has no object store" in me.types(*ONLY, code=1)
