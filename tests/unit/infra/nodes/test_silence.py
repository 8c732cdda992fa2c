"""Why a node could not be asked, in words that are true: over real SSH."""

import dataclasses
import getpass
import os
import socket
import subprocess
import threading
import time
from contextlib import contextmanager

import pytest

from tests.unit.infra import sshd
from tests.unit.infra.nodes.test_inspection import inspect, wrong
from tests.waiting import until


def impatient(hosts, seconds, **changes):
    return dataclasses.replace(hosts.site().ssh, connect_seconds=seconds, **changes)


def test_a_dead_node_is_unreachable_and_blocks_no_other(cluster):
    hosts = cluster(3)
    hosts.hosts[1].stop()

    findings = inspect(hosts)

    assert [(f.check, f.state, f.problem) for f in findings if f.node == "node2"] == [
        ("ssh", "unreachable", "nothing listens on its SSH port")
    ]
    assert wrong(findings)["node1", "peers"] == "it cannot reach node2"
    assert len([f for f in findings if f.node == "node3"]) > 20


def silence_at(host):
    """Listen in the place of an sshd, once its last connection has let the port go."""

    def listen():
        try:
            return socket.create_server((host.address, host.port))
        except OSError:
            return None

    return until(listen, 30, what="the port of the sshd is free")


@contextmanager
def greeting(server, words=b"SSH-2.0-tired\r\n", stays=True):
    """Greet one who comes to a server, and say no more: stay until he goes, or leave first."""

    server.settimeout(60)

    def greet():
        client, _address = server.accept()
        with client:
            client.sendall(words)
            while stays and client.recv(1000):
                pass

    thread = threading.Thread(target=greet)
    thread.start()
    try:
        yield
    finally:
        thread.join()


def at_home(hosts, monkeypatch, *kinds, passphrase=""):
    """Have a home with keys of these kinds and no other, and no agent; return their folder."""
    keys = hosts.folder / "home/.ssh"
    keys.mkdir(parents=True)
    for kind in kinds:
        made = [sshd.KEYGEN, "-q", "-t", kind, "-N", passphrase, "-f", keys / f"id_{kind}"]
        subprocess.run(made, check=True)
    monkeypatch.setenv("HOME", str(keys.parent))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    return keys


@contextmanager
def agent(key):
    """Run an SSH agent that has a key; yield the path of its socket."""
    path = key.with_name("agent")
    with subprocess.Popen(["ssh-agent", "-D", "-a", path], stdout=subprocess.DEVNULL) as running:
        try:
            until(path.exists, 10, what="the agent's socket")
            env = {**os.environ, "SSH_AUTH_SOCK": str(path)}
            subprocess.run(["ssh-add", "-q", key], env=env, check=True)
            yield str(path)
        finally:
            running.terminate()


def test_a_node_that_never_answers_costs_its_own_timeout(cluster):
    hosts = cluster(2)
    hosts.hosts[1].stop()
    with silence_at(hosts.hosts[1]):
        start = time.monotonic()
        findings = inspect(hosts, ssh=impatient(hosts, 2))

    # Twice its 2 s, and the rest for a busy machine; the system's own limit is minutes.
    assert time.monotonic() - start < 20
    (silent,) = [f for f in findings if f.node == "node2"]
    assert (silent.state, silent.problem) == ("unreachable", "it did not answer in time")


@pytest.mark.parametrize("greets", [b"", b"220 a mail server\r\n" * 200])
def test_another_server_on_its_port_is_no_ssh_server(cluster, greets):
    hosts = cluster(1)
    hosts.hosts[0].stop()
    with silence_at(hosts.hosts[0]) as server, greeting(server, greets, stays=False):
        (other,) = inspect(hosts)

    assert (other.state, other.problem) == (
        "unreachable",
        "something listens on its SSH port, and it is no SSH server that answers",
    )


def test_a_node_whose_login_ends_at_once_is_no_ready_node(cluster):
    hosts = cluster(2)
    hosts.hosts[1].fake("sh", "echo 'This account is not available.'")

    (lost,) = [f for f in inspect(hosts) if f.node == "node2"]

    assert (lost.state, lost.problem) == (
        "unreachable",
        "it gave 0 answers to 19 questions: 'This account is not available.'",
    )


def test_a_node_that_refuses_the_key_says_so(cluster):
    hosts = cluster(1)
    hosts.hosts[0].stop()
    (hosts.folder / "nobody").write_text("")
    hosts.hosts[0].start(hosts.folder / "nobody")

    (refused,) = inspect(hosts)

    assert refused.problem == "it refused every key that was offered"


def test_a_server_that_greets_and_says_no_more_did_not_answer_in_time(cluster):
    hosts = cluster(1)
    hosts.hosts[0].stop()
    with silence_at(hosts.hosts[0]) as server, greeting(server):
        (slow,) = inspect(hosts, ssh=impatient(hosts, 2))

    assert (slow.state, slow.problem) == ("unreachable", "it did not answer in time")


