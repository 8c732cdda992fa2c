"""A registry that answers badly or not at all, and images that are not whole."""

import pytest

from tests.services.lifecycle.faults import commands
from tests.services.lifecycle.faults.ends import go_on, require_good_end, require_words


@pytest.mark.parametrize("how", ["error", "garbage", "hang-up"])
@pytest.mark.parametrize("when", ["before it acts", "after it acted"])
def test_a_registry_that_answers_badly(way, troubled, how, when):
    for move in way.steps:
        for first in (1, 2, 3) if move == "set-alias" else (1,):
            troubled.spoil(how, first, done=when == "after it acted")
            code, said = way.run(move)
            if move == "set-alias" and first == 1:
                assert code == 1, said
            if code:
                require_words(move, "MLflow at .* cannot do it", said)
            troubled.heal()
        go_on(way, move)

    require_good_end(way)


def test_a_registry_that_never_answers(way, troubled):
    for move in list(way.steps)[:-2]:
        go_on(way, move)
    troubled.spoil("silence")

    code, said = way.run("set-alias")

    assert code == 1, said
    require_words("set-alias", "timed out", said)
    troubled.heal()
    go_on(way, "set-alias")
    go_on(way, "record")
    require_good_end(way)


@pytest.mark.parametrize("how", ["error", "garbage", "hang-up"])
def test_a_registry_that_breaks_in_mid_bake(way, troubled, how):
    before = {path.name for path in way.blobs()}
    words = ["bake", "--version", str(way.version), "--branch", "HEAD"]
    for first in range(1, 5):
        troubled.spoil(how, first)
        code, said = commands.run(way.values, *words)
        assert code == 1, said
        require_words("bake", "MLflow at .* cannot do it", said)
    troubled.heal()

    assert commands.run(way.values, *words)[0] == 0
    assert before <= {path.name for path in way.blobs()}
    assert not [path for path in way.blobs() if path.name.startswith(".")]


@pytest.mark.parametrize("part", ["layer", "manifest"])
def test_a_truncated_artifact_is_refused_before_anything_is_committed(way, part):
    go_on(way, "begin")
    blob = way.blob(part)
    whole = blob.read_bytes()
    blob.chmod(0o644)
    blob.write_bytes(whole[: len(whole) // 2])

    code, said = way.run("release")

    assert code == 1, said
    require_words("release", "sha256", said)
    assert way.standing()["commits"] == []
    blob.write_bytes(whole)
    for move in list(way.steps)[1:]:
        go_on(way, move)
    require_good_end(way)
