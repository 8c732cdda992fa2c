"""Somebody kills something: a replica, the agent, the gateway, supervisord, all of it."""

import os
import signal
import time

import psutil
import pytest

from infra.local import stages
from infra.local.supervisor import ownership
from infra.local.supervisor.supervision import Supervisor
from infra.local.view import client
from tests.local.conftest import app, route
from tests.local.load import Load
from tests.waiting import until

DRIFT = 2.0


def serve(bench, version="1", environment="staging", **changes):
    image = bench.image(VERSION=version)
    files = {f"environments/{environment}/app.yaml": app(image, environment, **changes)}
    return bench.healthy(environment, revision=bench.commit(files))


def test_a_killed_replica_is_back_within_two_seconds(bench):
    before = serve(bench)["replicas"][0]["restarts"]
    for _ in range(3):
        pid = bench.deployment()["replicas"][0]["pid"]
        os.kill(pid, signal.SIGKILL)
        began = time.monotonic()

        until(lambda pid=pid: bench.deployment()["replicas"][0]["pid"] != pid, DRIFT)
        bench.healthy(seconds=DRIFT)

        assert time.monotonic() - began < DRIFT
    replica = bench.deployment()["replicas"][0]
    assert replica["restarts"] == before + 3
    assert (replica["exitCode"], replica["lastReason"]) == (137, "Error")


def test_a_replica_over_its_memory_limit_is_killed_and_says_so(bench):
    serve(bench)

    client.request(bench.deployment()["replicas"][0]["url"].rpartition(":")[2], "/eat")

    replica = until(
        lambda: (r := bench.deployment()["replicas"][0])["lastReason"] == "OOMKilled" and r
    )
    assert replica["exitCode"] == 137
    assert replica["memoryLimit"] == 100 * 2**20
    bench.healthy()


def test_a_replica_that_crashes_again_and_again_backs_off(bench):
    bench.commit({"environments/canary/app.yaml": app(bench.image(MODE="crash"), "canary")})

    found = bench.becomes("Degraded", "canary")

    replica = found["replicas"][0]
    assert replica["reason"] == "CrashLoopBackOff"
    assert (replica["exitCode"], replica["lastReason"]) == (4, "Error")
    first = until(lambda: (n := bench.deployment("canary")["replicas"][0]["restarts"]) >= 3 and n)
    time.sleep(2)
    assert bench.deployment("canary")["replicas"][0]["restarts"] <= first + 1
    bench.commit({"environments/canary/app.yaml": None})


def test_an_edited_gateway_configuration_is_put_right_within_two_seconds(bench):
    serve(bench)
    file = bench.state.gateway / "dynamic" / "site.yml"
    good = file.read_text()

    file.write_text("http: {}\n")

    until(lambda: file.read_text() == good, DRIFT)
    until(lambda: client.request(_port(bench.url()), "/version")[0] == 200, DRIFT)


def test_the_agent_can_be_killed_without_anybody_noticing(bench):
    before = serve(bench)["replicas"][0]["pid"]

    with Load(bench.url()) as load:
        for _ in range(3):
            agent = Supervisor(bench.site).processes()["agent"].pid
            os.kill(agent, signal.SIGKILL)
            until(lambda agent=agent: _agent(bench) not in (None, agent))
            bench.healthy()
        until(lambda: load.count > 500)

    assert load.failures == []
    assert bench.deployment()["replicas"][0]["pid"] == before


def test_the_agent_killed_in_the_middle_of_an_update_goes_on_with_it(bench):
    serve(bench, "1", replicas=2)

    with Load(bench.url()) as load:
        for version in ("2", "3", "4"):
            bench.commit(
                {"environments/staging/app.yaml": app(bench.image(VERSION=version), replicas=2)}
            )
            time.sleep(0.15 * int(version) - 0.2)
            os.kill(until(lambda: _agent(bench)), signal.SIGKILL)
            until(lambda version=version: load.versions[version] > 20)
        bench.healthy()

    assert load.failures == []
    until(lambda: len(Supervisor(bench.site).processes()) == 4)
    assert len(bench.deployment()["replicas"]) == 2


def test_a_killed_gateway_comes_back_with_the_same_addresses(bench):
    serve(bench)
    gateway = Supervisor(bench.site).processes()["gateway"].pid

    os.kill(gateway, signal.SIGKILL)

    until(lambda: Supervisor(bench.site).processes()["gateway"].pid not in (0, gateway))
    until(lambda: client.request(_port(bench.url()), "/version")[0] == 200)


@pytest.mark.parametrize("victims", ["supervisord", "everything"])
def test_after_a_kill_a_start_goes_on_where_it_was(fresh, victims):
    serve(fresh, "1", "production")
    serve(fresh, "2", "canary")
    fresh.commit({"platform/route.yaml": route(50, 50)})
    ours = ownership.processes_of(fresh.site.id)
    daemon = next(process for process in ours if "supervisord" in " ".join(process.cmdline()))

    for process in [daemon] if victims == "supervisord" else ours:
        process.kill()
    again = stages.start(fresh.state)

    assert (again.again, again.site) == (False, fresh.site)
    fresh.healthy("production")
    fresh.healthy("canary")
    assert client.request(_port(fresh.url("canary")), "/version")[0] == 200
    assert all(ownership.is_gone(process.pid) for process in ours)
    assert len(ownership.processes_of(fresh.site.id)) == len(ours)


def test_while_the_agent_cannot_write_it_says_so_and_what_runs_goes_on(bench):
    serve(bench)
    aside = bench.state.objects.rename(bench.state.folder / "aside")
    bench.state.objects.write_text("in the way")

    bench.commit({"platform/note.yaml": app(bench.image(), "canary")})

    assert "refused, what ran before goes on" in bench.said
    status = until(lambda: (s := bench.status())["error"] and s)
    assert status["error"].startswith("the agent cannot work and tries again: ")
    assert client.request(_port(bench.url()), "/version")[0] == 200
    bench.state.objects.unlink()
    aside.rename(bench.state.objects)
    bench.healthy("canary")
    until(lambda: bench.status()["error"] is None)
    bench.commit({"platform/note.yaml": None})


def test_a_replica_that_hears_no_sigterm_is_killed_after_its_grace(bench):
    image = bench.image(MODE="deaf")
    manifests = app(image, pod={"terminationGracePeriodSeconds": 1})
    revision = bench.commit({"environments/staging/app.yaml": manifests})
    pid = bench.healthy(revision=revision)["replicas"][0]["pid"]

    serve(bench, "2")

    until(lambda: not psutil.pid_exists(pid), 5)


def test_a_failing_liveness_probe_restarts_the_replica(bench):
    probe = {"exec": {"command": ["test", "!", "-e", "hung"]}, "periodSeconds": 1}
    probe["failureThreshold"] = 1
    before = serve(bench, container={"livenessProbe": probe})["replicas"][0]
    folder = psutil.Process(before["pid"]).cwd()

    with open(f"{folder}/hung", "w"):  # noqa: PTH123
        until(lambda: bench.deployment()["replicas"][0]["restarts"] == 1)
    os.unlink(f"{folder}/hung")  # noqa: PTH108

    replica = bench.healthy()["replicas"][0]
    assert (replica["lastReason"], replica["pid"] != before["pid"]) == ("Unhealthy", True)


def _agent(bench):
    process = Supervisor(bench.site).processes()["agent"]
    return process.pid if process.state in ("RUNNING", "STARTING") else None


def _port(url):
    return int(url.rpartition(":")[2])
