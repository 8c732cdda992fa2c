"""A promotion that is killed anywhere ends where an undisturbed one ends."""

import os
import random

import pytest

from tests.lifecycle.kills import endstate, journey
from tests.lifecycle.kills.readers import Readers
from tests.lifecycle.versions import Site

pytestmark = pytest.mark.timeout(7200)
# `./run nox -s kills -- 1000` asks for more.
KILLS = int(os.environ.get("GOURMETOPS_KILLS", "40"))
SEED = int(os.environ.get("GOURMETOPS_SEED", "0")) or random.SystemRandom().randrange(1, 2**31)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with Site.up(tmp_path_factory.mktemp("kills")) as made:
        yield made


@pytest.fixture(scope="module")
def versions(site):
    """Two versions that staging has approved; each has been in canary once."""
    baked = [site.bake() for _ in range(2)]
    for version, digest in baked:
        assert site.deploy(version, digest, f"first-{version}")[0] == 0
        asked = {"model_version": version, "digest": digest}
        assert site.run("test-staging", f"tests-{version}", **asked)[0] == 0
        journey.go(site, version, digest)
    return baked


@pytest.fixture(scope="module")
def undisturbed(site, versions):
    """Where each version's way ends when nobody disturbs it, and what it commits."""
    ends = {}
    for version, digest in versions:
        before = endstate.head(site)
        journey.go(site, version, digest)
        ends[version] = (endstate.look(site), endstate.commits(site, before))
    return ends


def test_kills_at_random_instants_change_nothing_but_the_time(site, versions, undisturbed):
    kills = journey.Kills(random.Random(SEED), wanted=KILLS)
    with Readers(site, "canary", count=2) as readers:
        while kills.count < kills.wanted:
            for version, digest in versions:
                before = endstate.head(site)
                journey.go(site, version, digest, kills)
                end, commits = undisturbed[version]
                seen = endstate.look(site)
                assert seen == end, f"seed {SEED}, after {kills.done}"
                assert endstate.commits(site, before) == commits, f"seed {SEED}, {kills.done}"

    print(f"seed {SEED}: {kills.done} killed; {dict(readers.counted)}")
    assert readers.lies == []
