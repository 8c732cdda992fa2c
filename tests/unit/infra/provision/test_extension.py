"""A lease is extended: the ledger knows, and the gates of promotion, with nothing typed twice.

Blazar stands in for itself in tests/openstack; here its answers are those that it gave there.
"""

import dataclasses
from datetime import UTC, datetime, timedelta

import pytest

from infra.provision import extension, ledger, stages, walk
from infra.provision.cloud import asking, lease
from infra.provision.cluster import platform
from infra.provision.errors import StageError
from infra.provision.ledger import DONE, Ledger, Record
from infra.provision.setting import Waiting
from tests.unit.infra.provision.conftest import OPENSTACK

SOON = datetime(2026, 12, 1, 10, 1, tzinfo=UTC)


class Blazar:
    """One lease, and what may be asked of it."""

    def __init__(self):
        self.ends = SOON

    def __call__(self, _file, cloud, verb, _tell=None, **words):
        assert (cloud, words["name"]) == ("kvm-lease", "lease_mlops_lab")
        if verb == "lease-extend":
            self.ends += timedelta(hours=words["hours"])
        elif verb not in ("lease-find", "lease-ensure"):
            raise AssertionError(f"nobody told this Blazar of {verb}")
        return self.lease()

    def lease(self):
        """Return the lease as the client tells it."""
        return {"lease": "l1", "name": "lease_mlops_lab", "status": "ACTIVE",
                "ends": self.ends.isoformat(), "reservation": "r1", "amount": 2}  # fmt: skip


@pytest.fixture
def blazar(monkeypatch):
    """Answer for OpenStack."""
    made = Blazar()
    monkeypatch.setattr(asking, "ask", made)
    return made


@pytest.fixture
def leased(site, setting, kubectl, blazar):
    """A site on a lease, with a cluster that has its platform."""
    cloudy = dataclasses.replace(site.site, kind="openstack", openstack=dict(OPENSTACK))
    made = dataclasses.replace(site, site=cloudy, clouds=setting.clouds)
    book = Ledger(made.folder)
    for name, result in (
        ("lease", {"nodes": blazar.lease()}),
        ("terraform", {}),
        ("inventory", {}),
    ):
        book.write(Record(name, DONE, "", ledger.now(), result=result))
    walk.go(stages.of(made), made, book, lambda _stage, _said: None, walk.Wish(only="platform"))
    return made


def extend(setting, hours=6):
    said = []
    extension.run(setting, Ledger(setting.folder), hours, lambda stage, line: said.append(
        (stage, line)) if not isinstance(line, Waiting) else None)  # fmt: skip
    return said


def fact(kubectl):
    return kubectl.held("configmap", "argo", "platform")["data"]["GOURMET_LEASE_ENDS"]


def test_the_platform_is_told_when_its_lease_ends(leased, kubectl):
    assert fact(kubectl) == "2026-12-01T10:01:00+00:00"


def test_an_extended_lease_reaches_the_platform_by_itself(leased, kubectl):
    said = extend(leased)

    assert fact(kubectl) == "2026-12-01T16:01:00+00:00"
    assert said[0][0] == "lease"
    assert ("platform", "runs: what it is given has changed") in said
    record = Ledger(leased.folder).latest()
    assert record["lease"].result["nodes"]["ends"] == "2026-12-01T16:01:00+00:00"
    assert not walk.decide(
        next(stage for stage in stages.STAGES if stage.name == "platform"), leased,
        {"lease": record["lease"].result}, record["platform"],
    ).runs  # fmt: skip


def test_a_lease_that_somebody_else_extended_is_noticed(leased, blazar):
    result = Ledger(leased.folder).latest()["lease"].result
    assert lease.outdated(leased, result) is None

    blazar.ends += timedelta(hours=1)

    assert lease.outdated(leased, result) == (
        "lease lease_mlops_lab ends at 2026-12-01T11:01:00+00:00 now"
    )
    renewed = lease.run(leased, {}, lambda _said: None)
    assert platform.inputs(leased, {"lease": renewed}) != platform.inputs(leased, {"lease": result})


def test_a_platform_whose_charts_changed_too_is_left_to_the_next_provision(leased, kubectl):
    book = Ledger(leased.folder)
    book.write(dataclasses.replace(book.latest()["platform"], inputs="other"))

    said = extend(leased)

    assert said[-1] == ("platform", "is told by the next `invoke provision --site lab`")
    assert fact(kubectl) == "2026-12-01T10:01:00+00:00"


def test_a_site_without_a_platform_has_nothing_to_tell(leased):
    leased.folder.joinpath("ledger.jsonl").unlink()

    assert [stage for stage, _line in extend(leased)] == ["lease"]


def test_a_cluster_that_cannot_be_told_is_said_with_what_to_type_then(leased, lab):
    lab.head.stop()

    with pytest.raises(StageError) as refusal:
        extend(leased)

    text = str(refusal.value)
    assert text.startswith("lease: the lease is extended, and the platform could not be told: ")
    assert text.endswith("Then: invoke provision --site lab --only platform")


def test_a_lease_is_extended_while_somebody_provisions(leased, blazar):
    with ledger.held(leased.folder, "lab"):
        said = extend(leased)

    assert datetime.fromisoformat(blazar.lease()["ends"]) == SOON + timedelta(hours=6)
    assert said[-1][1].startswith("the next `invoke provision` tells the platform, for now: ")
