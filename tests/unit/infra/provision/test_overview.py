"""`invoke status --site`: nodes that answer and nodes that do not, the last audit, the lease."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from infra.provision.cloud import lease
from infra.provision.errors import CloudError
from infra.provision.ledger import DONE, FAILED, Ledger, Record, now
from infra.provision.view import overview

AUDIT = {"passed": 120, "failed": 0, "waived": 2, "unreachable": 0, "report": "audit.html"}


@pytest.fixture
def audited(lab):
    """Write down an audit of so many hours ago."""

    def write(hours=1, **facts):
        at = datetime.now(UTC) - timedelta(hours=hours)
        file = lab.state / "sites/lab/audit.json"
        file.write_text(json.dumps({**AUDIT, "at": at.isoformat(timespec="seconds"), **facts}))

    return write


def test_every_node_is_asked_and_the_last_audit_is_told(lab, audited):
    audited()

    code, said = lab.types("status")

    assert code == 0, said
    assert said.count("answers") == 2
    assert "last audit: 120 passed, 0 failed, 2 waived, 0 unreachable" in said


def test_a_node_that_does_not_answer_is_a_problem_and_an_exit_code(lab):
    lab.cluster.hosts[1].stop()

    code, said = lab.types("status")

    assert code == 1
    assert "node2 does not answer: nothing listens on its SSH port" in said
    assert "last audit: none yet" in said


def test_the_same_facts_are_there_for_programs(lab, audited):
    audited(failed=3)

    code, said = lab.types("status", "--json")

    found = json.loads(said)
    assert code == 1
    assert [node["answers"] for node in found["nodes"]] == [True, True]
    assert found["audit"]["failed"] == 3
    assert found["problems"][0].startswith("the last audit failed: 120 passed, 3 failed")


def test_an_audit_that_is_old_is_told(lab, audited):
    audited(hours=24 * 8)

    _code, said = lab.types("status")

    assert "invoke provision --only audit" in said


def test_an_audit_that_cannot_be_read_is_told(lab):
    (lab.state / "sites/lab/audit.json").write_text("{")

    _code, said = lab.types("status")

    assert "audit.json cannot be read; audit again" in said


@pytest.mark.parametrize(
    ("minutes", "problem"), [pytest.param(119, True, id="short"), pytest.param(121, False, id="")]
)
def test_a_lease_with_less_than_two_hours_left_is_a_problem(setting, monkeypatch, minutes, problem):
    ends = (datetime.now(UTC) + timedelta(minutes=minutes, seconds=30)).isoformat()
    facts = {"name": "lease_mlops_lab", "status": "ACTIVE", "ends": ends}
    monkeypatch.setattr(lease, "find", lambda _setting, _pool: facts)

    found = overview.look(setting, Ledger(setting.folder))

    assert f"{minutes // 60} h {minutes % 60:02} min left" in found.leases[0]
    assert bool(found.problems) == problem


def test_a_cloud_that_refuses_is_a_problem_and_hides_nothing_else(setting, monkeypatch):
    def refuse(_setting, pool):
        raise CloudError(pool.cloud, "401")

    monkeypatch.setattr(lease, "find", refuse)
    setting.folder.mkdir()
    ledger = Ledger(setting.folder)
    ledger.write(Record("lease", DONE, "hash", now(), 9.0))
    ledger.write(Record("terraform", FAILED, "hash", now(), said="terraform: no\nmore"))

    found = overview.look(setting, ledger)

    assert found.problems == ("lease lease_mlops_lab: cloud kvm-lease: 401",)
    assert dict(found.stages)["terraform"].endswith(": terraform: no")
    assert found.nodes == ()
