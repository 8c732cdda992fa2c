"""The stages that a cluster takes: what they render, what they refuse, and in which order they go.

The node is a real sshd; kubectl is a program of ours (kubectl.py) that keeps what it is given.
"""

import dataclasses
import json
import os
import stat
import subprocess

import pytest

from infra import signing
from infra.provision.cluster import environments, manifests, platform, reaching, templates
from infra.provision.errors import StageError
from infra.provision.setting import Waiting

KEY = ("argo", signing.SECRET)


def run(stage, setting, tmp_path, results=None):
    said = []
    result = stage.run(setting, results or {}, said.append, tmp_path / "log")
    return result, [line for line in said if not isinstance(line, Waiting)]


def test_the_platform_is_applied_namespaces_first_and_its_secrets_are_never_in_a_command(
    site, kubectl, tmp_path
):
    result, said = run(platform, site, tmp_path)

    asked = kubectl.asked()
    applied = [each["words"] for each in asked if "apply" in each["words"]]
    assert "--server-side" in applied[0]
    assert all("/namespace-" in word for word in applied[0] if word.endswith(".yaml"))
    assert result["objects"] == len([word for word in applied[1] if word.endswith(".yaml")])
    assert result["objects"] > 30
    secrets = [json.loads(each["given"]) for each in asked if "create" in each["words"]]
    made = {each["metadata"]["name"]: each["stringData"] for each in secrets}
    assert made.keys() == {"mlflow-database", "mlflow-objects", "gourmetops-signing"}
    password, key = made["mlflow-database"]["password"], made["gourmetops-signing"]["ed25519.pem"]
    assert len(password) > 20
    for secret in (password, key.splitlines()[1]):
        assert not any(secret in word for each in asked for word in each["words"])
        assert secret not in (tmp_path / "log").read_text() + "".join(said)
    assert stat.S_IMODE((site.folder / "kubeconfig").stat().st_mode) == 0o600


def test_a_site_of_ones_own_takes_the_values_of_its_kind_and_its_own_name(site, kubectl, tmp_path):
    run(platform, site, tmp_path)

    facts = (site.folder / "manifests/platform/configmap-platform.yaml").read_text()
    assert "GOURMET_SITE: lab" in facts
    assert manifests.values_of(site) == "hosts"


def test_the_signing_key_is_made_once_and_its_public_half_is_where_verification_reads_it(
    site, kubectl, tmp_path
):
    run(platform, site, tmp_path)
    made = kubectl.secret(*KEY)["ed25519.pem"]
    _result, said = run(platform, site, tmp_path)

    assert kubectl.secret(*KEY)["ed25519.pem"] == made
    assert not any("made in" in line for line in said)
    public = kubectl.held("configmap", "argo", "platform")["data"]["GOURMET_PUBLIC_KEYS"]
    assert public == signing.public(made)


def test_a_new_signing_key_is_trusted_beside_those_that_signed_before(site, kubectl, tmp_path):
    run(platform, site, tmp_path)
    old = signing.public(kubectl.secret(*KEY)["ed25519.pem"])
    kubectl.remove("secret", *KEY)

    run(platform, site, tmp_path)

    new = signing.public(kubectl.secret(*KEY)["ed25519.pem"])
    assert new != old
    public = kubectl.held("configmap", "argo", "platform")["data"]["GOURMET_PUBLIC_KEYS"]
    assert public == f"{old} {new}"


def test_a_signing_key_that_is_none_is_told_and_left_alone(site, kubectl, tmp_path):
    kubectl.put_secret(*KEY, {"ed25519.pem": "broken"})

    with pytest.raises(StageError) as refusal:
        run(platform, site, tmp_path)

    text = str(refusal.value)
    assert text.startswith("platform: secret gourmetops-signing in argo holds no signing key in ed")
    assert "Remove it (kubectl delete -n argo secret gourmetops-signing) and run this" in text

    assert kubectl.secret(*KEY) == {"ed25519.pem": "broken"}


def test_facts_that_nobody_has_given_are_told(site, kubectl, tmp_path):
    _result, said = run(platform, site, tmp_path)

    assert said[-1] == (
        "workflows lack GOURMET_GITOPS, GOURMET_SOURCE, lifecycle-image: give them under "
        "workflows.facts in charts/platform/values-site-hosts.yaml"
    )


