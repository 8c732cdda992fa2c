"""What serves where, since when, on whose word, and how to go back: asked of a real site."""

import json
import os
import signal
from pathlib import Path

import pytest

from tests.lifecycle.versions import Site

pytestmark = pytest.mark.timeout(900)
WIDTH = 100


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with Site.up(tmp_path_factory.mktemp("evidence")) as made:
        yield made


@pytest.fixture(scope="module")
def served(site):
    """Bring a version into staging and return its number and digest."""
    return site.tested()


def ask(site, *command, code=0):
    """Run a task and return what it printed."""
    done = site.clone.invoke(*command, COLUMNS=str(WIDTH), seconds=120)
    assert done.returncode == code, done.stdout + done.stderr
    assert done.stdout, done.stderr
    return done.stdout


def facts(site, *command, code=0):
    return json.loads(ask(site, *command, "--json", code=code))


def flip(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def blob(site, digest):
    return site.state / "images" / "blobs" / "sha256" / digest.removeprefix("sha256:")


def layers(site, digest):
    manifest = json.loads(blob(site, digest).read_bytes())
    return [blob(site, layer["digest"]) for layer in manifest["layers"]]


def test_one_who_never_saw_it_reads_all_four_answers(site, served):
    version, digest = served

    traced, past = ask(site, "trace", "staging"), ask(site, "history", "staging")

    short = digest.removeprefix("sha256:")[:12]
    for words in (f"serves    version {version} ({short}), Healthy", "since", "word of",
                  "go back   invoke rollback staging", "the bootstrap model",
                  "signature and every byte verified"):  # fmt: skip
        assert words in traced
    assert past.splitlines()[0].endswith("tests passed")
    assert f"version {version} released, was the bootstrap model  {short}" in past
    assert max(map(len, (traced + past).splitlines())) <= WIDTH


def test_json_says_the_same(site, served):
    version, digest = served

    (chain,) = facts(site, "trace", version)["chains"]
    told = facts(site, "history", "staging")["decisions"]

    assert (chain["version"], chain["digest"]) == (int(version), digest)
    assert [each["environment"] for each in chain["releases"]] == ["staging"]
    assert [each["kind"] for each in told] == ["tests", "released", "released"]
    assert facts(site, "drift")["environments"][0]["state"] == "same"
    assert facts(site, "diff", "canary", "production")["unexpected"] == []


def test_a_thing_that_nobody_knows_ends_with_1_and_a_wrong_question_with_2(site, served):
    assert site.clone.invoke("trace", "nonsense").returncode == 1
    assert site.clone.invoke("history", "qa").returncode == 2
    assert site.clone.invoke("diff", "canary", "canary").returncode == 2


def test_a_workflow_signs_what_it_bakes_and_leaves_the_key_nowhere(site, served):
    version, digest = served
    path = site.state / "secrets" / "argo" / "gourmetops-signing" / "ed25519.pem"
    secret = path.read_bytes().splitlines()[1]

    code, shown = site.run("build-container-image", "bake-again", model_version=version)

    assert code == 0, shown
    assert path.stat().st_mode & 0o077 == 0
    files = [each for each in site.state.rglob("*") if each.is_file() and each != path]
    assert [each for each in files if secret in each.read_bytes()] == []
    assert facts(site, "trace", digest)["chains"][0]["provenance"]["good"] is True


def test_one_changed_byte_of_the_model_is_refused_before_anything_is_committed(site, served):
    version, digest = site.bake()
    before = site.log()
    flip(layers(site, digest)[1])

    code, shown = site.deploy(version, digest, f"deploy-{version}", "canary")

    assert code == 1, shown
    assert site.log() == before
    past = facts(site, "history", "canary", "--limit", "1")["decisions"]
    assert "the model layer was changed after it was baked" in past[0]["reason"]
    assert (past[0]["kind"], past[0]["version"]) == ("failed", None)
    assert facts(site, "trace", version)["chains"][0]["provenance"]["good"] is False


def test_with_mlflow_frozen_the_rest_is_told_and_what_is_unknown(site, served):
    version, digest = served
    pids = mlflow(site.state)
    assert pids
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        made = facts(site, "trace", "staging")
        (row,) = facts(site, "drift", "--env", "staging", code=1)["environments"]
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)

    assert made["chains"][0]["digest"] == digest
    assert any(each.startswith("Unknown: what is registered") for each in made["unknown"])
    assert (row["state"], row["runs"].split(" (")[0]) == ("unknown", f"version {version}")


def test_a_new_key_signs_while_the_old_one_is_still_trusted_until_it_is_not(site, served):
    _, digest = served
    (site.state / "secrets" / "argo" / "gourmetops-signing" / "ed25519.pem").unlink()
    ask(site, "up", "--until", "platform", "--yes")
    old, new = (site.state / "trusted-keys").read_text().split()
    assert facts(site, "trace", digest)["chains"][0]["provenance"]["key"] == old

    (site.state / "trusted-keys").write_text(new + "\n")
    ask(site, "up", "--until", "platform", "--yes")
    said = facts(site, "trace", digest)["chains"][0]["provenance"]

    assert said["good"] is False
    assert "GOURMET_PUBLIC_KEYS does not list" in said["problem"]
    (site.state / "trusted-keys").write_text(f"{old}\n{new}\n")
    ask(site, "up", "--until", "platform", "--yes")


def mlflow(state):
    """Return the processes of the site's MLflow."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            command = (entry / "cmdline").read_bytes()
        except OSError:
            continue
        if b"mlflow" in command and os.fsencode(state) in (
            command + (entry / "environ").read_bytes()
        ):
            found.append(int(entry.name))
    return found
