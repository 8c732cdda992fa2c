"""Findings as a table, as JSON, as JUnit; and the task as a person runs it."""

import json
import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from rich.console import Console

from infra.nodes import report
from infra.nodes.checks import Finding

ROOT = Path(__file__).resolve().parents[4]
PROGRAM = """
from invoke import Collection, Program
from infra.nodes.tasks import check_nodes
Program(namespace=Collection(check_nodes)).run()
"""
FINDINGS = [
    Finding("node1", "ssh", "ok"),
    Finding("node1", "swap", "bad", "swap is on (/swap.img)", "Run playbooks/prepare.yml."),
    Finding("node1", "mirror", "advice", "http://m is away", "Never mind."),
    Finding("node2", "ssh", "unreachable", "it did not answer in time", "Look at its console."),
    Finding("node3", "ssh", "ok"),
    Finding("node3", "swap", "ok"),
]


def run(*arguments, **env):
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, "check-nodes", *map(str, arguments)],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=120,
        env={**os.environ, **env},
    )  # fmt: skip


def test_the_table_has_a_row_for_each_check_and_a_column_for_each_node():
    console = Console(width=80)
    with console.capture() as captured:
        console.print(report.table(FINDINGS))

    lines = [line.split() for line in captured.get().splitlines()]
    assert lines == [
        ["check", "node1", "node2", "node3"],
        ["ssh", "ok", "unreachable", "ok"],
        ["swap", "bad", "·", "ok"],
        ["mirror", "advice", "·", "·"],
    ]


def test_the_summary_counts_nodes_that_are_ready():
    assert report.summary(FINDINGS) == (
        "1 of 3 nodes are ready; 6 answers, 1 bad, 1 advice, 1 unreachable."
    )


def test_a_finding_says_where_what_and_what_to_do():
    assert str(FINDINGS[1]) == "node1: swap: swap is on (/swap.img). Run playbooks/prepare.yml."


def test_facts_for_other_programs_say_whether_the_site_is_ready():
    facts = report.as_json("kvm", FINDINGS)

    assert facts["ready"] is False
    assert json.loads(json.dumps(facts))["findings"][1] == {
        "node": "node1", "check": "swap", "state": "bad", "problem": "swap is on (/swap.img)",
        "remedy": "Run playbooks/prepare.yml.",
    }  # fmt: skip
    assert report.as_json("kvm", [f for f in FINDINGS if not f.is_bad])["ready"] is True


def test_junit_counts_what_failed_and_what_could_not_be_asked_apart():
    suite = ElementTree.fromstring(report.junit("kvm", FINDINGS))

    assert suite.attrib == {
        "name": "check-nodes kvm", "tests": "6", "failures": "1", "errors": "1",
    }  # fmt: skip
    assert [child.tag for case in suite for child in case] == ["failure", "system-out", "error"]
    assert suite[1].find("failure").attrib == {"message": "swap is on (/swap.img)"}


def test_the_task_asks_real_nodes_and_exits_1_when_one_is_not_ready(cluster, tmp_path):
    hosts = cluster(2)
    hosts.hosts[1].fake("nproc", "echo 1")
    site = hosts.site()
    nodes = "".join(
        f"  - {{name: {node.name}, address: {node.address}, ssh_port: {node.ssh_port}, "
        "roles: [%s]}\n" % ("control-plane, etcd, worker" if node.name == "node1" else "worker")
        for node in site.nodes
    )
    (tmp_path / "mine.yaml").write_text(
        f"name: mine\nkind: hosts\nssh: {{user: {site.ssh.user}, key: {hosts.key}}}\n"
        f"nodes:\n{nodes}"
        "needs: {os: ['any '], python: '3.0', cpus: 2, memory_gib: 0.1, disk_gib: 0.001, "
        "settled_seconds: 0, modules: [], sysctls: [], ports: [1], firewall: any}\n"
    )

    done = run("--site", "mine.yaml", "--json", "--junit", "nodes.xml",
               GOURMET_FROM=str(tmp_path), GOURMET_STATE=str(tmp_path / "state"))  # fmt: skip

    assert done.returncode == 1, done.stderr
    facts = json.loads(done.stdout)
    assert ("node2", "processors", "bad") in {
        (f["node"], f["check"], f["state"]) for f in facts["findings"]
    }
    assert ElementTree.parse(tmp_path / "nodes.xml").getroot().get("errors") == "0"
    assert (tmp_path / "state/sites/mine/known_hosts").exists()


@pytest.mark.parametrize(
    ("site", "sentence"),
    [
        ("local", "Site local has no nodes, so there is nothing to check. List them under `nodes:` "
                  "in its file; an empty answer would look like a good one.\n"),
        ("kmv", "There is no site 'kmv': did you mean kvm? A path of a site file will do as "
                "well.\n"),
    ],
)  # fmt: skip
def test_the_task_refuses_in_a_sentence(site, sentence, tmp_path):
    done = run("--site", site, GOURMET_STATE=str(tmp_path))

    assert (done.returncode, done.stderr) == (2, sentence)


def test_listing_the_task_loads_no_ssh():
    check = "import sys, infra.nodes.tasks; print('paramiko' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", check], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert done.stdout == "False\n"
