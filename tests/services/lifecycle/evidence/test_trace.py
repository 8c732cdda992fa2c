"""From any end to the other: commit, data, run, version, digest, releases, traffic."""

import pytest

from services.lifecycle.evidence.chain import finding, links
from services.lifecycle.evidence.chain.finding import AmbiguousError, UnknownThingError
from services.lifecycle.verbs import register, trace
from tests.services.lifecycle.conftest import git
from tests.services.lifecycle.evidence.test_verification import flip

DATA = "sha256:" + "d" * 64


def furnish(world):
    """Bring version 1 into production, and version 2 into canary."""
    one, two = world.bake(), world.bake()
    world.approved("production", one, "promote-model-1")
    world.approved("canary", one, "promote-model-0")
    world.approved("canary", two, "promote-model-2")
    world.site.weights = {"production": 90, "canary": 10}


@pytest.fixture
def served(furnished):
    """A world with version 1 in production and version 2 in canary."""
    return furnished


def walk(world, what):
    return world.verbs(trace, what=what)


def labels(made):
    return [(chain["version"], chain["digest"]) for chain in made.facts["chains"]]


def run_of(world, number):
    return world.verbs.step.registry.version(number).run


def test_every_end_leads_to_the_same_chain(served):
    digest = served.digests[2]
    ends = {
        "2": "version",
        "v2": "version",
        digest: "digest",
        digest[:19]: "digest",
        digest[7:19]: "digest",
        run_of(served, 2): "run",
        run_of(served, 2)[:10]: "run",
        "promote-model-2": "operation",
        git("rev-parse", "main", folder=served.verbs.step.gitops.address)[:12]: "release commit",
    }

    for end, kind in ends.items():
        made = walk(served, end)
        assert made.facts["kind"] == kind, end
        assert labels(made) == [(2, digest)], end
        assert made.exit_code == 0


def test_a_chain_has_every_link(served):
    (chain,) = walk(served, "1").facts["chains"]

    assert chain["commit"] == git("rev-parse", "HEAD", folder=served.verbs.values["GOURMET_SOURCE"])
    assert chain["trained_from"] == "c" * 40
    assert chain["data_hash"] == DATA
    assert (chain["run"], chain["run_state"]) == (run_of(served, 1), "FINISHED")
    assert chain["registered"]["aliases"] == ["production"]
    assert chain["provenance"]["good"] is True
    assert chain["provenance"]["operation"] == "by-hand-1"
    where = [(each["environment"], each["is_current"]) for each in chain["releases"]]
    assert where == [("canary", False), ("production", True)]
    assert all(each["good_since"] for each in chain["releases"])
    assert chain["traffic"] == {"production": 0.9}


def test_what_went_into_several_leads_to_all_of_them(served):
    head = git("rev-parse", "HEAD", folder=served.verbs.values["GOURMET_SOURCE"])

    for end in (head, "c" * 12, DATA, "dddddd"):
        assert [number for number, _ in labels(walk(served, end))] == [1, 2], end


def test_an_environment_tells_since_when_on_whose_word_and_how_to_go_back(served):
    made = walk(served, "canary")
    here = made.facts["environment"]

    assert (here["version"], here["digest"]) == (2, served.digests[2])
    assert here["decision"]["operation"] == "promote-model-2"
    assert here["decision"]["by"]
    assert here["rollback"]["command"] == "invoke rollback canary"
    assert here["rollback"]["to"].startswith("version 1 (")
    assert here["share"] == 0.1
    assert labels(made) == [(2, served.digests[2])]
    for words in ("serves", "since", "word of", "10% of live traffic", "go back"):
        assert words in made.text


def test_what_is_on_hold_is_not_what_one_goes_back_to(served):
    served.verbs.step.registry.tag(1, hold="it is slow")

    assert "no approved release" in walk(served, "canary").facts["environment"]["rollback"]["to"]
    assert "ON HOLD: it is slow" in walk(served, "1").text


def test_a_changed_image_is_told_where_it_is_met(served):
    layout = served.verbs.step.layout
    flip(layout.path(layout.image(served.digests[2]).layers[1].digest), 5)

    made = walk(served, "canary")

    assert made.facts["chains"][0]["provenance"]["good"] is False
    assert "the model layer was changed" in " ".join(made.text.split())


def test_what_nobody_knows_is_said_in_a_clear_sentence(served):
    zeros = ("sha256:" + "0" * 64, "0" * 32)
    for what in ("99", "v99", "qa", "prod", "", " ", *zeros, "--", "ümlaut", "$(id)", "../x"):
        with pytest.raises(UnknownThingError, match="nothing here is called") as refusal:
            walk(served, what)
        assert refusal.value.exit_code == 1
        assert "There are versions 1, 2" in str(refusal.value)


def test_what_can_be_several_things_is_asked_for_again(served, monkeypatch):
    clash = served.digests[1][7:11]
    known = links.keys
    run_like = clash + "f" * 28

    def with_a_clash(world):
        first, *rest = known(world)
        return [first, *rest, links.Key("", 9, "", run_like, "", "")]

    monkeypatch.setattr(finding.links, "keys", with_a_clash)

    with pytest.raises(AmbiguousError, match="Give more of it") as refusal:
        walk(served, clash)
    assert refusal.value.exit_code == 2
    assert {thing.kind for thing in refusal.value.found} == {"digest", "run"}


def test_a_commit_that_led_to_nothing_says_so(served):
    source = served.verbs.values["GOURMET_SOURCE"]
    git("commit", "--quiet", "--allow-empty", "--message", "a change", folder=source)
    commit = git("rev-parse", "HEAD", folder=source)

    made = walk(served, commit[:10])

    assert (made.facts["kind"], made.facts["value"]) == ("commit", commit)
    assert made.facts["chains"] == []
    assert "led to no model" in made.text


def test_a_run_that_was_never_registered_is_known_to_mlflow(served):
    run = served.trained.run(tests="failed")

    assert walk(served, run).facts["kind"] == "run"


def test_a_version_that_was_never_baked_is_told(served):
    served.verbs(register, run=served.trained.run(weights=b"three"))

    made = walk(served, "3")

    assert labels(made) == [(3, "")]
    assert "never baked" in made.text


def test_with_mlflow_down_git_and_the_store_tell_all_they_know(served, monkeypatch):
    run = run_of(served, 2)
    monkeypatch.setitem(served.verbs.values, "MLFLOW_TRACKING_URI", "http://127.0.0.1:9")

    for what in ("2", served.digests[2][7:19], run, "canary"):
        made = walk(served, what)
        assert labels(made) == [(2, served.digests[2])]
        assert any("MLflow" in each for each in made.facts["unknown"])
        assert "MLflow does not answer" in " ".join(made.text.split())
    with pytest.raises(UnknownThingError, match="Unknown: what is registered"):
        walk(served, "99")


def test_with_the_site_down_the_rest_is_told(served, monkeypatch):
    monkeypatch.setitem(served.verbs.values, "GOURMET_SITE_API", "http://127.0.0.1:9")

    made = walk(served, "canary")

    assert made.facts["environment"]["share"] is None
    assert any("The site does not answer" in each for each in made.facts["unknown"])


def test_an_image_that_is_gone_is_still_traced_by_git(served):
    served.verbs.step.layout.relist(lambda _: [])

    (chain,) = walk(served, "2").facts["chains"]

    assert chain["digest"] == served.digests[2]
    assert [each["environment"] for each in chain["releases"]] == ["canary"]
    assert chain["provenance"]["good"] is False
