"""kill -9 of anything at any instant of updates: in the end, what Git says runs, and no more."""

import os
import random
import time

import psutil
import pytest

from infra.local import stages
from infra.local.supervisor import ownership
from infra.local.supervisor.supervision import Supervisor
from tests.local.conftest import app
from tests.waiting import until

KILLS = int(os.environ.get("GOURMET_KILLS", "12"))


def pick(bench, chance):
    """Choose a victim among the site's processes, supervisord now and then."""
    ours = ownership.processes_of(bench.site.id)
    return chance.choice(ours) if ours else None


@pytest.mark.parametrize("seed", [1, 2])
def test_whatever_is_killed_the_end_is_that_of_an_undisturbed_run(fresh, seed):
    chance = random.Random(seed)

    for number in range(KILLS):
        files = {"environments/staging/app.yaml": app(fresh.image(VERSION=str(number)), replicas=2)}
        fresh.commit(files)
        time.sleep(chance.uniform(0, 0.8))
        victim = pick(fresh, chance)
        if victim is not None:
            try:
                victim.kill()
            except psutil.NoSuchProcess:
                continue
            if chance.random() < 0.3:
                time.sleep(chance.uniform(0, 0.3))
        stages.start(fresh.state)

    last = fresh.healthy(seconds=60, revision=fresh.git("rev-parse", "HEAD").strip())
    assert last["image"] == fresh.image(VERSION=str(KILLS - 1))
    names = {replica["name"] for replica in last["replicas"]}
    assert len(names) == 2
    programs = {"agent", "gateway", *names}
    until(lambda: set(Supervisor(fresh.site).processes()) == programs, 30, "only what is wanted")
    until(lambda: {p.stem for p in fresh.state.replicas.glob("*.json")} == names)
    assert {p.stem for p in (fresh.state.supervisor / "programs").glob("*.conf")} == programs
    assert {p.name for p in (fresh.state.supervisor / "pods").iterdir()} == names
    assert len(ownership.processes_of(fresh.site.id)) == 5
