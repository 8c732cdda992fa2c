"""The ledger on disk, and who holds a site."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from infra.provision.errors import BusyError
from infra.provision.ledger import DONE, FAILED, Ledger, Record, fingerprint, held

ROOT = Path(__file__).parents[4]


def record(stage, state, **facts):
    return Record(stage, state, "hash", "2026-01-01T00:00:00+00:00", **facts)


def test_the_newest_record_of_a_stage_counts(tmp_path):
    ledger = Ledger(tmp_path)
    ledger.write(record("lease", FAILED))
    ledger.write(record("lease", DONE, result={"id": 1}))

    assert ledger.latest()["lease"].result == {"id": 1}


def test_a_line_that_was_cut_off_counts_for_nothing_and_spoils_nothing(tmp_path):
    ledger = Ledger(tmp_path)
    ledger.write(record("lease", DONE))
    with (tmp_path / "ledger.jsonl").open("a") as file:
        file.write('{"stage": "terraform", "sta')

    assert set(ledger.latest()) == {"lease"}
    ledger.write(record("inventory", DONE))
    assert set(ledger.latest()) == {"lease", "inventory"}


def test_forgetting_keeps_the_old_records_beside(tmp_path):
    ledger = Ledger(tmp_path)
    ledger.write(record("lease", DONE))

    ledger.forget()

    assert ledger.latest() == {}
    assert len(list(tmp_path.glob("ledger-*.jsonl"))) == 1


def test_the_order_of_keys_changes_no_fingerprint():
    assert fingerprint({"a": 1, "b": 2}) == fingerprint({"b": 2, "a": 1})
    assert fingerprint({"a": 1}) != fingerprint({"a": 2})


def test_two_at_once_are_refused_by_name_and_a_kill_lets_go(tmp_path):
    program = (
        "import sys, time\nfrom pathlib import Path\nfrom infra.provision.ledger import held\n"
        "with held(Path(sys.argv[1]), 'kvm'):\n    print('held', flush=True)\n    time.sleep(60)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    ) as other:  # fmt: skip
        assert other.stdout.readline() == "held\n"
        with pytest.raises(BusyError, match=rf"\(process {other.pid}, since .*works on site kvm"):
            held(tmp_path, "kvm").__enter__()
        other.kill()
        other.wait()

    with held(tmp_path, "kvm"):
        pass
