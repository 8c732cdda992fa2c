"""Killed at any instant of the way over nodes, the same command goes on and leaves nothing half.

GOURMET_KILLS says how often, GOURMET_KILLS_WITHIN within how many seconds.
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from infra.provision.ledger import Ledger
from tests.openstack import people
from tests.openstack.facts import nobody_plays_on

ROOT = Path(__file__).parents[2]
KILLS = int(os.environ.get("GOURMET_KILLS", "50"))
# Kubespray lies between them, and needs the Internet.
PREPARE, AUDIT = ("--until", "prepare"), ("--only", "audit")
LONGEST = float(os.environ.get("GOURMET_KILLS_WITHIN", "30"))
pytestmark = pytest.mark.timeout(900 + KILLS * 60)


@pytest.fixture
def lab(hosts, tmp_path):
    """Two bare machines and a site file of them."""
    hosts.write_site(tmp_path / "lab.yaml")
    env = people.environment(tmp_path, tmp_path / "none")

    def start(*words):
        return subprocess.Popen(
            [sys.executable, "-m", "invoke", "provision", "--site", "lab.yaml", "--yes", *words],
            cwd=ROOT, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip

    return start


def test_killed_at_random_the_way_over_nodes_goes_on(lab, tmp_path):
    chance, folder = random.Random(19), tmp_path / "state/sites/lab"
    where, words = [], PREPARE
    for _ in range(KILLS):
        process = lab(*words)
        time.sleep(chance.uniform(0.2, LONGEST))
        process.send_signal(signal.SIGKILL)
        out, _ = process.communicate()
        assert process.returncode in (0, -signal.SIGKILL), out
        where.append(out.rstrip().rsplit("\n", 1)[-1][:60])
        if process.returncode == 0 and words == AUDIT:
            Ledger(folder).forget()
        if process.returncode == 0:
            words = AUDIT if words == PREPARE else PREPARE
    print(*where, sep="\n")

    for words in (PREPARE, AUDIT):
        process = lab(*words)
        out, _ = process.communicate()
        assert process.returncode == 0, out
    ledger = (folder / "ledger.jsonl").read_text().splitlines()
    assert json.loads(ledger[-1])["state"] == "done"
    audit = json.loads((folder / "audit.json").read_text())
    assert (audit["failed"], audit["unreachable"]) == (0, 0)

    process = lab("--only", "prepare", "--json")
    out, _ = process.communicate()
    last = json.loads(out.splitlines()[-1])
    recap = last["results"]["prepare"]["recap"]
    changed = [line for line in out.splitlines() if "changed on" in line]
    assert [recap[f"node{n}"]["changed"] for n in (1, 2)] == [0, 0], changed
    assert nobody_plays_on(folder)
