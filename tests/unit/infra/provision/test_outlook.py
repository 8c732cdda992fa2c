"""Plans of destroy and of leases: looked up, told, and nothing is asked to change."""

import pytest

from infra.provision.cloud import asking, destroy, outlook
from infra.provision.errors import CloudError

LEASE = {
    "lease": "1",
    "name": "lease_mlops_lab",
    "status": "ACTIVE",
    "ends": "2026-11-21T12:00:00+00:00",
}
LOOKS = {"lease-find", "leftovers"}


@pytest.fixture
def cloud(monkeypatch):
    """A cloud that can only be looked at."""
    held = {"lease-find": LEASE, "leftovers": {"server": ["node1-mlops-lab"], "network": ["n"]}}

    def ask(_file, cloud, verb, _tell=None, **_words):
        if verb not in LOOKS:
            raise CloudError(cloud, f"{verb} changes something")
        return held[verb]

    monkeypatch.setattr(asking, "ask", ask)
    return held


class Work:
    """Terraform that has planned."""

    def shown(self):
        return ["destroy  a.server", "destroy  b.network"], "Destroy 2"


def test_a_lease_that_would_be_extended_tells_both_its_ends(setting, cloud):
    facts = outlook.extending(setting, 5)

    assert facts["leases"][0]["would_end"] == "2026-11-21T17:00:00+00:00"
    (line, last) = outlook.told_extending(facts)
    assert line == (
        "lease_mlops_lab is ACTIVE until 2026-11-21T12:00:00+00:00; "
        "then until 2026-11-21T17:00:00+00:00"
    )
    assert last == "Nothing was changed. Do it: invoke lease.extend --site lab --hours 5"


def test_a_lease_that_would_be_deleted_names_the_servers_that_go_with_it(setting, cloud):
    facts = outlook.deleting(setting)

    assert facts["servers"] == ["node1-mlops-lab"]
    assert outlook.told_deleting(facts)[:2] == [
        "delete   lease lease_mlops_lab (ACTIVE)",
        "lose     server node1-mlops-lab",
    ]


def test_a_lease_that_is_not_there_is_said(setting, cloud):
    cloud["lease-find"] = None

    assert outlook.told_extending(outlook.extending(setting, 5)) == [
        "There is no lease lease_mlops_lab."
    ]
    assert outlook.told_deleting(outlook.deleting(setting)) == [
        "There is no lease lease_mlops_lab."
    ]


def test_destroy_shows_terraforms_own_plan_the_leases_and_what_stays(setting, cloud, monkeypatch):
    monkeypatch.setattr(destroy, "plan", lambda *_: Work())

    facts = outlook.destroying(setting, None, print, keep_volume=True)

    lines = outlook.told_destroying(facts)
    assert lines[0] == "Site lab: Destroy 2"
    assert "destroy  a.server" in lines
    assert "delete   lease lease_mlops_lab" in lines
    assert "kept     the data volume" in lines
    assert lines[-1] == "Nothing was changed. Do it: invoke destroy --site lab --keep-volume"


def test_where_nothing_was_made_it_says_so(setting, cloud, monkeypatch):
    cloud["lease-find"] = None
    monkeypatch.setattr(destroy, "plan", lambda *_: None)

    assert outlook.told_destroying(outlook.destroying(setting, None, print)) == [
        "Nothing would be removed: site lab has neither resources nor lease."
    ]
