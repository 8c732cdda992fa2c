"""Release, wait, alias, promote, revert, undo: with real Git, the real charts, a real MLflow."""

import pytest

from services.lifecycle.errors import (
    NotServingError,
    RefusedError,
    ReleaseError,
    WrongVersionError,
)
from services.lifecycle.verbs import (
    bake,
    promote,
    record,
    register,
    release,
    revert,
    set_alias,
    undo,
    wait,
)
from tests.services.lifecycle.conftest import git

MANIFESTS = [
    "deployment-gourmetgram-app.yaml",
    "release.json",
    "service-gourmetgram-app.yaml",
]


PARENT = '{"gourmetops/parent": "train-1"}'


class World:
    """A site whose replicas follow what tests say, and the verbs that move things in it."""

    def __init__(self, verbs, site, trained):
        self.verbs = verbs
        self.site = site
        self.trained = trained
        self.digests = {}

    def bake(self):
        """Train, register and bake; return the number of the version."""
        number = len(self.digests) + 1
        run = self.trained.run(weights=b"weights %d" % number)
        assert self.verbs(register, run=run) == {"version": str(number)}
        self.digests[number] = self.verbs(bake, version=number, branch="HEAD")["digest"]
        return number

    def release(self, environment, number, operation="deploy-1", *, serve=True):
        """Release a version, and let the site serve it."""
        asked = {"environment": environment, "version": number, "digest": self.digests[number]}
        made = self.verbs(release, operation=operation, **asked)
        if serve:
            self.serve(environment, number)
        return made

    def serve(self, environment, number):
        """Let the site serve a version."""
        self.site.serve(environment, number, self.digests[number])

    def alias(self, environment, number, operation="deploy-1", tested=False):
        """Move the aliases of an environment."""
        asked = {"environment": environment, "version": number, "digest": self.digests[number]}
        return self.verbs(set_alias, operation=operation, tested=tested, **asked)

    def approved(self, environment, number, operation):
        """Take a version all the way to where it is approved."""
        self.release(environment, number, operation)
        self.alias(environment, number, operation, tested=True)

    def revert(self, environment, operation="revert-1", leaving="any"):
        """Roll an environment back."""
        asked = {"environment": environment, "reason": "it is slow", "leaving": leaving}
        return self.verbs(revert, operation=operation, **asked)

    def current(self, environment):
        """Return which version Git holds."""
        return self.verbs.step.gitops.current(environment).release.version

    def aliased(self, name):
        """Return which version an alias names."""
        return self.verbs.step.registry.alias(name)


@pytest.fixture
def world(verbs, values, site, mlflow, trained):
    values["MLFLOW_TRACKING_URI"] = mlflow
    values["GOURMET_SITE_API"] = site.url
    return World(verbs, site, trained)


def test_a_release_is_a_commit_of_plain_manifests_that_reads_like_a_log(world, gitops):
    one = world.bake()

    made = world.release("staging", one)

    message = git("log", "-1", "--format=%s", "main", folder=gitops)
    assert message == f"staging: version 1 ({world.digests[1][:19]})"
    files = git("ls-tree", "--name-only", "main:environments/staging", folder=gitops).split()
    assert set(MANIFESTS) <= set(files)
    manifest = git(
        "show", "main:environments/staging/deployment-gourmetgram-app.yaml", folder=gitops
    )
    assert f"registry.local/gourmetgram-app@{world.digests[1]}" in manifest
    assert made["commit"] == git("rev-parse", "main", folder=gitops)


def test_releasing_the_same_again_commits_nothing(world, gitops):
    one = world.bake()
    first = world.release("staging", one, "deploy-1")

    again = world.release("staging", one, "deploy-2")

    assert again["commit"] == first["commit"]
    assert git("rev-list", "--count", "main", folder=gitops) == "1"


def test_an_image_of_another_version_is_not_released(world):
    world.bake()

    with pytest.raises(ReleaseError, match="holds version 1 and not version 2"):
        world.verbs(
            release, environment="staging", version=2, digest=world.digests[1], operation="d"
        )


def test_a_changed_image_is_not_released(world):
    one = world.bake()
    layout = world.verbs.step.layout
    layer = layout.path(layout.image(world.digests[one]).layers[-1].digest)
    layer.write_bytes(layer.read_bytes() + b"!")

    with pytest.raises(Exception, match="is not what its digest says"):
        world.release("staging", one)

    assert world.verbs.step.gitops.current("staging") is None


