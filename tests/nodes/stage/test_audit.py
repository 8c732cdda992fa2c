"""The stage `audit`, and the program that `nox -s nodes -- --site NAME` starts."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from infra.inventory import files
from infra.nodes import inspection
from infra.provision import audit
from infra.provision.errors import StageError
from infra.provision.ledger import DONE, Ledger, Record, now
from infra.provision.setting import Setting
from infra.sites import reading

ROOT = Path(__file__).parents[3]


@pytest.fixture
def setting(three_hosts, tmp_path):
    """Have a site of bare machines, whose host keys are pinned."""
    site = reading.read(three_hosts.write_site(tmp_path / "lab.yaml"))
    folder = tmp_path / "sites" / "lab"
    files.write(site, folder)
    inspection.inspect(site, folder / "known_hosts")
    return Setting(site, folder, None, yes=True)


def test_a_broken_promise_stops_the_way_with_its_sentence_and_the_page(setting, tmp_path):
    with pytest.raises(StageError) as stop:
        audit.run(setting, {}, lambda _said: None, tmp_path / "log")

    said = str(stop.value)
    assert said.startswith("audit: ")
    assert "✗ node1: clock-service: none of chrony" in said
    assert f"(the whole page: {setting.folder}/audit.html)" in said
    assert "waive them in tests/nodes/waivers.yaml" in said
    assert json.loads((setting.folder / "audit.json").read_text())["failed"] > 0
    assert (setting.folder / "audit.xml").exists()


def test_kubernetes_is_promised_once_kubespray_has_brought_it(setting):
    assert audit.facts(setting.site, setting.folder, False)["kubernetes"] is False
    assert not audit.installed(setting.folder)

    Ledger(setting.folder).write(Record("kubespray", DONE, "a", now()))

    assert audit.installed(setting.folder)


def test_the_program_audits_a_site_by_its_file(setting, tmp_path):
    env = {**os.environ, "GOURMET_STATE": str(tmp_path)}
    argv = [sys.executable, "-m", "infra.audit", "--site", str(setting.site.file)]

    before = list(setting.folder.glob("audit.json"))
    one = subprocess.run([*argv, "-k", "swap"], cwd=ROOT, env=env, check=False)
    none = subprocess.run([*argv, "-k", "no_such_check"], cwd=ROOT, env=env, check=False)
    assert before == list(setting.folder.glob("audit.json")) == [], "a part is no audit"
    whole = subprocess.run(argv, cwd=ROOT, env=env, check=False)
    lost = subprocess.run(
        [*argv[:-1], "kvmm"], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )

    assert one.returncode == 0
    assert whole.returncode == 1
    assert json.loads((setting.folder / "audit.json").read_text())["failed"] > 0
    assert none.returncode == 2
    assert lost.returncode == 2
    assert "There is no site 'kvmm': did you mean kvm?" in lost.stderr