def test_a_cluster_that_lacks_what_the_platform_stands_on_is_told_all_of_it(
    site, kubectl, tmp_path, monkeypatch
):
    monkeypatch.setenv("KNOWN", "[]")

    with pytest.raises(StageError) as refusal:
        run(platform, site, tmp_path)

    assert str(refusal.value) == (
        "platform: the cluster does not know httproutes.gateway.networking.k8s.io (the Gateway "
        "API's standard channel); workflowtemplates.argoproj.io (Argo Workflows). "
        "Install that first"
    )


def test_a_cluster_that_does_not_answer_is_told_with_the_node_that_was_asked(
    site, tmp_path, monkeypatch
):
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "kubectl").write_text("#!/bin/sh\necho 'EOF' >&2\nexit 1\n")
    (programs / "kubectl").chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")

    with pytest.raises(StageError, match=r"platform: the cluster at 127.0.0.71:\d+, asked through "
                                         r"node1, does not answer: EOF\. Look at it there: invoke "
                                         r"ssh node1 --site lab"):  # fmt: skip
        run(platform, site, tmp_path)


def test_a_node_without_a_cluster_says_which_stages_bring_it(site, lab, tmp_path):
    lab.head.fake("cat", "echo 'cat: .kube/config: No such file or directory' >&2; exit 1")

    with pytest.raises(StageError) as refusal:
        run(templates, site, tmp_path)

    assert str(refusal.value) == (
        "workflow-templates: node1 has no cluster for its operator (`cat .kube/config` said: cat: "
        ".kube/config: No such file or directory). The stages kubespray and after-cluster bring it"
    )


def test_a_node_that_cannot_be_asked_is_told(site, lab, tmp_path):
    lab.head.stop()

    with pytest.raises(StageError, match=r"platform: node1 cannot be asked: .*refused\. Ask how"):
        run(platform, site, tmp_path)


def test_every_template_goes_to_argo(site, kubectl, tmp_path):
    result, _said = run(templates, site, tmp_path)

    (applied,) = [each["words"] for each in kubectl.asked() if "apply" in each["words"]]
    assert applied[applied.index("-n") + 1] == "argo"
    assert "promote-model" in result["templates"]
    assert len(result["templates"]) == len([word for word in applied if word.endswith(".yaml")])


def test_an_environment_gets_what_git_holds_and_nothing_is_made_up(
    site, kubectl, tmp_path, monkeypatch
):
    repository = tmp_path / "gitops"
    released = repository / "environments/staging/deployment-gourmetgram-app.yaml"
    released.parent.mkdir(parents=True)
    released.write_text("kind: Deployment\n")
    for words in (["init", "-q", "-b", "main"], ["add", "."], ["-c", "user.name=me", "-c",
                  "user.email=me@home", "commit", "-qm", "release"]):  # fmt: skip
        subprocess.run(["git", "-C", repository, *words], check=True)
    monkeypatch.setenv("GOURMET_GITOPS", str(repository / ".git"))
    for name in environments.NAMES:
        kubectl.put({"kind": "Namespace", "metadata": {"name": f"gourmetgram-{name}"}})

    result, said = run(environments, site, tmp_path)

    assert result == {"released": ["staging"]}
    assert said == [
        "staging: 1 objects of Git",
        "canary: no release in Git yet; a promotion makes the first",
        "production: no release in Git yet; a promotion makes the first",
    ]
    (applied,) = [each["words"] for each in kubectl.asked() if "apply" in each["words"]]
    assert applied[-1].endswith("environments/staging/deployment-gourmetgram-app.yaml")


def test_an_environment_without_its_namespace_is_refused(site, kubectl, tmp_path):
    with pytest.raises(StageError, match="there is no namespace gourmetgram-staging"):
        run(environments, site, tmp_path)


def test_a_file_that_is_no_kubeconfig_is_told(site, lab, tmp_path):
    lab.head.fake("cat", "echo hello")

    with pytest.raises(StageError, match="is no kubeconfig: it names no server"):
        run(platform, site, tmp_path)


def test_a_platform_that_changed_is_applied_again_and_one_that_did_not_stands(site):
    before = platform.inputs(site, {})

    assert platform.inputs(site, {}) == before
    other = dataclasses.replace(site, site=dataclasses.replace(site.site, kind="server"))
    assert platform.inputs(other, {}) != before
    assert reaching.PRINTS["server"] == "microk8s config"
