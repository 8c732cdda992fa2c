"""A site as a whole: started twice, beside another, stopped without a trace, hands off others."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time

import pytest
import yaml

from infra.local import site as sites
from infra.local import stages
from infra.local.errors import SiteError
from infra.local.state import State
from infra.local.supervisor import ownership
from infra.local.view import client
from tests.local.conftest import app, make_bench
from tests.waiting import until

START = (
    "import sys; from pathlib import Path; from infra.local import stages; "
    "from infra.local.state import State; stages.start(State(Path(sys.argv[1])))"
)
REPLICA = {
    "name": "gourmetgram-staging.gourmetgram-app-x",
    "namespace": "gourmetgram-staging",
    "kind": "Deployment",
    "owner": "gourmetgram-app",
    "template": "t",
    "revision": "r",
    "image": "i",
    "labels": {},
    "pod": {"spec": {"containers": [{"name": "app", "image": "i"}]}},
    "ports": {},
    "created": 0,
    "state": "Running",
}


def test_down_leaves_no_process_and_no_port(tmp_path):
    bench = make_bench(tmp_path)
    bench.commit({"environments/staging/app.yaml": app(bench.image(), replicas=2)})
    found = bench.healthy()
    ports = [*bench.site.ports.fixed, bench.site.ports.guard]
    ports += [int(replica["url"].rpartition(":")[2]) for replica in found["replicas"]]

    stopped = stages.stop(bench.state)

    assert stopped == 5  # supervisord, agent, gateway, two replicas
    assert ownership.processes_of(bench.site.id) == []
    for port in ports:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
    assert stages.stop(bench.state) == 0


def test_two_sites_side_by_side_never_meet(tmp_path):
    one, two = make_bench(tmp_path / "one"), make_bench(tmp_path / "two")
    try:
        for bench, version in ((one, "1"), (two, "2")):
            bench.commit({"environments/staging/app.yaml": app(bench.image(VERSION=version))})
            bench.healthy()

        assert one.site.ports != two.site.ports
        stages.stop(one.state)

        assert two.healthy()["ready"] == 1
        assert client.status(one.site) is None
    finally:
        stages.stop(one.state)
        stages.stop(two.state)


def test_down_touches_nobody_who_merely_has_a_recorded_pid(tmp_path):
    bench = make_bench(tmp_path)
    stages.stop(bench.state)
    stranger = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        (bench.state.supervisor / "supervisord.pid").write_text(str(stranger.pid))
        record = bench.state.replicas / "gourmetgram-staging.gourmetgram-app-x.json"
        record.write_text(json.dumps({**REPLICA, "pid": stranger.pid}))

        stages.stop(bench.state)
        stages.start(bench.state)
        stages.stop(bench.state)

        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_start_of_what_runs_changes_nothing_and_is_quick(bench):
    before = sorted(process.pid for process in ownership.processes_of(bench.site.id))
    began = time.monotonic()

    again = stages.start(bench.state)

    assert (again.again, again.site) == (True, bench.site)
    assert sorted(process.pid for process in ownership.processes_of(bench.site.id)) == before
    assert time.monotonic() - began < 5


def test_ports_that_somebody_took_are_chosen_anew(tmp_path):
    bench = make_bench(tmp_path)
    stages.stop(bench.state)

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", bench.site.ports.gateway))
        taken.listen()
        again = stages.start(bench.state)
    try:
        assert again.moved
        assert again.site.ports != bench.site.ports
        assert again.site.id == bench.site.id
        assert again.site.addresses["gateway"] in bench.state.platform.read_text()
    finally:
        stages.stop(bench.state)


@pytest.mark.parametrize("name", ["a folder with 100% blanks #1; 'quoted'", "deep/" * 20])
def test_any_folder_will_do(tmp_path, name):
    bench = make_bench(tmp_path / name)
    try:
        revision = bench.commit({"environments/staging/app.yaml": app(bench.image())})
        assert bench.healthy(revision=revision)["ready"] == 1
    finally:
        stages.stop(bench.state)


def test_only_a_state_folder_is_ever_removed(tmp_path):
    (tmp_path / "precious").write_text("mine")

    with pytest.raises(SiteError, match=r"holds no site\.json"):
        stages.purge(State(tmp_path))

    assert (tmp_path / "precious").exists()


def test_a_site_whose_folder_is_removed_under_it_ends_by_itself(tmp_path):
    bench = make_bench(tmp_path)
    bench.commit({"environments/staging/app.yaml": app(bench.image())})
    bench.healthy()

    shutil.rmtree(bench.state.folder)

    until(lambda: ownership.processes_of(bench.site.id) == [])


def test_purge_removes_the_folder_even_with_read_only_images(tmp_path):
    bench = make_bench(tmp_path)
    stages.stop(bench.state)
    locked = bench.state.images / "unpacked" / "x"
    locked.mkdir(parents=True)
    (locked / "file").write_text("")
    locked.chmod(0o500)

    stages.purge(bench.state)

    assert not bench.state.folder.exists()


def test_a_start_that_was_killed_half_way_is_no_obstacle(tmp_path):
    for after in (0.05, 0.2, 0.35, 0.5):
        state = State(tmp_path / str(after) / "state")
        starting = subprocess.Popen([sys.executable, "-c", START, str(state.folder)])
        time.sleep(after)
        starting.kill()
        starting.wait()

        started = stages.start(state)

        assert until(lambda started=started: client.status(started.site))["synced"]
        stages.stop(state)
        assert ownership.processes_of(started.site.id) == []


def test_starts_at_the_same_time_make_one_site(tmp_path):
    state = State(tmp_path / "state")
    starting = [subprocess.Popen([sys.executable, "-c", START, str(state.folder)]) for _ in "123"]
    try:
        assert [process.wait() for process in starting] == [0, 0, 0]
        site = sites.load(state)
        assert len(ownership.processes_of(site.id)) == 3  # supervisord, agent, gateway
    finally:
        stages.stop(state)


def test_the_runner_finds_what_this_site_says_of_itself(bench):
    text = bench.state.platform.read_text()

    for fact in (
        "GOURMET_SITE: local",
        "GOURMET_ENGINE: runner",
        bench.url(),
        str(bench.state.gitops),
    ):
        assert fact in text
    assert yaml.safe_load(bench.state.image_map.read_text())["registry.local/**"]["run"] == "store"
    assert sites.load(bench.state) == bench.site
    assert os.access(bench.state.gitops / "hooks" / "post-receive", os.X_OK)
