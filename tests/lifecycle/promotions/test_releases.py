"""Versions on their way through the environments: our workflows, our runner, a real site.

The models are not trained here; everything else is what a person would run.
"""

import signal
import time

import pytest

from tests.lifecycle.versions import Site, serves

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with Site.up(tmp_path_factory.mktemp("releases")) as made:
        yield made


def test_a_version_goes_by_one_digest_from_staging_to_production_and_back(site):
    before = site.environment("production")

    version, digest = site.tested()
    assert site.clone.invoke("approve", version, "--to", "production").returncode == 0
    for target in ("canary", "production"):
        code, shown = site.run(
            "promote-model", f"promote-{version}-{target}", model_version=version, target=target
        )
        assert code == 0, shown
        assert serves(site, target, version, digest)

    code, shown = site.run(
        "revert-model", f"revert-{version}", environment="production", reason="to see it go back"
    )
    assert code == 0, shown
    assert serves(site, "production", before["version"], before["digest"])
    assert "to see it go back" in site.log()[0]


def test_a_version_that_was_not_tested_in_staging_does_not_reach_canary(site):
    version, digest = site.bake()
    before = site.environment("canary")
    assert site.deploy(version, digest, f"deploy-{version}")[0] == 0

    code, shown = site.run(
        "promote-model", f"promote-{version}", model_version=version, target="canary"
    )

    assert code == 1, shown
    assert site.environment("canary") == before
    assert "they have not run" in site.journal(f"promote-{version}")[-1]["reason"]


def test_a_version_that_cannot_start_is_taken_back_and_the_journal_says_why(site):
    good, digest = site.bake()
    assert site.deploy(good, digest, f"deploy-{good}")[0] == 0
    broken, other = site.bake("--broken")

    code, shown = site.deploy(broken, other, f"deploy-{broken}")

    assert code == 1, shown
    assert serves(site, "staging", good, digest)
    assert site.log()[0].endswith(f"undoes deploy-{broken}")
    end = site.journal(f"deploy-{broken}")[-1]
    assert (end["move"], end["state"]) == ("end", "Failed")
    assert "ended 3 times right after its start" in end["reason"]
    held = site.journal(f"deploy-{broken}")
    (reason,) = {
        e["after"]["reason"] for e in held if e["move"] == f"hold {broken}" and "after" in e
    }
    assert reason.startswith("crash loop in staging: ")


def test_two_deployments_at_once_take_turns_where_the_second_is_patient(site):
    baked = [site.bake() for _ in range(2)]
    running = [
        site.start(
            "deploy-container-image", f"deploy-{version}",
            environment="staging", model_version=version, digest=digest, patience="300",
        )
        for version, digest in baked
    ]  # fmt: skip
    for process in running:
        shown, _ = process.communicate(timeout=300)
        assert process.returncode == 0, shown

    entries = sorted(
        (entry for version, _ in baked for entry in site.journal(f"deploy-{version}")),
        key=lambda entry: entry["number"],
    )
    order = [entry["operation"] for entry in entries]
    assert order == sorted(order, key=order.index), "their moves are mixed"
    last = next(pair for pair in baked if f"deploy-{pair[0]}" == order[-1])
    assert serves(site, "staging", *last)


def test_a_second_operation_is_refused_by_the_name_of_the_first(site):
    (version, digest), (other, image) = site.bake(), site.bake()
    first = site.start(
        "deploy-container-image", f"deploy-{version}",
        environment="staging", model_version=version, digest=digest,
    )  # fmt: skip
    end = time.monotonic() + 60
    while not site.journal(f"deploy-{version}"):
        assert time.monotonic() < end, "it did not begin"
        time.sleep(0.05)

    code, shown = site.deploy(other, image, f"deploy-{other}")

    assert code == 1
    assert f"staging is held by deploy-{version} (" in shown
    assert f"invoke workflows.get deploy-{version}" in shown
    told, _ = first.communicate(timeout=300)
    assert first.returncode == 0, told
    assert serves(site, "staging", version, digest)
    assert not any(line.startswith(f"staging: version {other} ") for line in site.log())


@pytest.mark.parametrize(
    "moment",
    [
        pytest.param(("release", "intent"), marks=pytest.mark.slow),
        ("release", "done"),
        pytest.param(("serving", "seen"), marks=pytest.mark.slow),
        ("alias staging", "intent"),
    ],
    ids=" ".join,
)
def test_a_deployment_that_is_killed_goes_on_and_does_nothing_twice(site, moment):
    version, digest = site.bake()
    name = f"deploy-{version}"
    asked = {"environment": "staging", "model_version": version, "digest": digest}
    process = site.start("deploy-container-image", name, **asked)
    end = time.monotonic() + 120
    while moment not in [(entry["move"], entry["state"]) for entry in site.journal(name)]:
        assert time.monotonic() < end, process.communicate()[0]
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.communicate()

    done = site.clone.invoke("workflows.retry", name, seconds=300)

    assert done.returncode == 0, done.stdout + done.stderr
    assert serves(site, "staging", version, digest)
    assert sum(line.startswith(f"staging: version {version} ") for line in site.log()) == 1
    moves = [(e["move"], e["state"]) for e in site.journal(name)]
    assert moves.count(("release", "intent")) == moves.count(("alias staging", "intent")) == 1
    assert moves[-1] == ("end", "Succeeded")
