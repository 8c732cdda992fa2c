"""A play that is cut off: by a reboot of a node, by a person, by the end of its caller."""

import os
import signal
import time

import psutil
import pytest

from infra.provision import plays, prepare
from infra.provision.errors import StageError

ALL = "packages,clock,kernel,firewall"


def when(role, act):
    """Return a listener that acts once, when a role begins."""
    done = []

    def hear(event, process):
        if event["event"] == "task" and event["role"] == role and not done:
            done.append(True)
            act(process)

    return hear


def test_a_node_that_reboots_in_mid_play_costs_itself_alone_and_the_next_run_goes_on(lab):
    node = lab.hosts["node2"]

    cut = lab.play("prepare", "--tags", ALL, hear=when("kernel", lambda _: node.power_off()))
    node.boot()
    again = lab.play("prepare", "--tags", ALL)

    assert cut.status == "unreachable"
    assert "Host is unreachable" in cut.said("node2") or "Connection" in cut.said("node2")
    assert cut.recap["node1"]["unreachable"] == cut.recap["node1"]["failures"] == 0
    assert again.status == "done", again.log
    assert {host for host, _role, _task in again.changed} == {"node2"}
    assert node.read("/proc/sys/net/ipv4/ip_forward") == "1\n"


def interrupt(process):
    os.kill(process.pid, signal.SIGINT)


def hang_up(process):
    process.stdin.close()
    process.stdin = None


@pytest.mark.parametrize(
    ("act", "code"),
    [
        pytest.param(interrupt, 130, id="by a person"),
        pytest.param(hang_up, 130, id="by the end of its caller"),
        pytest.param(lambda process: process.kill(), -signal.SIGKILL, id="killed"),
    ],
)
def test_a_play_that_is_interrupted_ends_whole(lab, act, code):
    # Early: on nodes that lack nothing the roles after this one are over within a second.
    cut = lab.play("prepare", "--tags", ALL, hear=when("facts", act))

    assert cut.code == code
    assert cut.status == ("interrupted" if code == 130 else "")
    assert cut.recap == {}
    deadline = time.monotonic() + 20
    while (left := players(lab)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert left == []


def players(lab):
    """Name the processes of Ansible that came after, and still run."""
    found = []
    for process in psutil.process_iter(["pid", "status", "cmdline"]):
        line = " ".join(process.info["cmdline"] or [])
        zombie = process.info["status"] == psutil.STATUS_ZOMBIE
        if "ansible-playbook" in line and str(lab.folder) in line and not zombie:
            found.append(line)
    return found


def test_a_stage_names_the_node_that_is_away_and_what_it_said(lab):
    node, heard = lab.hosts["node2"], []
    node.run("systemctl stop ssh ssh.socket 2>/dev/null; pkill -f 'sshd: cc' || true", check=False)
    play = plays.Play(
        "prepare", prepare.PLAYBOOK, prepare.facts(lab.site), options=("--tags", "clock")
    )

    with pytest.raises(StageError) as failure:
        plays.run(play, lab.setting, heard.append, lab.folder / "stage.log")
    node.run("systemctl start ssh")

    assert str(failure.value).startswith("prepare: node2: it cannot be reached: ")
    assert "stage.log" in str(failure.value)
    assert any("clock" in line for line in heard)


def test_a_stage_says_what_it_changed_on_each_node(lab):
    heard = []
    play = plays.Play(
        "prepare", prepare.PLAYBOOK, prepare.facts(lab.site), options=("--tags", "clock")
    )

    plays.run(play, lab.setting, heard.append, lab.folder / "stage.log")
    recap = plays.run(play, lab.setting, heard.append, lab.folder / "stage.log")

    assert heard[-1] == "node1 not changed, node2 not changed"
    assert recap["node2"]["changed"] == 0
