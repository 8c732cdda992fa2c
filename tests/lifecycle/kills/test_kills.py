"""A promotion that is killed anywhere ends where an undisturbed one ends."""

import os
import random
import tempfile
import time

import pytest

from services.lifecycle.failpoints import POINTS
from tests.lifecycle.kills import endstate, journey, victims
from tests.lifecycle.kills.readers import Readers
from tests.lifecycle.versions import Site

pytestmark = [pytest.mark.timeout(7200), pytest.mark.slow]
# `./run nox -s kills -- 1000` asks for more.
KILLS = int(os.environ.get("GOURMETOPS_KILLS", "12"))
MANY = 100
SEED = int(os.environ.get("GOURMETOPS_SEED", "0")) or random.SystemRandom().randrange(1, 2**31)

# Instants that a promotion with nothing to settle and nothing to undo does not pass.
ELSEWHERE = {"after-takeover", "after-settling", "before-undo", "after-undo", "after-hold"}
# Between two kinds of effect: lock, journal, Git, serving, alias, end. All of them when asked for
# more; tests/services/lifecycle/transaction holds every instant within one process.
BETWEEN = {
    "after-lock",
    "after-intent",
    "after-commit",
    "after-serving",
    "after-alias",
    "after-end",
}
PASSED = sorted((set(POINTS) - ELSEWHERE) & (BETWEEN if KILLS < MANY else set(POINTS)))


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with Site.up(tmp_path_factory.mktemp("kills")) as made:
        yield made


@pytest.fixture(scope="module")
def versions(site):
    """Two versions that staging has approved; the second is in canary."""
    baked = [site.tested() for _ in range(2)]
    journey.go(site, *baked[1])
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


@pytest.mark.parametrize("name", PASSED)
def test_all_killed_at_a_named_instant_goes_on_when_the_same_is_typed_again(
    site, versions, undisturbed, name
):
    version, digest = _next(site, versions)
    before = endstate.head(site)
    journey.stage(site, version, digest)
    deploy = ["deploy-canary", "--version", version]
    with (
        journey.Instant(site, name) as instant,
        tempfile.TemporaryFile("w+") as shown,
        journey.typed(site, deploy, shown) as process,
    ):
        while process.poll() is None and not instant.is_reached:
            time.sleep(0.02)
        for kind in ("command", "runner", "step"):
            victims.kill(site.state, kind)
        process.wait()
        reached = instant.is_reached
    journey.insist(site, deploy)

    end, commits = undisturbed[version]
    assert reached
    assert endstate.look(site) == end
    assert endstate.commits(site, before) == commits


def test_kills_at_random_instants_change_nothing_but_the_time(site, versions, undisturbed):
    kills, promotions = journey.Kills(random.Random(SEED), wanted=KILLS), 0
    with Readers(site, "canary", count=2) as readers:
        while kills.count < kills.wanted:
            version, digest = _next(site, versions)
            before = endstate.head(site)
            journey.go(site, version, digest, kills)
            promotions += 1
            end, commits = undisturbed[version]
            seen = endstate.look(site)
            told = f"seed {SEED}: {promotions} promotions, {kills.count} kills {kills.done}, "
            print(f"{told}{dict(readers.counted)}, {len(readers.lies)} lies", flush=True)
            assert seen == end, told
            assert endstate.commits(site, before) == commits, told

    assert readers.lies == []


def _next(site, versions):
    """Return the version that canary does not hold."""
    held = endstate.alias(site, "canary")
    return next((version, digest) for version, digest in versions if int(version) != held)
