"""From training code to a registered version, against a real MLflow and real repositories."""

import json

import pytest

from services.lifecycle.clients import registry as registries
from services.lifecycle.errors import (
    ImageError,
    ModelTestsError,
    RefusedError,
    RegistryError,
    RunBusyError,
    RunFailedError,
    RunKilledError,
    RunMissingError,
)
from services.lifecycle.images.models import ModelError
from services.lifecycle.verbs import bake, build_image, check_training_image, register
from tests.services.lifecycle.conftest import git


def check(verbs, branch="HEAD", require=False):
    return verbs(check_training_image, branch=branch, require=require)


def build(verbs, branch="HEAD"):
    return verbs(build_image, kind="trainer", branch=branch)


def test_a_training_image_is_missing_then_same_then_changed(verbs, source):
    assert check(verbs)["state"] == "missing"

    built = build(verbs)
    found = check(verbs, require=True)
    assert found["state"] == "same"
    assert found["image"] == built["image"]

    source.commit({"services/trainer/__main__.py": "print('training better')\n"})
    assert check(verbs)["state"] == "changed"


def test_a_commit_that_leaves_the_training_code_alone_needs_no_build(verbs, source):
    build(verbs)
    source.commit({"README.md": "about\n", "services/classifier/__main__.py": "print('x')\n"})

    assert check(verbs)["state"] == "same"


def test_another_branch_has_a_training_image_of_its_own(verbs, source):
    main = build(verbs)
    git("checkout", "--quiet", "-b", "try/wider", folder=source.folder)
    source.commit({"services/trainer/__main__.py": "print('wider')\n"})
    git("checkout", "--quiet", "main", folder=source.folder)

    assert check(verbs, branch="try/wider")["state"] == "missing"
    wider = build(verbs, branch="try/wider")
    assert wider["tag"] == "branch-try-wider"
    assert wider["digest"] != main["digest"]
    assert check(verbs)["image"] == main["image"]


def test_the_steps_of_one_run_see_one_commit_although_somebody_pushes_meanwhile(verbs, source):
    first = check(verbs)
    source.commit({"services/trainer/__main__.py": "print('pushed meanwhile')\n"})

    built = build(verbs, branch=first["branch"])
    found = check(verbs, branch=first["branch"], require=True)

    assert built["commit"] == found["commit"] == first["commit"]
    assert built["tag"] == "default"
    assert found["image"] == built["image"]
    assert check(verbs)["state"] == "changed"


def test_training_is_refused_with_an_image_of_other_code(verbs):
    with pytest.raises(ImageError, match=r"is missing for commit .*build-training-image\.yaml"):
        check(verbs, require=True)


@pytest.fixture
def registry_values(values, mlflow):
    values["MLFLOW_TRACKING_URI"] = mlflow
    return values


@pytest.fixture
def registering(registry_values, verbs):
    return lambda run: verbs(register, run=run)


def test_a_run_whose_tests_passed_becomes_a_version(registering, trained, verbs):
    made = registering(trained.run())

    assert made == {"version": "1"}
    assert verbs.step.registry.alias("development") == 1
    tags = verbs.step.registry.version(1).tags
    assert tags["gourmetops.commit"] == "c" * 40
    assert tags["gourmetops.data-hash"] == "sha256:" + "d" * 64


def test_registering_a_run_twice_gives_one_version(registering, trained):
    run = trained.run()

    assert registering(run) == registering(run) == {"version": "1"}


def test_a_model_that_is_on_hold_does_not_come_back_by_being_trained_again(
    registering, trained, verbs
):
    registering(trained.run())
    verbs.step.registry.tag(1, hold="it is slow")

    with pytest.raises(RefusedError, match="the very model of version 1, which is on hold: it is"):
        registering(trained.run())

    with pytest.raises(RegistryError, match="has no version 2"):
        verbs.step.registry.version(2)


def test_another_model_is_not_taken_for_the_one_on_hold(registering, trained, verbs):
    registering(trained.run())
    verbs.step.registry.tag(1, hold="it is slow")

    assert registering(trained.run(weights=b"other weights")) == {"version": "2"}


def test_the_step_that_registered_what_went_on_hold_since_may_be_run_again(
    registering, trained, verbs
):
    run = trained.run()
    registering(run)
    verbs.step.registry.tag(1, hold="it is slow")

    assert registering(run) == {"version": "1"}


@pytest.mark.parametrize("tests", ["failed", ""])
def test_a_run_whose_tests_did_not_pass_registers_nothing(registering, trained, verbs, tests):
    with pytest.raises(ModelTestsError, match="nothing is registered"):
        registering(trained.run(tests=tests))

    with pytest.raises(RegistryError, match="has no version 1"):
        verbs.step.registry.version(1)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        pytest.param("FAILED", RunFailedError, id="failed"),
        pytest.param("KILLED", RunKilledError, id="killed"),
        pytest.param("RUNNING", RunBusyError, id="busy"),
    ],
)
def test_a_run_that_did_not_end_well_has_its_own_error(registering, trained, status, error):
    with pytest.raises(error):
        registering(trained.run(status=status))


def test_a_run_that_nobody_knows_is_missing(registering):
    with pytest.raises(RunMissingError, match="Train again"):
        registering("0" * 32)


def test_an_mlflow_that_is_down_is_said_within_seconds(values, verbs, monkeypatch):
    values["MLFLOW_TRACKING_URI"] = "http://127.0.0.1:9"
    monkeypatch.setattr(registries, "PATIENCE", 0.5)

    with pytest.raises(RegistryError, match=r"MLflow at http://127\.0\.0\.1:9 cannot do it"):
        verbs(register, run="0" * 32)


def test_weights_that_are_not_those_described_are_refused(registering, trained):
    with pytest.raises(ModelError, match="the weights are not those"):
        registering(trained.run(promised="0" * 64))


def test_a_version_is_baked_into_the_app_with_its_labels(registering, trained, verbs, source):
    run = trained.run()
    registering(run)

    made = verbs(bake, version=1, branch="HEAD")

    image = verbs.step.layout.verify(made["digest"])
    assert image.labels["gourmetops.model-version"] == "1"
    assert image.labels["gourmetops.run"] == run
    assert image.labels["org.opencontainers.image.revision"] == made["commit"]
    stamped = verbs.step.layout.folder / "unpacked" / made["digest"][7:] / "rootfs/app/model"
    assert json.loads((stamped / "version.json").read_text())["version"] == 1
    assert verbs.step.registry.version(1).tags["gourmetops.image"] == made["digest"]


def test_baking_again_gives_the_same_digest(registering, trained, verbs):
    registering(trained.run())

    first = verbs(bake, version=1, branch="HEAD")

    assert verbs(bake, version=1, branch="HEAD") == first


def test_a_model_that_was_changed_after_registration_is_not_baked(registering, trained, verbs):
    run = trained.run()
    registering(run)
    other = trained.folder / "other"
    other.mkdir()
    (other / "extra.bin").write_bytes(b"slipped in")
    trained.client.log_artifacts(run, str(other), "model")

    with pytest.raises(ModelError, match="not those that were registered"):
        verbs(bake, version=1, branch="HEAD")


def test_a_version_that_does_not_exist_is_not_baked(registry_values, verbs):
    with pytest.raises(RegistryError, match="has no version 9"):
        verbs(bake, version=9, branch="HEAD")