def looks_up(command):
    """Have sshd ask a command, as a site with a directory of people does, which keys it takes."""
    yield f"AuthorizedKeysCommand {command}"
    yield f"AuthorizedKeysCommandUser {getpass.getuser()}"


def test_a_node_that_is_slow_to_look_at_a_key_has_not_refused_it(cluster):
    hosts = cluster(1)
    hosts.hosts[0].stop()
    hosts.hosts[0].start("none", *looks_up("/bin/sleep 60"))

    (slow,) = inspect(hosts, ssh=impatient(hosts, 5))

    assert slow.problem == "it did not say in time whether it takes the key"


def test_a_node_that_hangs_up_after_too_many_keys_refused_them(cluster, monkeypatch):
    hosts = cluster(1)
    at_home(hosts, monkeypatch, "ecdsa", "ed25519")
    hosts.hosts[0].stop()
    hosts.hosts[0].start("none", "MaxAuthTries 1")

    (refused,) = inspect(hosts, ssh=impatient(hosts, 10, key=""))

    assert refused.problem == (
        "it refused the keys that were offered, and hung up before the last: "
        "name the right one as ssh.key"
    )


@pytest.mark.parametrize("kind", ["rsa", "ecdsa", "ed25519"])
def test_a_key_of_any_kind_that_is_refused_is_called_refused(cluster, monkeypatch, kind):
    hosts = cluster(1)
    keys = at_home(hosts, monkeypatch, kind)

    (refused,) = inspect(hosts, ssh=impatient(hosts, 10, key=f"{keys}/id_{kind}"))

    assert refused.problem == "it refused every key that was offered"


@pytest.mark.parametrize("kind", ["rsa", "ecdsa"])
def test_a_key_of_any_kind_opens_a_node(cluster, monkeypatch, kind):
    hosts = cluster(1)
    keys = at_home(hosts, monkeypatch, kind)
    hosts.hosts[0].stop()
    hosts.hosts[0].start(keys / f"id_{kind}.pub")

    assert wrong(inspect(hosts, ssh=impatient(hosts, 10, key=f"~/.ssh/id_{kind}"))) == {}


def test_a_key_with_a_passphrase_that_no_agent_has_is_named(cluster, monkeypatch):
    hosts = cluster(1)
    keys = at_home(hosts, monkeypatch, "ed25519", passphrase="not told")
    key = f"{keys}/id_ed25519"

    (refused,) = inspect(hosts, ssh=impatient(hosts, 10, key=key))

    assert refused.problem == f"{key} has a passphrase, and no agent has it: ssh-add {key}"


def test_a_key_with_a_passphrase_that_an_agent_has_opens_a_node(cluster, monkeypatch):
    hosts = cluster(1)
    keys = at_home(hosts, monkeypatch, "ed25519")
    hosts.hosts[0].stop()
    hosts.hosts[0].start(keys / "id_ed25519.pub")
    with agent(keys / "id_ed25519") as asked:
        locked = [sshd.KEYGEN, "-q", "-p", "-P", "", "-N", "not told", "-f", keys / "id_ed25519"]
        subprocess.run(locked, check=True)
        monkeypatch.setenv("SSH_AUTH_SOCK", asked)

        findings = inspect(hosts, ssh=impatient(hosts, 10, key=f"{keys}/id_ed25519"))

    assert wrong(findings) == {}


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("is not there", lambda key: key.unlink()),
        ("is no private key that can be used here", lambda key: key.write_text("a key\n")),
        ("cannot be read: Is a directory", lambda key: (key.unlink(), key.mkdir())),
    ],
)
def test_a_file_that_is_no_key_is_named_for_every_node(cluster, monkeypatch, said, left):
    hosts = cluster(2)
    keys = at_home(hosts, monkeypatch, "ed25519")
    left(keys / "id_ed25519")

    findings = inspect(hosts, ssh=impatient(hosts, 10, key="~/.ssh/id_ed25519"))

    problem = f"{keys}/id_ed25519 {said} (ssh.key of the site)"
    assert [str(found) for found in findings] == [
        f"node1: ssh: {problem}. Put your key there, or name another file.",
        f"node2: ssh: {problem}. Put your key there, or name another file.",
    ]


def test_who_has_no_key_is_told_so(cluster, monkeypatch):
    hosts = cluster(1)
    at_home(hosts, monkeypatch)

    (refused,) = inspect(hosts, ssh=impatient(hosts, 10, key=""))

    assert refused.problem == (
        "there is no key to offer: name one as ssh.key, or add one to the SSH agent"
    )


def test_a_dead_jump_host_is_the_reason_for_all(cluster):
    hosts = cluster(3)
    hosts.hosts[0].stop()

    findings = inspect(hosts, jump=True)

    assert [(f.node, f.problem) for f in findings] == [
        ("node1", "nothing listens on its SSH port"),
        ("node2", "node1, which leads to it, does not answer"),
        ("node3", "node1, which leads to it, does not answer"),
    ]
