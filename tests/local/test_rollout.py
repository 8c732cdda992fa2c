"""Updates: no request is lost in a good one, and a bad one changes nothing that serves."""

import time

import pytest

from tests.local.conftest import app
from tests.local.load import Load
from tests.waiting import until


def serve(bench, version="1", **changes):
    files = {"environments/staging/app.yaml": app(bench.image(VERSION=version), **changes)}
    revision = bench.commit(files)
    return bench.healthy(revision=revision)


def test_an_update_loses_no_request(bench):
    serve(bench, "1", replicas=2)

    with Load(bench.url()) as load:
        until(lambda: load.count > 300)
        serve(bench, "2", replicas=2)
        serve(bench, "3", replicas=2)
        before = load.count
        until(lambda: load.count > before + 300)
        until(lambda: load.count > 2000, 30)

    assert load.failures == []
    assert set(load.versions) == {"1", "2", "3"}


def test_an_update_under_slow_requests_waits_for_them(bench):
    serve(bench, "1")
    manifests = {"lifecycle": {"preStop": {"sleep": {"seconds": 1}}}}

    with Load(bench.url(), path="/slow", threads=8) as load:
        until(lambda: load.count > 8)
        serve(bench, "2", container=manifests)
        serve(bench, "3", container=manifests)
        until(lambda: load.versions["3"] > 8)

    assert load.failures == []


def test_once_healthy_only_the_new_version_answers(bench):
    serve(bench, "1", replicas=2)
    found = serve(bench, "2", replicas=2)

    with Load(bench.url()) as load:
        until(lambda: load.count > 200)

    assert set(load.versions) == {"2"}
    assert len(found["replicas"]) == 2


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        pytest.param({"mode": "crash"}, "cannot read the model: bad magic number", id="crash"),
        pytest.param({"mode": "unready"}, "/readyz answers 503", id="never ready"),
        pytest.param({"mode": "hungry"}, "OOMKilled", id="out of memory"),
        pytest.param({"command": ["no-such-program"]}, "cannot be started", id="no command"),
        pytest.param({"image": "sha256:" + "0" * 64}, "no image with this digest", id="no image"),
        pytest.param(
            {"env": [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "gone", "key": "k"}}}]},
            "Secret gone is not in Git",
            id="no secret",
        ),
    ],
)
def test_a_bad_update_is_degraded_in_words_and_the_old_one_serves(bench, changes, said):
    serve(bench, "1")
    image = bench.image(VERSION="9", MODE=changes.pop("mode", ""))
    if "image" in changes:
        image = f"registry.local/app@{changes.pop('image')}"
    manifests = app(image, container=changes, progressDeadlineSeconds=2)

    with Load(bench.url(), threads=2, pause=0.005) as load:
        revision = bench.commit({"environments/staging/app.yaml": manifests})
        found = bench.becomes("Degraded", revision=revision)

    assert said in found["message"]
    assert "still serves" in found["message"]
    assert (load.failures, set(load.versions)) == ([], {"1"})


def test_after_a_bad_update_a_good_one_heals(bench):
    serve(bench, "1")
    bench.commit({"environments/staging/app.yaml": app(bench.image(MODE="crash"))})
    bench.becomes("Degraded")

    found = serve(bench, "2")

    assert [replica["restarts"] for replica in found["replicas"]] == [0]
    until(lambda: len(bench.deployment()["replicas"]) == 1)


def test_a_commit_that_asks_for_the_unknown_is_refused_whole_and_the_push_says_why(bench):
    good = serve(bench, "1")
    bad = app(bench.image(VERSION="2"), minReadySecond=3)

    refused = bench.commit({"environments/staging/app.yaml": bad})

    sentence = (
        "environments/staging/app.yaml: spec.minReadySecond: is not done by the local site "
        "(did you mean minReadySeconds?)"
    )
    assert sentence in bench.said.replace("remote: ", "")
    status = until(lambda: (s := bench.status())["error"] and s)
    assert (status["error"], status["synced"]) == (sentence, False)
    assert status["revision"] not in (None, refused)
    assert bench.deployment()["revision"] == good["revision"]
    serve(bench, "3")
    assert bench.status()["error"] is None


def test_a_file_that_is_no_text_is_refused_and_named(bench):
    good = serve(bench, "1")
    (bench.clone / "platform").mkdir(exist_ok=True)
    (bench.clone / "platform" / "bad.yaml").write_bytes(b"\xff\xfe")

    bench.commit({"platform/other.yaml": "# fine\n"})

    assert "platform/bad.yaml: is no UTF-8 text" in bench.said
    assert bench.deployment()["revision"] == good["revision"]
    bench.commit({"platform/bad.yaml": None, "platform/other.yaml": None})
    assert bench.status()["error"] is None


def test_recreate_ends_the_old_one_before_the_new_one_starts(bench):
    serve(bench, "1", strategy={"type": "Recreate"})
    before = bench.deployment()["replicas"][0]["name"]

    serve(bench, "2", strategy={"type": "Recreate"})

    log = (bench.state.logs / "supervisor.log").read_text()
    new = bench.deployment()["replicas"][0]["name"]
    assert log.index(f"stopped: {before}") < log.index(f"spawned: '{new}'")


def test_what_leaves_git_leaves_the_machine(bench):
    found = serve(bench, "1")
    name = found["replicas"][0]["name"]

    bench.commit({"environments/staging/app.yaml": None})

    until(lambda: bench.deployment() is None)
    until(lambda: not (bench.state.replicas / f"{name}.json").exists())
    time.sleep(0.1)
    assert not (bench.state.supervisor / "programs" / f"{name}.conf").exists()


def test_more_ports_than_there_are_are_refused_in_words_and_the_rest_serves(bench):
    serve(bench, "1")
    greedy = {"ports": [{"name": "http", "containerPort": 8000}]}
    greedy["ports"] += [{"containerPort": 9000 + number} for number in range(80)]

    files = {"environments/staging/app.yaml": app(bench.image(), container=greedy, replicas=3)}
    revision = bench.commit(files)

    found = bench.becomes("Degraded", revision=revision)
    assert "every port of this site is taken" in found["message"]
    serve(bench, "2")
