"""`invoke tunnel` through a real sshd to real pages, opened, seen, and closed again."""

import re
import signal
import socket
import time
import urllib.error
import urllib.request

import psutil
import pytest

from infra.tunnel import dashboards, forwards

MLFLOW = ("gourmetgram-platform", "mlflow", "127.0.0.61")
GATEWAY = ("gourmetgram-gateway", "gateway", "127.0.0.62")


def asked(url):
    with pytest.raises(urllib.error.HTTPError) as answer:
        urllib.request.urlopen(url, timeout=5)
    with answer.value as page:
        return page.code, page.read().decode()


def read_until(process, word, seconds=30):
    deadline, text = time.monotonic() + seconds, ""
    while word not in text:
        assert time.monotonic() < deadline
        line = process.stdout.readline()
        assert line, text + process.stderr.read()
        text += line
    return text


@pytest.fixture
def opened(lab, dashboard):
    """A tunnel to two dashboards, that a test ends as it likes."""
    dashboard("127.0.0.61", 5000)
    dashboard("127.0.0.62", 80)
    lab.has(MLFLOW, GATEWAY, ("kube-system", "kube-dns", "127.0.0.63"))
    process = lab.starts("tunnel")
    text = read_until(process, "Ctrl-C")
    yield process, dict(re.findall(r"^(\S+) +(http\S+)$", text, re.M))
    if process.poll() is None:
        process.kill()
    process.communicate()


def test_each_dashboard_of_the_cluster_is_at_a_local_address_that_answers(opened):
    _process, urls = opened

    assert set(urls) == {"app", "mlflow"}
    assert asked(urls["mlflow"]) == (401, "127.0.0.61")
    assert asked(urls["app"]) == (401, "127.0.0.62")


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_the_end_closes_every_forward(opened, name):
    process, urls = opened
    children = psutil.Process(process.pid).children(recursive=True)
    ports = [int(url.rsplit(":", 1)[1]) for url in urls.values()]
    assert children

    process.send_signal(getattr(signal, name))
    out, _err = process.communicate(timeout=15)

    assert process.returncode == 130
    assert out.endswith("Closed.\n")
    assert not any(child.is_running() for child in children)
    for port in ports:
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", port)) != 0


def test_a_tunnel_that_is_killed_leaves_no_way_open(opened):
    process, _urls = opened
    children = psutil.Process(process.pid).children(recursive=True)
    assert children

    process.kill()
    process.wait()

    _gone, alive = psutil.wait_procs(children, timeout=15)
    assert alive == []


def test_when_the_way_breaks_it_says_so_and_ends(opened, lab):
    process, _urls = opened

    sessions = psutil.Process(lab.head.process.pid).children(recursive=True)
    lab.head.process.terminate()
    for session in sessions:
        session.kill()
    _out, err = process.communicate(timeout=30)

    assert process.returncode == 1
    assert err.startswith("node1: ")


def test_a_port_that_somebody_has_is_left_to_him(lab, dashboard):
    services = {"items": [{"metadata": {"namespace": MLFLOW[0], "name": MLFLOW[1]},
                           "spec": {"clusterIP": MLFLOW[2]}}]}  # fmt: skip
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        wanted = dashboards.Dashboard("mlflow", *MLFLOW[:2], 5000, local=port)

        (door,) = dashboards.doors(services, (wanted,))

    assert door.forward.port != port


def test_a_dashboard_that_never_answers_is_named_with_what_was_seen(lab, monkeypatch):
    monkeypatch.setattr(dashboards, "SECONDS", 0.5)
    site = lab.types("ssh", "nobody")  # writes the site's ssh_config
    assert site[0] == 2
    way_in = forwards.Forward("127.0.0.64:9", forwards.free_port())
    door = dashboards.Door(dashboards.DASHBOARDS[1], way_in)
    config = lab.state / "sites/lab/ssh_config"
    said = []

    with (
        forwards.opened(config, "node1", [way_in]) as way,
        pytest.raises(forwards.TunnelError, match=r"node1: mlflow did not answer within 0 s \("),
    ):
        dashboards.wait(way, [door], said.append)

    assert said[0].startswith("mlflow: ")


def test_a_cluster_without_dashboards_is_told(lab):
    lab.has(("kube-system", "kube-dns", "127.0.0.63"))

    code, said = lab.types("tunnel")

    assert code == 1
    assert "node1's cluster has none of app, mlflow, argo-workflows, argo-cd, kubernetes" in said


def test_a_node_without_a_cluster_says_what_kubectl_says(lab):
    lab.head.fake("kubectl", "echo The connection to the server was refused >&2; exit 1")

    code, said = lab.types("tunnel")

    assert code == 1
    assert said.startswith("node1: The connection to the server was refused. ")


def test_a_node_that_does_not_answer_is_told(lab):
    lab.head.stop()

    code, said = lab.types("tunnel")

    assert code == 1
    assert "Connection refused" in said
