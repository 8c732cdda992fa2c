"""Unexpected differences of two environments, and who of Git, site and registry lies."""

import pytest
import yaml

from services.lifecycle.errors import AskedWronglyError, ReleaseError
from services.lifecycle.releasing import holding
from services.lifecycle.verbs import diff, drift
from tests.services.lifecycle.conftest import git
from tests.services.lifecycle.evidence.test_verification import flip


def furnish(world):
    """Bring one version into canary and into production."""
    number = world.bake()
    for environment in ("canary", "production"):
        world.approved(environment, number, f"promote-{environment}")


@pytest.fixture
def pair(furnished):
    """A world with one version in canary and in production."""
    return furnished


@pytest.fixture
def edit(pair, tmp_path):
    """Change a manifest in Git by hand."""

    def change(environment, name, write):
        clone = tmp_path / "clone"
        if not clone.exists():
            git("clone", "--quiet", pair.verbs.step.gitops.address, str(clone), folder=tmp_path)
        path = clone / "environments" / environment / name
        document = yaml.safe_load(path.read_text())
        write(document)
        path.write_text(yaml.safe_dump(document))
        git("commit", "--quiet", "-am", f"{environment}: by hand", folder=clone)
        git("push", "--quiet", "origin", "HEAD:main", folder=clone)

    return change


def compare(world, one="canary", other="production"):
    return world.verbs(diff, one=one, other=other)


def rows(world, environment=""):
    made = world.verbs(drift, environment=environment)
    return made, {row["environment"]: row for row in made.facts["environments"]}


def replicas(number):
    return lambda document: document["spec"].update(replicas=number)


DEPLOYMENT = "deployment-gourmetgram-app.yaml"


def test_what_values_and_releases_say_is_no_difference(pair):
    other = pair.bake()
    pair.approved("canary", other, "promote-2")

    made = compare(pair)

    assert (made.facts["unexpected"], made.exit_code) == ([], 0)
    assert made.facts["environments"]["canary"]["version"] == 2
    assert "differ only as their values and their releases say" in made.text


def test_a_change_by_hand_is_listed_with_its_path_and_both_values(pair, edit):
    edit("production", DEPLOYMENT, replicas(7))

    made = compare(pair)

    assert made.exit_code == 1
    (found,) = made.facts["unexpected"]
    assert found["path"] == "deployment-gourmetgram-app.spec.replicas"
    assert found["other"] == 7
    assert found["meant_other"] != 7
    assert "1 unexpected difference of canary and production" in made.text


def test_a_difference_that_should_be_there_and_is_not_is_listed_too(pair, edit):
    tree = pair.verbs.step.gitops.tree()
    manifests = [tree / "environments" / name / DEPLOYMENT for name in ("canary", "production")]
    one, other = (yaml.safe_load(path.read_text()) for path in manifests)
    name = one["metadata"]["namespace"]
    assert name != other["metadata"]["namespace"]
    edit("production", DEPLOYMENT, lambda document: document["metadata"].update(namespace=name))

    paths = [each["path"] for each in compare(pair).facts["unexpected"]]

    assert paths == ["deployment-gourmetgram-app.metadata.namespace"]


def test_the_same_change_in_both_is_no_difference_between_them(pair, edit):
    mark = {"hello": "there"}
    for environment in ("canary", "production"):
        edit(
            environment, DEPLOYMENT, lambda document: document["metadata"].update(annotations=mark)
        )

    assert compare(pair).exit_code == 0


def test_an_environment_without_a_release_cannot_be_compared(pair):
    with pytest.raises(ReleaseError, match="nothing was ever released here"):
        compare(pair, "staging", "canary")


def test_an_environment_is_not_compared_with_itself(pair):
    with pytest.raises(AskedWronglyError, match="cannot differ from itself"):
        compare(pair, "canary", "canary")


def test_where_all_agree_there_is_no_drift(pair):
    made, found = rows(pair, "canary")

    assert (found["canary"]["state"], made.exit_code) == ("same", 0)
    assert found["canary"]["proof"] == "verified"


def test_what_runs_beside_what_git_says_is_drift(pair):
    number = pair.bake()
    pair.release("canary", number, "promote-2", serve=False)

    made, found = rows(pair, "canary")

    assert "Git says version 2" in " ".join(found["canary"]["problems"])
    assert (found["canary"]["state"], made.exit_code) == ("drift", 1)


def test_what_is_just_being_moved_is_in_progress_and_no_drift(pair):
    number = pair.bake()
    step = pair.verbs.step
    holding.take(step, "canary", "promote-2", "wait")
    pair.release("canary", number, "promote-2", serve=False)

    made, found = rows(pair, "canary")

    assert (found["canary"]["state"], made.exit_code) == ("in progress", 0)
    assert "promote-2" in found["canary"]["moving"]
    assert "being moved by promote-2" in " ".join(made.text.split())


def test_an_alias_that_lies_is_drift_with_the_command_that_mends_it(pair):
    pair.verbs.step.registry.move_alias("canary", None)

    made, found = rows(pair, "canary")

    assert made.exit_code == 1
    (problem,) = found["canary"]["problems"]
    assert "the alias canary names none, and Git says version 1" in problem
    assert "invoke repair canary" in problem


def test_a_weight_that_the_site_does_not_go_by_is_drift(pair):
    pair.site.weights = {"canary": 50, "production": 50}

    made, found = rows(pair, "canary")

    assert made.exit_code == 1
    assert "and the site 50%" in " ".join(found["canary"]["problems"])


def test_an_image_that_was_changed_after_its_release_is_drift(pair):
    layout = pair.verbs.step.layout
    flip(layout.path(layout.image(pair.digests[1]).layers[1].digest), 5)

    made, found = rows(pair, "canary")

    assert (found["canary"]["proof"], made.exit_code) == ("not proved", 1)


def test_an_image_that_is_gone_from_the_store_is_drift(pair):
    pair.verbs.step.layout.path(pair.digests[1]).unlink()

    made, found = rows(pair, "canary")

    assert (found["canary"]["proof"], made.exit_code) == ("gone", 1)


def test_what_cannot_be_asked_is_not_called_the_same(pair):
    pair.values["MLFLOW_TRACKING_URI"] = "http://127.0.0.1:9"

    made, found = rows(pair, "canary")

    assert (found["canary"]["state"], made.exit_code) == ("unknown", 1)
    assert found["canary"]["alias"] == "unknown"


def test_an_environment_that_was_never_released_is_drift(pair):
    made, found = rows(pair)

    assert found["staging"]["problems"] == ["Git holds no release of it. Make one: invoke up"]
    assert made.exit_code == 1