def test_wait_says_on_how_many_replicas_and_keeps_the_evidence(world):
    one = world.bake()
    world.release("staging", one)

    asked = {"environment": "staging", "version": one, "digest": world.digests[one]}
    made = world.verbs(wait, deadline=5, operation="deploy-1", **asked)

    assert made == {"replicas": "1"}
    seen = [e for e in world.verbs.step.journal.entries("deploy-1") if e["move"] == "serving"]
    assert seen[0]["digest"] == world.digests[one]


def test_an_alias_moves_only_when_the_environment_serves_the_version(world):
    one = world.bake()
    world.release("staging", one, serve=False)

    with pytest.raises(NotServingError):
        world.alias("staging", one)
    assert world.aliased("staging") is None

    world.serve("staging", one)
    world.alias("staging", one)
    assert world.aliased("staging") == one


def test_staging_is_approved_only_by_its_tests(world):
    one = world.bake()
    world.release("staging", one)

    world.alias("staging", one)
    assert world.aliased("staging-approved") is None
    assert world.verbs.step.gitops.approved("staging") == []

    world.alias("staging", one, "test-1", tested=True)
    assert world.aliased("staging-approved") == one
    assert [c.release.version for c in world.verbs.step.gitops.approved("staging")] == [one]


def passed_staging(world, number):
    world.approved("staging", number, f"deploy-{number}")
    world.verbs.step.registry.tag(number, staging_tests=f"passed {world.digests[number]}")


def ask(world, number, target="canary"):
    return world.verbs(promote, version=number, target=target, operation="promote-1")


def test_a_version_that_staging_serves_and_tested_may_go_to_canary(world):
    one = world.bake()
    passed_staging(world, one)

    assert ask(world, one) == {"digest": world.digests[one], "source": "staging"}


def test_a_version_that_the_source_does_not_hold_may_not_go_on(world):
    one, two = world.bake(), world.bake()
    passed_staging(world, one)

    with pytest.raises(RefusedError, match="staging holds version 1 and not version 2"):
        ask(world, two)


def test_a_version_that_the_source_no_longer_serves_may_not_go_on(world):
    one, two = world.bake(), world.bake()
    passed_staging(world, one)
    world.serve("staging", two)

    with pytest.raises(WrongVersionError):
        ask(world, one)


def test_a_version_without_staging_tests_may_not_go_on(world):
    one = world.bake()
    world.approved("staging", one, "deploy-1")

    with pytest.raises(RefusedError, match="staging tests: wait, they have not run"):
        ask(world, one)


def test_tests_of_another_image_do_not_count(world):
    one = world.bake()
    world.approved("staging", one, "deploy-1")
    world.verbs.step.registry.tag(one, staging_tests="passed sha256:" + "0" * 64)

    with pytest.raises(RefusedError, match="staging tests: deny"):
        ask(world, one)


def test_a_version_on_hold_may_not_go_on(world):
    one = world.bake()
    passed_staging(world, one)
    world.verbs.step.registry.tag(one, hold="it was slow")

    with pytest.raises(RefusedError, match="it is on hold: it was slow"):
        ask(world, one)


def test_only_what_canary_serves_may_go_to_production(world):
    one = world.bake()
    passed_staging(world, one)

    with pytest.raises(RefusedError, match="canary holds nothing"):
        ask(world, one, "production")


def test_a_rollback_goes_to_the_last_approved_and_not_to_the_one_before(world, gitops):
    one, two, three = world.bake(), world.bake(), world.bake()
    world.approved("staging", one, "deploy-1")
    world.release("staging", two, "deploy-2")
    world.release("staging", three, "deploy-3")
    good = git("rev-parse", "main~2:environments/staging", folder=gitops)

    made = world.revert("staging")

    assert made == {"version": "1", "digest": world.digests[1], "held": "3"}
    assert git("rev-parse", "main:environments/staging", folder=gitops) == good
    assert world.verbs.step.registry.version(3).tags["gourmetops.hold"] == "it is slow"


def test_a_rollback_skips_what_is_on_hold_and_moves_the_aliases_back(world):
    numbers = [world.bake() for _ in range(3)]
    for number in numbers:
        world.approved("canary", number, f"promote-{number}")
    assert world.revert("canary", "revert-1")["version"] == "2"
    world.serve("canary", 2)
    world.alias("canary", 2, "revert-1", tested=True)

    assert world.revert("canary", "revert-2")["version"] == "1"
    assert world.aliased("canary") == 2


def test_a_rollback_that_is_killed_and_run_again_does_not_go_back_twice(world):
    for number in [world.bake() for _ in range(3)]:
        world.approved("canary", number, f"promote-{number}")

    first = world.revert("canary", "revert-1")

    assert world.revert("canary", "revert-1") == first
    assert world.current("canary") == 2


