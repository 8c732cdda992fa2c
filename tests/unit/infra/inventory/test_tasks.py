"""`invoke inventory` and `invoke ssh` as a person runs them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[4]
PROGRAM = """
from invoke import Collection, Program
from infra.inventory.tasks import inventory, ssh
Program(namespace=Collection(inventory, ssh)).run()
"""


@pytest.fixture
def run(tmp_path):
    def invoke(*arguments):
        return subprocess.run(
            [sys.executable, "-c", PROGRAM, *arguments],
            cwd=ROOT, capture_output=True, text=True, check=False, timeout=60,
            env={**os.environ, "GOURMET_FROM": str(tmp_path), "GOURMET_STATE": str(tmp_path / "s")},
        )  # fmt: skip

    return invoke


def test_an_inventory_is_written_once_and_then_left_alone(run, tmp_path):
    first, second = run("inventory", "--site", "hosts"), run("inventory", "--site", "hosts")

    folder = tmp_path / "s/sites/hosts"
    assert first.stdout == (
        f"{folder}: hosts, inventory.yaml, ssh_config, testinfra changed, 3 nodes.\n"
    )
    assert second.stdout == f"{folder}: nothing changed, 3 nodes.\n"


def test_what_terraform_put_out_is_kept_for_the_next_time(run, tmp_path):
    nodes = {f"node{number}": f"192.168.1.1{number}" for number in (1, 2, 3)}
    outputs = {"nodes": {"value": nodes}, "floating_ip": {"value": "129.114.26.7"}}
    (tmp_path / "outputs.json").write_text(json.dumps(outputs))

    run("inventory", "--site", "kvm", "--outputs", "outputs.json")
    again = run("inventory", "--site", "kvm")

    assert again.stdout.endswith("nothing changed, 3 nodes.\n"), again.stderr
    config = (tmp_path / "s/sites/kvm/ssh_config").read_text()
    assert "HostName 129.114.26.7\n" in config


def test_a_misspelt_node_names_the_nearest(run):
    done = run("ssh", "nod2", "--site", "hosts")

    assert (done.returncode, done.stderr) == (
        2,
        "Site hosts has no node 'nod2': did you mean node2?\n",
    )


def test_a_site_without_nodes_is_refused(run):
    done = run("inventory", "--site", "local")

    assert done.returncode == 2
    assert done.stderr.startswith("Site local has no nodes")


@pytest.mark.parametrize("text", ["not JSON", "[]", "{}"])
def test_outputs_that_cannot_be_read_are_refused_and_not_kept(run, tmp_path, text):
    (tmp_path / "outputs.json").write_text(text)

    done = run("inventory", "--site", "kvm", "--outputs", "outputs.json")

    assert done.returncode == 2
    assert done.stderr.startswith("Terraform's outputs do not fit site kvm: ")
    assert not (tmp_path / "s/sites/kvm/outputs.json").exists()
