"""The stage on real machines, with a small Kubespray in place of the real one.

It has the real one's shape (cluster.yml, roles) and is pinned by commit like it, but its roles
do in seconds what a test can look at. What the real one says of our inventory is test_pinned.py's.
"""

import dataclasses
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
import yaml

from infra.inventory import files
from infra.kubespray import pin, ways
from infra.kubespray.faults import FaultsError, NoInternetError
from infra.nodes import inspection
from infra.provision import kubespray
from infra.provision.errors import StageError
from infra.provision.setting import Setting
from infra.sites import reading
from tests.hosts import machines

ROOT = Path(__file__).parents[2]
CLUSTER = """
- name: Check Ansible version
  hosts: all
  gather_facts: false
  roles: [preinstall, {role: etcd, when: "'etcd' in group_names"}, node]
"""
ROLES = """
preinstall:
  - name: Preinstall | Look around
    command: "true"
    changed_when: false
etcd:
  - name: "etcd : Make its folder"
    file: {path: /var/lib/etcd, state: directory}
node:
  - name: Take a while
    shell: while test -e /held; do sleep 0.1; done
    changed_when: false
  - name: Start the kubelet
    shell: "test ! -e /broken || { echo kubelet has no memory >&2; exit 3; }"
    changed_when: false
"""


def git(folder: Path, *words: str) -> str:
    done = subprocess.run(
        ["git", "-c", "user.name=a", "-c", "user.email=a@b", *words],
        cwd=folder, check=True, capture_output=True, text=True,
    )  # fmt: skip
    return done.stdout.strip()


@pytest.fixture
def small(tmp_path, monkeypatch):
    """Pin a small Kubespray, and name its checkout."""
    home = tmp_path / "small"
    (home / "library").mkdir(parents=True)
    (home / "cluster.yml").write_text(CLUSTER)
    for name, tasks in yaml.safe_load(ROLES).items():
        (home / "roles" / name / "tasks").mkdir(parents=True)
        (home / "roles" / name / "tasks" / "main.yml").write_text(yaml.safe_dump(tasks))
    git(home, "init", "-q")
    git(home, "add", ".")
    git(home, "commit", "-qm", "one")
    pinned = dataclasses.replace(pin.pin(), commit=git(home, "rev-parse", "HEAD"))
    monkeypatch.setattr(pin, "pin", lambda: pinned)
    monkeypatch.setenv("KUBESPRAY_HOME", str(home))
    return home


@pytest.fixture
def setting(three_hosts, tmp_path):
    """Have a site of these machines, reached with pinned keys, as the stages before leave it."""
    needs = {**machines.NEEDS, "memory_gib": 2}
    site = reading.read(three_hosts.write_site(tmp_path / "lab.yaml", needs=needs))
    folder = tmp_path / "state"
    files.write(site, folder)
    inspection.inspect(site, folder / "known_hosts")
    return Setting(site, folder, None, yes=True)


WAITS = "the Ansible of a run that was cut off ends its task"


def run(setting, tmp_path, tell=lambda _said: None):
    said: list[str] = []

    def hear(sentence):
        said.append(sentence)
        tell(sentence)

    result = kubespray.run(setting, {}, hear, tmp_path / "log")
    return result, said


def runs_a_play(process):
    return "playbooks.run" in process.cmdline()


@pytest.fixture
def open_way(monkeypatch):
    """Let nodes reach what they download from: here, their own sshd."""
    monkeypatch.setattr(ways, "WANTED", (("127.0.0.1", 22),))
    monkeypatch.setattr(ways.must_reach, "__defaults__", ((("127.0.0.1", 22),),))


@pytest.mark.usefixtures("small", "open_way")
def test_it_runs_and_tells_role_by_role_how_far_it_is(setting, three_hosts, tmp_path):
    result, said = run(setting, tmp_path)

    assert [s for s in said if "(from task" in s] == [
        "preinstall (from task 1)", "etcd (from task 2)", "node (from task 3)",
    ]  # fmt: skip
    assert result["tasks"] == 4
    assert three_hosts["node1"].run("stat -c %F /var/lib/etcd").strip() == "directory"
    again, _ = run(setting, tmp_path)
    assert again["changed"] == 0


@pytest.mark.usefixtures("small", "open_way")
def test_the_task_that_failed_is_named_with_its_hosts_and_what_it_said(
    setting, three_hosts, tmp_path
):
    three_hosts["node2"].run("touch /broken")

    with pytest.raises(StageError) as stop:
        run(setting, tmp_path)

    assert "node ► Start the kubelet failed on node2:\n  node2: kubelet has no memory" in str(
        stop.value
    )
    assert "run the same command again" in str(stop.value)
    three_hosts["node2"].run("rm /broken")
    result, _ = run(setting, tmp_path)
    assert result["tasks"] == 4


@pytest.mark.usefixtures("small")
def test_without_a_way_to_the_internet_nothing_is_started(setting, tmp_path):
    with pytest.raises(NoInternetError) as refusal:
        run(setting, tmp_path)

    said = str(refusal.value)
    assert said.startswith("kubespray: node1 cannot reach dl.k8s.io:443 and github.com:443")
    assert "Kubespray downloads Kubernetes, containerd and images on every node" in said
    assert not (tmp_path / "log").exists()


def test_an_inventory_with_faults_is_refused_before_anything_starts(setting, tmp_path):
    nodes = [dataclasses.replace(node, roles=("etcd", "worker")) for node in setting.site.nodes]
    nodes[0] = dataclasses.replace(nodes[0], name="Node_1")
    broken = dataclasses.replace(
        setting, site=dataclasses.replace(setting.site, nodes=tuple(nodes[:2]))
    )
    with pytest.raises(FaultsError) as refusal:
        run(broken, tmp_path)

    assert not (tmp_path / "log").exists()
    said = str(refusal.value)
    assert said.startswith("kubespray: 3 faults, and nothing was started:")
    for part in ("Node_1 has an underscore", "kube_control_plane is empty", "even number"):
        assert part in said


@pytest.mark.usefixtures("small", "open_way")
def test_killed_it_ends_by_itself_and_the_next_run_waits_for_that(setting, three_hosts, tmp_path):
    three_hosts["node1"].run("touch /held")
    program = (
        "import sys; from tests.kubespray import killed; "
        "killed.go(sys.argv[1], sys.argv[2], sys.argv[3])"
    )
    argv = [sys.executable, "-c", program, str(setting.site.file), str(setting.folder)]
    env = {**os.environ, "PINNED": pin.pin().commit, "PYTHONPATH": str(ROOT)}
    first = subprocess.Popen(
        [*argv, str(tmp_path / "first.log")], env=env, stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    assert first.stdout
    for line in first.stdout:
        if "Take a while" in line:
            break
    # It ends so quickly that the next run may find nobody: let it take its time.
    (ansible,) = (each for each in psutil.Process(first.pid).children() if runs_a_play(each))
    ansible.suspend()
    first.send_signal(signal.SIGKILL)
    first.communicate()

    def let_it_end(said):
        if said == WAITS:
            ansible.resume()
            three_hosts["node1"].run("rm /held")

    try:
        result, said = run(setting, tmp_path, let_it_end)
    finally:
        with suppress(psutil.NoSuchProcess):
            ansible.resume()

    assert WAITS in said
    assert result["tasks"] == 4