def test_a_rollback_of_a_release_that_somebody_replaced_is_refused(world):
    one, two = world.bake(), world.bake()
    world.approved("staging", one, "deploy-1")
    world.approved("staging", two, "deploy-2")

    with pytest.raises(RefusedError, match="no longer"):
        world.revert("staging", leaving=world.digests[one])

    assert world.current("staging") == two
    assert "gourmetops.hold" not in world.verbs.step.registry.version(two).tags


def test_a_rollback_with_nothing_to_go_back_to_says_so(world):
    one = world.bake()
    world.approved("canary", one, "promote-1")

    with pytest.raises(ReleaseError, match="no approved release to go back to"):
        world.revert("canary")


def take_back(world, operation="deploy-2", environment="staging"):
    asked = {"environment": environment, "operation": operation, "deadline": 5}
    return world.verbs(undo, **asked)["undone"]


def test_undo_takes_release_and_alias_back_in_reverse(world):
    one, two = world.bake(), world.bake()
    world.approved("staging", one, "deploy-1")
    world.release("staging", two, "deploy-2")
    world.alias("staging", two, "deploy-2")
    world.serve("staging", one)

    told = take_back(world)

    assert told == (
        "alias staging is back at version 1; "
        f"staging is back at version 1 ({world.digests[one][:19]})"
    )
    assert (world.current("staging"), world.aliased("staging")) == (1, 1)


def test_undo_twice_changes_nothing_more(world, gitops):
    one, two = world.bake(), world.bake()
    world.approved("staging", one, "deploy-1")
    world.release("staging", two, "deploy-2")
    world.serve("staging", one)
    take_back(world)
    commits = git("rev-list", "--count", "main", folder=gitops)

    assert take_back(world) == ""
    assert git("rev-list", "--count", "main", folder=gitops) == commits


def test_undo_leaves_alone_what_somebody_else_released_since(world):
    one, two, three = world.bake(), world.bake(), world.bake()
    world.approved("staging", one, "deploy-1")
    world.release("staging", two, "deploy-2")
    world.release("staging", three, "deploy-3")

    assert "somebody released it since" in take_back(world)
    assert world.current("staging") == three


def test_an_operation_that_moved_nothing_has_nothing_to_undo(world):
    assert take_back(world) == ""


def test_a_release_that_is_killed_and_run_again_still_knows_what_stood_there(world):
    one, two = world.bake(), world.bake()
    first = world.release("staging", one, "deploy-1")
    world.release("staging", two, "deploy-2")

    again = world.release("staging", two, "deploy-2")

    assert again["before"] == first["commit"]
    moves = [e for e in world.verbs.step.journal.entries("deploy-2") if e["move"] == "release"]
    assert [entry["state"] for entry in moves] == ["intent", "done"]


def test_the_record_says_why_in_the_steps_own_words(world):
    world.verbs.step.journal.append(
        operation="deploy-1", environment="staging", move="wait", state="failed", reason="too slow"
    )

    asked = {"operation": "deploy-1", "environment": "staging", "status": "Failed", "labels": "{}"}
    made = world.verbs(record, failures='"[]"', **asked)

    assert made == {"reason": "too slow"}
    assert world.verbs.step.journal.entries("deploy-1")[-1]["state"] == "Failed"


def test_the_record_falls_back_to_what_argo_says(world):
    failures = '[{"displayName": "wait", "message": "Pod was active too long"}]'
    asked = {"operation": "deploy-1", "environment": "staging", "status": "Failed", "labels": "{}"}

    assert world.verbs(record, failures=failures, **asked) == {
        "reason": "wait: Pod was active too long"
    }


def test_the_record_of_a_good_end_needs_no_reason(world):
    asked = {"operation": "deploy-1", "environment": "", "status": "Succeeded", "labels": "{}"}

    assert world.verbs(record, failures="{{workflow.failures}}", **asked) == {"reason": ""}


def test_the_record_of_a_parent_says_why_its_child_failed(world):
    world.verbs.step.journal.append(
        operation="deploy-1", environment="staging", move="wait", state="failed", reason="too slow"
    )
    child = {"operation": "deploy-1", "environment": "staging", "labels": PARENT}
    world.verbs(record, status="Failed", failures="[]", **child)

    parent = {"operation": "train-1", "environment": "", "labels": "null"}
    failures = '[{"displayName": "deploy", "message": "failure condition evaluated true"}]'
    made = world.verbs(record, status="Failed", failures=failures, **parent)

    assert made == {"reason": "too slow"}
