"""People's word, plans and force on a real site: what a person types, and what serves then."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
import yaml

from tests.lifecycle.conftest import ROOT
from tests.lifecycle.versions import Site, serves

pytestmark = pytest.mark.timeout(900)
ADA = {"GIT_AUTHOR_NAME": "Ada", "GIT_AUTHOR_EMAIL": "ada@example.org"}
BEN = {"GIT_AUTHOR_NAME": "Ben", "GIT_AUTHOR_EMAIL": "ben@example.org"}


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with Site.up(tmp_path_factory.mktemp("approvals")) as made:
        yield made


@pytest.fixture
def tested(site):
    """A version of its own that staging serves and that passed the tests there."""
    return site.tested()


@pytest.fixture(scope="module")
def waiting():
    """Versions that wait in staging, for tests that move nothing."""
    return {}


@pytest.fixture
def ready(site, waiting):
    """A version that was tested in staging and may go to canary; whoever asks moves nothing."""
    served = str(site.environment("staging")["version"])
    if served not in waiting:
        served, digest = site.tested()
        waiting[served] = digest
    return served, waiting[served]


@pytest.fixture
def canary(site, tested):
    """The same, serving in canary too."""
    done = site.clone.invoke("deploy-canary")
    assert done.returncode == 0, done.stdout + done.stderr
    return tested


def plan(site, path, *command):
    """Make a plan, keep it, and return what it says."""
    done = site.clone.invoke(*command, "--plan", "--json")
    path.write_text(done.stdout)
    return done.returncode, json.loads(done.stdout)


def gitops(site):
    """Return every ref of the GitOps repository with what it is at."""
    where = str(site.state / "gitops.git")
    return site.clone.git("--git-dir", where, "for-each-ref")


def started(site, *command, **extra):
    """Start a task and return its process."""
    env = {**os.environ, "GOURMET_STATE": str(site.state), **extra}
    return subprocess.Popen(
        [sys.executable, "-m", "invoke", *command],
        cwd=ROOT, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip


def test_production_is_refused_with_the_command_that_opens_it_and_then_works(site, canary):
    version, digest = canary
    before = site.environment("production")

    refused = site.clone.invoke("promote", "--to", "production")

    assert refused.returncode == 1
    told = f"0 of 1 needed. Approve it: invoke approve {version} --to production"
    assert told in refused.stdout + refused.stderr
    assert site.environment("production") == before

    approved = site.clone.invoke("approve", version, "--to", "production", "--note", "good", **ADA)
    assert approved.returncode == 0, approved.stderr
    assert site.clone.invoke("explain", version, "--to", "production").returncode == 0
    done = site.clone.invoke("promote", "--to", "production")
    assert done.returncode == 0, done.stdout
    assert serves(site, "production", version, digest)
    told = site.clone.invoke("history", "production").stdout
    assert "Ada" in told
    assert "good" in told


def test_a_plan_moves_nothing_and_apply_does_exactly_that(site, tested, tmp_path):
    version, digest = tested
    before = gitops(site), site.environment("canary"), (site.state / "journal.jsonl").read_bytes()
    file = tmp_path / "plan.json"

    code, said = plan(site, file, "deploy-canary")

    after = gitops(site), site.environment("canary"), (site.state / "journal.jsonl").read_bytes()
    assert (code, after) == (0, before)
    assert (said["version"], said["digest"]) == (version, digest)
    assert said["commits"][0]["message"].startswith(f"canary: version {version} ")
    assert f"+        image: registry.local/gourmetgram-app@{digest}" in said["commits"][0]["diff"]
    assert said["provenance"]["materials"]

    done = site.clone.invoke("deploy-canary", "--apply", str(file))

    assert done.returncode == 0, done.stdout + done.stderr
    assert serves(site, "canary", version, digest)
    assert said["commits"][0]["message"].splitlines()[0] in site.log()
    where = str(site.state / "gitops.git")
    made = site.clone.git("--git-dir", where, "log", "-1", "--format=%H", "main", "--",
                          "environments/canary")  # fmt: skip
    shown = site.clone.git("--git-dir", where, "diff", "--full-index", "--no-renames",
                           f"{made}~1", made)  # fmt: skip
    assert shown == said["commits"][0]["diff"]


def test_a_plan_made_twice_is_the_same_to_the_byte(site, ready, tmp_path):
    one, other = tmp_path / "one.json", tmp_path / "other.json"

    plan(site, one, "deploy-canary")
    plan(site, other, "deploy-canary")

    assert one.read_bytes() == other.read_bytes()


def test_an_edited_plan_is_refused_before_anything_is_asked(site, ready, tmp_path):
    file = tmp_path / "plan.json"
    _, said = plan(site, file, "deploy-canary")
    said["gates"] = []
    file.write_text(json.dumps(said))

    done = site.clone.invoke("deploy-canary", "--apply", str(file))

    assert done.returncode == 2
    assert f"{file} was edited since it was written" in done.stderr


def test_no_deployment_by_hand_goes_past_the_gates_without_a_reason(site, ready):
    version, digest = ready
    before = site.environment("production")
    asked = {"environment": "production", "model_version": version, "digest": digest}

    code, shown = site.run("deploy-container-image", f"past-{version}", **asked)

    assert code == 1
    assert "production takes" in shown
    assert "only through its gates: invoke promote --to production" in shown
    assert site.environment("production") == before


@pytest.mark.slow
def test_a_plan_is_refused_when_the_world_has_moved(site, tested, tmp_path):
    version, _ = tested
    file = tmp_path / "plan.json"
    plan(site, file, "deploy-canary")
    other, digest = site.bake()
    assert site.deploy(other, digest, f"deploy-{other}")[0] == 0
    before = gitops(site)

    done = site.clone.invoke("deploy-canary", "--apply", str(file))

    assert done.returncode == 1
    assert "the world has moved since this plan was made" in done.stderr
    assert "source: commit was" in done.stderr
    assert f"version {other} " in done.stderr
    assert gitops(site) == before
    assert site.environment("canary")["version"] != int(version)


@pytest.mark.slow
def test_a_workflow_refuses_a_plan_when_something_slips_in_before_it_holds_the_lock(
    site, tested, tmp_path
):
    version, _ = tested
    _, said = plan(site, tmp_path / "plan.json", "deploy-canary")
    before = site.environment("canary")
    assert site.verb("hold", "--version", version, "--reason", "wait for Ada")

    code, shown = site.run(
        "promote-model", f"late-{version}",
        model_version=version, target="canary", plan=said["seals"], force="we know",
    )  # fmt: skip

    assert code == 1
    assert "the world has moved since this plan was made: gates" in shown
    assert site.environment("canary") == before


@pytest.mark.slow
def test_a_plan_whose_carrying_out_was_killed_is_gone_on_with(site, tested, tmp_path):
    """It has moved the world itself, and is not refused for that."""
    version, digest = tested
    file = tmp_path / "plan.json"
    plan(site, file, "deploy-canary")
    running = started(site, "deploy-canary", "--apply", str(file))
    name = _until_released(site, version, running)
    owner = json.loads((site.state / "runs" / name / "owner.json").read_text())
    os.kill(owner["pid"], signal.SIGKILL)
    running.communicate(timeout=120)

    done = site.clone.invoke("deploy-canary", "--apply", str(file))

    assert done.returncode == 0, done.stdout + done.stderr
    assert f"goes on with {name}" in done.stdout
    assert serves(site, "canary", version, digest)
    assert sum(line.startswith(f"canary: version {version} ") for line in site.log()) == 1


@pytest.mark.slow
def test_a_promotion_waits_for_an_approval_and_holds_nothing_meanwhile(site, canary):
    version, digest = canary
    waiting = started(site, "promote", "--to", "production", "--wait-for-approval")
    try:
        _until_suspended(site, version)
        where = str(site.state / "gitops.git")
        locks = site.clone.git("--git-dir", where, "for-each-ref", "refs/locks/production")
        assert locks == ""

        done = site.clone.invoke("approve", version, "--to", "production", **ADA)

        assert done.returncode == 0, done.stderr
        shown, _ = waiting.communicate(timeout=120)
    finally:
        waiting.kill()
        waiting.wait()
    assert waiting.returncode == 0, shown
    assert serves(site, "production", version, digest)


@pytest.mark.slow
def test_whoever_is_resumed_without_an_approval_is_refused(site, canary):
    version, _ = canary
    before = site.environment("production")
    waiting = started(site, "promote", "--to", "production", "--wait-for-approval")
    try:
        name = _until_suspended(site, version)
        assert site.clone.invoke("workflows.resume", name).returncode == 0
        shown, _ = waiting.communicate(timeout=120)
    finally:
        waiting.kill()
        waiting.wait()
    assert waiting.returncode == 1, shown
    assert "0 of 1 needed" in shown
    assert site.environment("production") == before


def test_force_needs_a_reason_and_history_tells_it(site, canary):
    version, digest = canary

    done = site.clone.invoke("promote", "--to", "production", "--force", "the old one is worse")

    assert done.returncode == 0, done.stdout + done.stderr
    assert serves(site, "production", version, digest)
    told = site.clone.invoke("history", "production").stdout
    assert "the old one is worse" in " ".join(told.split())


def test_force_with_no_reason_is_no_force(site):
    done = site.clone.invoke("promote", "--to", "production", "--force", " ")

    assert done.returncode == 2
    assert "--force needs a reason" in done.stderr


@pytest.mark.slow
def test_two_named_people_approve_and_not_who_runs_it(site, canary):
    """The site says so in its policy, which is a key of the ConfigMap `platform`."""
    version, _ = canary
    facts = site.state / "platform.yaml"
    kept = facts.read_text()
    approvals = {"needed": 2, "approvers": ["ada@example.org", "ben@example.org"]}
    approvals["not"] = ["promoter"]
    rules = {"environments": {"production": {"approvals": approvals}}}
    whole = yaml.safe_load(kept)
    whole["data"]["GOURMET_POLICY"] = json.dumps(rules)
    facts.write_text(yaml.safe_dump(whole))
    try:
        assert "not among the approvers" in site.clone.invoke(
            "approve", version, "--to", "production",
            GIT_AUTHOR_NAME="Eve", GIT_AUTHOR_EMAIL="eve@example.org",
        ).stderr  # fmt: skip
        for person in (ADA, BEN):
            assert (
                site.clone.invoke("approve", version, "--to", "production", **person).returncode
                == 0
            )

        done = site.clone.invoke("promote", "--to", "production", **ADA)

        assert done.returncode == 1
        assert "Ada runs this promotion, and nobody approves their own" in done.stdout
    finally:
        facts.write_text(kept)


@pytest.mark.slow
def test_a_planned_rollback_goes_exactly_there(site, canary, tmp_path):
    version, _ = canary
    file = tmp_path / "plan.json"
    code, said = plan(site, file, "rollback", "canary", "--reason", "planned")
    assert (code, said["holds"], said["gates"]) == (0, version, [])
    assert said["traffic"]["then"]["canary"] == 0

    done = site.clone.invoke("rollback", "canary", "--apply", str(file))

    assert done.returncode == 0, done.stdout + done.stderr
    wanted = None if said["version"] == "none" else said["version"]
    assert serves(site, "canary", wanted, said["digest"])
    again = site.clone.invoke("rollback", "canary", "--apply", str(file))
    assert again.returncode == 1
    assert "the world has moved" in again.stderr


def _until_released(site, version, running):
    """Wait until the release of a version to canary is committed; return the operation."""
    end = time.monotonic() + 200
    while time.monotonic() < end and running.poll() is None:
        for line in (site.state / "journal.jsonl").read_text().splitlines(keepends=True):
            entry = json.loads(line) if line.endswith("\n") else {}
            is_release = (entry.get("move"), entry.get("state")) == ("release", "done")
            if is_release and entry["environment"] == "canary" and _is_of(site, entry, version):
                return entry["operation"]
        time.sleep(0.05)
    return pytest.fail(running.communicate()[0])


def _is_of(site, entry, version):
    intents = [e for e in site.journal(entry["operation"]) if e["move"] == "release"]
    return intents[0]["after"]["release"]["version"] == int(version)


def _until_suspended(site, version):
    """Wait until a promotion of the version is suspended; return its name."""
    end = time.monotonic() + 90
    while time.monotonic() < end:
        for row in json.loads(site.clone.runner("list", "-o", "json").stdout):
            if row["phase"] == "Running" and row["name"].startswith("promote-model"):
                run = json.loads(site.clone.runner("get", row["name"], "-o", "json").stdout)
                nodes = run["status"].get("nodes", {}).values()
                if any(n["type"] == "Suspend" and n["phase"] == "Running" for n in nodes):
                    return row["name"]
        time.sleep(0.3)
    return pytest.fail(f"no promotion of version {version} waits")
