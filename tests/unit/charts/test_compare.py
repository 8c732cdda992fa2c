"""What Git holds against the charts, and one environment against another: real repositories."""

import json
import subprocess

import pytest

from charts import compare, manifests, render, validation
from charts.errors import ChartsError

NEXT = {**validation.SAMPLE, "version": "8", "digest": "sha256:" + "8" * 64}


def git(folder, *arguments):
    identity = ("-c", "user.name=Test", "-c", "user.email=test@example.org")
    subprocess.run(["git", "-C", folder, *identity, *arguments], check=True, capture_output=True)


def release(folder, environment, facts):
    out = folder / "environments" / environment
    objects = render.environment("local", environment, (), release=facts)
    manifests.write_folder(objects, out)
    (out / "release.json").write_text(json.dumps(facts))
    git(folder, "add", "-A")
    git(folder, "commit", "-m", f"Release {facts['version']} to {environment}")


@pytest.fixture
def repository(tmp_path):
    """A GitOps repository with version 8 in staging and 7 elsewhere."""
    folder = tmp_path / "gitops"
    folder.mkdir()
    git(folder, "init", "-b", "main")
    manifests.write_folder(render.platform("local"), folder / "platform")
    for environment in ("canary", "production"):
        release(folder, environment, validation.SAMPLE)
    release(folder, "staging", NEXT)
    return folder


def edit(repository, file, old, new):
    path = repository / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    git(repository, "commit", "-am", "by hand")


DEPLOYMENT = "environments/canary/deployment-gourmetgram-app.yaml"


def test_git_that_holds_what_the_charts_render_differs_in_nothing(repository):
    assert compare.with_git(repository, "local", None, ()) == ""
    assert compare.with_git(repository, "local", "staging", ()) == ""


def test_the_change_of_a_release_is_shown_line_by_line(repository):
    text = compare.with_git(repository, "local", "canary", ["release.version=8"])

    changed = [line for line in text.splitlines() if line[0] in "+-"]
    assert changed == [
        f"--- a/{DEPLOYMENT}",
        f"+++ b/{DEPLOYMENT}",
        *['-    gourmetops/model-version: "7"', '+    gourmetops/model-version: "8"'],
        *['-    app.kubernetes.io/version: "7"', '+    app.kubernetes.io/version: "8"'],
        *['-        gourmetops/model-version: "7"', '+        gourmetops/model-version: "8"'],
        *['-        app.kubernetes.io/version: "7"', '+        app.kubernetes.io/version: "8"'],
    ]


def test_an_object_that_only_git_has_is_shown_as_taken_away(repository):
    extra = repository / "platform" / "configmap-old.yaml"
    extra.write_text("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: old\n")
    git(repository, "add", "-A")
    git(repository, "commit", "-m", "extra")

    assert compare.with_git(repository, "local", None, ()).startswith(
        "--- a/platform/configmap-old.yaml\n+++ /dev/null\n"
    )


def test_a_bare_repository_is_read_too(repository, tmp_path):
    git(tmp_path, "clone", "--bare", str(repository), "bare.git")

    assert compare.with_git(tmp_path / "bare.git", "local", "production", ()) == ""


def test_what_releases_and_values_files_make_different_is_expected(repository):
    assert compare.environments(repository, "local", "staging", "production") == []


def test_what_somebody_changed_in_one_environment_is_unexpected(repository):
    edit(repository, DEPLOYMENT, '"640Mi"', '"1Gi"')

    (difference,) = compare.environments(repository, "local", "staging", "canary")

    assert str(difference) == (
        "Deployment gourmetgram-app: spec.template.spec.containers[app].resources.limits.memory: "
        "640Mi ≠ 1Gi"
    )


def test_an_expected_difference_that_was_made_larger_is_unexpected(repository):
    file = "environments/production/deployment-gourmetgram-app.yaml"
    edit(repository, file, "replicas: 2", "replicas: 5")

    (difference,) = compare.environments(repository, "local", "staging", "production")

    assert str(difference) == "Deployment gourmetgram-app: spec.replicas: 1 ≠ 5"


def test_an_object_that_one_environment_lacks_is_unexpected(repository):
    git(repository, "rm", "environments/canary/referencegrant-gateway.yaml")
    git(repository, "commit", "-m", "by hand")

    found = compare.environments(repository, "local", "canary", "production")

    assert {d.object for d in found} == {"ReferenceGrant gateway"}
    assert {d.left for d in found} == {"(absent)"}


def test_environments_without_a_release_cannot_be_compared(repository):
    git(repository, "rm", "-r", "environments/canary")
    git(repository, "commit", "-m", "gone")

    with pytest.raises(ChartsError, match=r"environments/canary holds no release to compare\.$"):
        compare.environments(repository, "local", "canary", "production")


def test_a_folder_that_is_no_repository_is_refused(tmp_path):
    with pytest.raises(ChartsError, match="cannot be read as a GitOps repository: fatal: "):
        compare.with_git(tmp_path / "nothing", "local", "staging", ())
