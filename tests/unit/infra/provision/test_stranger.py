"""What somebody meets who types the commands of a site without having anything yet."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[4]
MANY = """\
name: ten things
kind: hots
ssh:
  usr: ubuntu
  connect_seconds: soon
nodes:
  - { name: Node1, address: 10.0.0.300, roles: [controlplane] }
  - { name: node2, address: 10.0.0.2, roles: [worker], jmp: true }
network:
  private: 10.0.0.0/33
  ipv6: maybe
needs:
  cpus: -1
users:
  - { name: Ada!, keys: [nokey] }
"""
WITHOUT_SITE = (
    "Which site? Say --site NAME: there are hosts, kvm, local, microk8s. "
    "A path of a site file will do as well."
)
NOT_MADE = (
    "Site kvm has no nodes here yet: `invoke provision --site kvm` makes them, and `--plan` shows "
    "how. Were they made from another clone, go on there."
)


@pytest.fixture
def types(tmp_path):
    """Type a command in an empty home; return its exit code and all that it printed."""

    def command(*words):
        env = {**os.environ, "HOME": str(tmp_path), "GOURMET_FROM": str(tmp_path),
               "GOURMET_STATE": str(tmp_path / "state")}  # fmt: skip
        done = subprocess.run(
            [sys.executable, "-m", "invoke", *words], cwd=ROOT, env=env, check=False,
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60,
        )  # fmt: skip
        return done.returncode, (done.stdout + done.stderr).strip()

    return command


@pytest.mark.parametrize(
    "words",
    ["provision", "destroy", "lease.show", "lease.extend", "lease.delete", "check-nodes", "tunnel",
     "ssh node1"],
)  # fmt: skip
def test_a_command_without_a_site_lists_the_sites(types, words):
    assert types(*words.split()) == (2, WITHOUT_SITE)


@pytest.mark.parametrize("words", ["ssh node1", "tunnel", "check-nodes"])
def test_nodes_that_are_not_made_are_not_asked(types, words):
    assert types(*words.split(), "--site", "kvm") == (2, NOT_MADE)


@pytest.mark.parametrize("words", ["provision", "destroy", "lease.show"])
def test_the_local_site_has_commands_of_its_own(types, words):
    assert types(words, "--site", "local") == (
        2, "The local site is this machine: invoke up starts it, invoke down ends it."
    )  # fmt: skip


@pytest.mark.parametrize("words", ["lease.show", "lease.extend --yes", "destroy --yes"])
def test_what_asks_a_cloud_says_offline_what_is_wrong_with_its_entries(types, tmp_path, words):
    code, said = types(*words.split(), "--site", "kvm")
    assert code == 1
    assert "✗ clouds.yaml: there is none here, in ~/.config/openstack or in /etc/openstack" in said

    file = tmp_path / "clouds.yaml"
    file.write_text("clouds: {kvm: {auth: {username: me}}}\n")
    file.chmod(0o644)
    code, said = types(*words.split(), "--site", "kvm")
    assert code == 1
    assert said.splitlines() == [
        "preflight: 2 things to mend first:",
        f"✗ clouds.yaml: others can read {file}: chmod 600 {file}",
        f"✗ clouds.yaml: {file} has no entry kvm-lease (openstack.lease_cloud of the site); "
        "there are kvm",
    ]


@pytest.mark.parametrize("hours", ["x", "-3", "0", "1.5"])
def test_a_lease_only_gets_longer(types, hours):
    assert types("lease.extend", "--site", "kvm", "--hours", hours) == (
        2, f"--hours {hours} is no whole number above zero, and a lease only gets longer. Say how "
        "many more, such as --hours 6; nothing was changed."
    )  # fmt: skip


def test_a_plan_of_a_part_is_of_that_part(types):
    code, said = types("provision", "--site", "kvm", "--plan", "--until", "lease")

    assert code == 0
    assert [line.split()[0] for line in said.splitlines()] == ["preflight", "lease"]


def test_what_is_not_known_of_a_lease_is_told_once(types):
    code, said = types("status", "--site", "kvm")

    assert code == 1
    assert said.count("no clouds.yaml here, so the lease is unknown") == 1


def test_a_plan_without_anything_says_that_nothing_has_run(types):
    code, said = types("provision", "--site", "kvm", "--plan")

    assert code == 0
    lines = [line.split(maxsplit=2) for line in said.splitlines()]
    assert [line[0] for line in lines][:3] == ["preflight", "lease", "terraform"]
    assert {line[2] for line in lines} == {"it judges the world as it is now", "it has not run yet"}


def test_a_broken_site_file_is_told_whole_and_each_mistake_once(types, tmp_path):
    (tmp_path / "many.yaml").write_text(MANY)

    code, said = types("provision", "--site", "many.yaml", "--plan")

    assert code == 2
    lines = said.splitlines()
    assert len(lines) == len(set(lines)) >= 12
    assert [line for line in lines if "ssh.us" in line] == [
        f"{tmp_path}/many.yaml:4: ssh.user: it is missing",
        f"{tmp_path}/many.yaml:4: ssh.usr: no such key; did you mean user?",
    ]
    assert types("check-nodes", "--site", "many.yaml") == (2, said)
