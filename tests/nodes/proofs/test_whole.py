"""A whole audit, as a program: its exit code, its reports, and what it makes of faults."""

import datetime
import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml

from tests.hosts import machines
from tests.nodes.proofs.conftest import Machine

ROOT = Path(__file__).parents[3]
SOON = datetime.datetime.now(datetime.UTC).date() + datetime.timedelta(days=30)
PAST = datetime.date(2020, 1, 31)


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    """Boot two bare nodes, behind the jump host that is one of them."""
    if reason := machines.missing():
        pytest.skip(reason)
    with machines.running(2) as hosts:
        for host in hosts:
            host.run("timedatectl set-timezone Etc/UTC || true")
        yield hosts


class Audit:
    """One audit of these nodes, with what it left."""

    def __init__(self, hosts: machines.Hosts, folder: Path, waivers: object = ()) -> None:
        self.folder = folder
        config = self._ssh_config(hosts)
        lines = [f"ssh://{host.name}?ssh_config={config}" for host in hosts]
        (folder / "hosts").write_text("\n".join(lines) + "\n" if lines else "")
        nodes = {h.name: {"address": h.address, "roles": ["worker"]} for h in hosts}
        facts = {
            **asdict(Machine.facts(_Like(hosts, folder))), "kubernetes": False, "nodes": nodes,
            "hosts": str(folder / "hosts"), "users": [], "volume": None, "site": "pair",
        }  # fmt: skip
        (folder / "facts.json").write_text(json.dumps(facts))
        (folder / "waivers.yaml").write_text(yaml.safe_dump(list(waivers)))
        argv = [sys.executable, "-m", "pytest", "-c", "tests/nodes/pytest.ini",
                "--rootdir=tests/nodes", f"--facts={folder}/facts.json", f"--out={folder}",
                f"--waivers={folder}/waivers.yaml", f"--junitxml={folder}/audit.xml", "-q",
                "tests/nodes/audit"]  # fmt: skip
        done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=False)
        self.code, self.printed = done.returncode, done.stdout + done.stderr

    def _ssh_config(self, hosts: machines.Hosts) -> Path:
        text = f"Host node1\n  HostName {hosts.way_in}\n"
        for host in hosts:
            if host.name != "node1":
                text += f"Host {host.name}\n  HostName {host.address}\n  ProxyJump node1\n"
        known = self.folder / "known_hosts"
        text += (
            f"Host *\n  User {hosts.user}\n  IdentityFile {hosts.key}\n  IdentitiesOnly yes\n"
            f"  UserKnownHostsFile {known}\n  StrictHostKeyChecking accept-new\n"
            f"  ControlPath /tmp/audit-{self.folder.name[-12:]}-%C\n"
        )
        (self.folder / "ssh_config").write_text(text)
        return self.folder / "ssh_config"

    def results(self, state: str) -> dict[tuple[str, str], str]:
        listed = json.loads((self.folder / "audit-results.json").read_text())
        return {(r["node"], r["check"]): r["said"] for r in listed if r["state"] == state}

    @property
    def summary(self):
        return json.loads((self.folder / "audit.json").read_text())


class _Like:
    def __init__(self, hosts, folder):
        self.hosts, self.folder = hosts, folder


def test_what_is_broken_fails_by_its_name_on_each_node_in_all_reports(pair, tmp_path):
    audit = Audit(pair, tmp_path)

    assert audit.code == 1, audit.printed
    failed = audit.results("failed")
    assert failed["node2", "ssh-passwords"].startswith(
        "node2: ssh-passwords: sshd has passwordauthentication yes, and no is promised. invoke"
    )
    assert ("node1", "swap") in audit.results("passed")
    counts = audit.summary
    assert set(counts) == {"at", "passed", "failed", "waived", "unreachable", "report"}
    assert (counts["failed"], counts["unreachable"]) == (len(failed), 0)
    page = Path(counts["report"]).read_text()
    assert "ssh-passwords" in page
    assert page.startswith("<!doctype html>")
    suite = ElementTree.parse(tmp_path / "audit.xml").getroot()[0]
    assert int(suite.attrib["failures"]) == len(failed)
    assert any(c.attrib["name"] == "test_promise[node2-ssh-passwords]" for c in suite)


def test_a_dead_node_is_a_result_of_its_own_and_blocks_no_other(pair, tmp_path):
    pair["node2"].power_off()
    try:
        audit = Audit(pair, tmp_path)
    finally:
        pair["node2"].boot()

    assert audit.code == 1
    assert list(audit.results("unreachable")) == [("node2", "test_node_answers")]
    assert audit.summary["unreachable"] == 1
    assert {node for node, _check in audit.results("failed")} == {"node1"}
    assert ("node1", "swap") in audit.results("passed")
    assert audit.results("not asked")["node2", "swap"].startswith("node2 cannot be reached: ")


def test_no_host_at_all_is_an_error(tmp_path):
    audit = Audit(machines.Hosts(tmp_path, 1, ()), tmp_path)

    assert audit.code == 2
    assert "lists no host, and an empty audit would look like a good one" in audit.printed
    assert not (tmp_path / "audit.json").exists()


def test_a_waiver_holds_until_its_end(pair, tmp_path):
    waivers = [_waiver("ssh-passwords", SOON), _waiver("ssh-root", SOON, nodes=["node1"])]

    audit = Audit(pair, tmp_path, waivers)

    waived = audit.results("waived")
    assert set(waived) == {
        ("node1", "ssh-passwords"), ("node2", "ssh-passwords"), ("node1", "ssh-root"),
    }  # fmt: skip
    assert waived["node1", "ssh-root"] == f"the image is old (ada, until {SOON})"
    assert ("node2", "ssh-root") in audit.results("failed")
    assert audit.summary["waived"] == 3


BAD = {
    "expired": ({"until": PAST}, "ssh-x11 was waived until 2020-01-31, which has passed; ask ada"),
    "unknown": ({"check": "ssh-x12"}, "there is no check 'ssh-x12'; did you mean ssh-x11?"),
    "nobody's": ({"owner": ""}, "it has no owner"),
    "for no reason": ({"reason": None}, "it has no reason"),
    "for ever": ({"until": datetime.date(2999, 1, 1)}, "is waived until 2999-01-01, and a year"),
    "no date": ({"until": "soon"}, "its end is 'soon', no date such as 2026-12-31"),
    "misspelt": ({"untill": SOON}, "it has no key 'untill'"),
    "elsewhere": ({"nodes": ["node9"]}, "the site has no node 'node9'"),
}


def test_a_waiver_that_does_not_hold_fails_the_audit_and_waives_nothing(pair, tmp_path):
    audit = Audit(pair, tmp_path, [{**_waiver("ssh-x11", SOON), **bad} for bad, _ in BAD.values()])

    assert audit.code == 1
    said = audit.results("failed")["", "test_waivers_hold"]
    for number, (_, sentence) in enumerate(BAD.values(), 1):
        assert f"waivers.yaml, waiver {number}: " in said
        assert sentence in said
    assert ("node1", "ssh-x11") in audit.results("failed")


def test_a_waiver_that_is_needed_no_longer_is_said(pair, tmp_path):
    audit = Audit(pair, tmp_path, [_waiver("swap", SOON)])

    said = f"The waiver of swap is needed no longer: the image is old (ada, until {SOON})"
    assert said in audit.printed
    assert ("", "test_waivers_hold") in audit.results("passed")


def _waiver(check, until, **more):
    return {"check": check, "owner": "ada", "reason": "the image is old", "until": until, **more}
