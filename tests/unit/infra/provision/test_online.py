"""What a cloud lacks, judged from what it answered."""

from datetime import UTC, datetime, timedelta

import pytest

from infra.provision.cloud import lease
from infra.provision.preflight import online

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.fixture
def facts():
    """What a cloud answers that has everything."""
    return {
        "project": "mlops",
        "project_id": "1",
        "expires": None,
        "key": "ssh-ed25519 AAAA me@here",
        "networks": ["sharednet1", "public"],
        "external": ["public"],
        "images": ["CC-Ubuntu24.04"],
        "flavors": {"m1.large": {"cpus": 4, "ram": 8192}},
        "groups": ["default", "allow-ssh"],
        "bearing": {"server": [], "volume": [], "network": []},
        "services": {"block-storage": True, "object-store": True},
        "quota": {
            "instances": [0, 10], "cores": [0, 20], "ram": [0, 51200],
            "networks": [0, 100], "ports": [0, 500], "floating IPs": [0, 50],
            "security groups": [1, 10], "volumes": [0, 10], "GiB of volumes": [0, 1000],
        },
    }  # fmt: skip


def said(setting, facts, ours=False):
    found = online.judge(setting, facts, ours, "ssh-ed25519 AAAA")
    return [f"{finding.what}: {finding.sentence}" for finding in found]


def test_a_cloud_that_has_everything_has_no_finding(setting, facts):
    assert said(setting, facts) == []


def test_another_key_under_the_same_name_is_told(setting, facts):
    facts["key"] = "ssh-ed25519 BBBB other"

    (sentence,) = said(setting, facts)

    assert "so nobody could log in" in sentence


@pytest.mark.parametrize(
    ("name", "used", "sentence"),
    [
        pytest.param("cores", 9, "12 cores are needed, and of 20 only 11 are free", id="cores"),
        pytest.param("instances", 8, "3 instances are needed, and of 10 only 2", id="servers"),
        pytest.param("floating IPs", 50, "1 floating IPs are needed, and of 50 only 0", id="ip"),
        pytest.param("ports", 495, "6 ports are needed, and of 500 only 5", id="ports"),
    ],
)
def test_a_quota_counts_what_is_used_already(setting, facts, name, used, sentence):
    facts["quota"][name][0] = used

    (finding,) = said(setting, facts)

    assert sentence in finding


def test_no_limit_is_no_quota(setting, facts):
    facts["quota"]["cores"] = [500, -1]

    assert said(setting, facts) == []


def test_servers_that_are_made_already_need_no_quota(setting, facts):
    facts["bearing"]["server"] = [f"node{n}-mlops-lab" for n in (1, 2, 3)]
    facts["quota"] |= {"cores": [20, 20], "floating IPs": [50, 50]}

    assert said(setting, facts, ours=True) == []


def test_servers_of_somebody_else_are_told(setting, facts):
    facts["bearing"]["server"] = ["node2-mlops-lab"]

    assert (
        "names: server node2-mlops-lab exist already, and not by this ledger"
        in said(setting, facts)[0]
    )


def test_two_projects_are_refused(facts):
    (finding,) = online.projects({**facts, "project_id": "2", "project": "other"}, facts)

    assert "the lease would be made in project other and the servers in mlops" in finding.sentence


def test_a_credential_must_outlive_the_lease(facts):
    facts["expires"] = "2026-01-01T15:00:00.000000"

    (finding,) = online.credential(facts, "kvm", NOW + timedelta(hours=12), NOW)

    assert "expires at 2026-01-01 15:00 UTC, in 3.0 h" in finding.sentence
    assert list(online.credential(facts, "kvm", NOW + timedelta(hours=2), NOW)) == []


@pytest.mark.parametrize(
    ("minutes", "bad"),
    [
        pytest.param(20, [True], id="too short"),
        pytest.param(90, [False], id="a warning"),
        pytest.param(300, [], id="long enough"),
    ],
)
def test_a_lease_that_ends_soon_is_told(minutes, bad):
    ends = (NOW + timedelta(minutes=minutes)).isoformat()
    found = online.remaining({"name": "l", "status": "ACTIVE", "ends": ends}, NOW)

    assert [finding.bad for finding in found] == bad


def test_the_time_left_is_said_with_a_warning_under_two_hours():
    facts = {"name": "l", "status": "ACTIVE", "ends": (NOW + timedelta(minutes=119)).isoformat()}

    assert lease.left(facts, NOW) == (
        "lease l is ACTIVE, 1 h 59 min left: extend it (invoke lease.extend)"
    )
    facts["ends"] = (NOW + timedelta(hours=2)).isoformat()
    assert lease.left(facts, NOW) == "lease l is ACTIVE, 2 h 00 min left"


def test_networks_of_somebody_else_are_told_as_servers_are(setting, facts):
    facts["bearing"]["network"] = ["private-net-mlops-lab"]

    assert "names: network private-net-mlops-lab exist already" in said(setting, facts)[0]


def test_a_volume_and_a_container_need_a_service_and_a_quota(setting, facts):
    setting.openstack.update(volume_gib=200, container="food")
    facts["quota"]["GiB of volumes"] = [900, 1000]
    facts["services"]["object-store"] = False

    assert said(setting, facts) == [
        "quota: 200 GiB of volumes are needed, and of 1000 only 100 are free. Remove what nobody "
        "uses, or ask for more",
        "openstack.container: this cloud has no object store; take the key out",
    ]


GPU = {"flavor": "g1", "image": "CUDA", "count": 2}


def pool_said(setting, facts):
    found = online.judge_pool(setting, facts, "ssh-ed25519 AAAA")
    return [f"{finding.what}: {finding.sentence}" for finding in found]


def test_the_gpu_pool_is_judged_on_its_own_cloud(setting, facts):
    setting.openstack["gpu"] = {**GPU, "cloud": "uc"}
    facts["quota"]["instances"] = [9, 10]
    facts["key"] = None

    found = pool_said(setting, facts)

    assert found[0] == "openstack.gpu.image: there is no image CUDA; there are CC-Ubuntu24.04"
    assert found[1] == "openstack.gpu.flavor: there is no flavor g1; there are m1.large"
    assert "keypair create --public-key" in found[2]
    assert "--os-cloud uc" in found[2]
    assert "quota: 2 instances are needed, and of 10 only 1 are free" in found[3]
    assert len(found) == 4


def test_a_gpu_pool_on_the_same_cloud_counts_against_the_same_quota(setting, facts):
    setting.openstack["gpu"] = {**GPU, "cloud": "kvm", "image": "CC-Ubuntu24.04",
                                "flavor": "m1.large"}  # fmt: skip
    facts["quota"]["instances"] = [6, 10]

    assert pool_said(setting, facts) == []
    (sentence,) = said(setting, facts)
    assert "quota: 5 instances are needed, and of 10 only 4 are free" in sentence


def test_the_hour_that_kubespray_takes_is_told_with_a_lease_that_ends_soon():
    ends = (NOW + timedelta(minutes=90)).isoformat()

    (finding,) = online.remaining({"name": "l", "status": "ACTIVE", "ends": ends}, NOW, long=True)

    assert finding.sentence == (
        "l ends in 90 min, and its servers with it: invoke lease.extend, for Kubespray takes up "
        "to an hour"
    )
