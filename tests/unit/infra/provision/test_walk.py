"""Walking through stages: what runs, what stands, and why."""

import dataclasses
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from infra.errors import ProvisionError
from infra.provision import walk
from infra.provision.errors import (
    MissingStageError,
    NotBuiltError,
    UnknownStageError,
    WishError,
)
from infra.provision.ledger import Ledger
from infra.provision.walk import Stage, Wish

ROOT = Path(__file__).parents[4]


class World:
    """Three stages that count how often they run, each given what the one before brought."""

    def __init__(self):
        self.ran = []
        self.given = {"first": 1, "second": 1}
        self.broken = set()
        self.gone = None
        self.stages = (
            self.stage("first"),
            self.stage("second", outdated=lambda _s, _r: self.gone),
            self.stage("third", needs="second"),
            Stage("fourth", "not built"),
        )

    def stage(self, name, needs=None, outdated=None):
        def inputs(_setting, results):
            return {"given": results[needs] if needs else self.given[name]}

        def run(_setting, results, _tell, _log):
            if name in self.broken:
                raise ProvisionError(f"{name} does not work")
            self.ran.append(name)
            return {"from": inputs(None, results)["given"]}

        return Stage(name, name, inputs=inputs, run=run, outdated=outdated)

    def go(self, setting, **wish):
        self.ran, self.said = [], {}
        wish = Wish(**{"until": "third", **wish} if "only" not in wish else wish)
        walk.go(self.stages, setting, Ledger(setting.folder),
                self.said.setdefault, wish)  # fmt: skip
        return self.ran


@pytest.fixture
def world(setting):
    setting.folder.mkdir()
    return World()


def test_everything_runs_once_and_then_stands(world, setting):
    assert world.go(setting) == ["first", "second", "third"]
    assert world.go(setting) == []
    assert world.said["third"].startswith("stands: done ")


def test_it_goes_on_at_the_stage_that_failed(world, setting):
    world.broken = {"second"}
    with pytest.raises(ProvisionError, match="second does not work"):
        world.go(setting)
    world.broken = set()

    assert world.go(setting) == ["second", "third"]
    assert world.said["second"].startswith("runs: it failed (")


def test_changed_inputs_run_a_stage_again_and_those_that_need_its_result(world, setting):
    world.go(setting)
    world.given["second"] = 2

    assert world.go(setting) == ["second", "third"]
    assert world.said["second"] == "runs: what it is given has changed"


def test_the_same_result_leaves_later_stages_alone(world, setting):
    world.go(setting)

    assert world.go(setting, first="second") == ["second"]
    assert world.said["second"] == "runs: you asked for it"


def test_a_result_that_the_world_took_back_is_brought_anew(world, setting):
    world.go(setting)
    world.gone = "the lease is gone"

    assert world.go(setting) == ["second"]
    assert world.said["second"] == "runs: the lease is gone"


def test_one_stage_alone_needs_those_before_it(world, setting):
    with pytest.raises(MissingStageError, match="third needs what first brings"):
        world.go(setting, only="third")
    world.go(setting)

    assert world.go(setting, only="third") == ["third"]


def test_a_stage_that_says_what_it_needs_waits_for_nothing_else(world, setting):
    third = dataclasses.replace(world.stages[2], needs=("second",))
    world.stages = (*world.stages[:2], third)
    with pytest.raises(MissingStageError, match="third needs what second brings"):
        world.go(setting, only="third")
    world.go(setting, until="second")
    (setting.folder / "ledger.jsonl").write_text(
        (setting.folder / "ledger.jsonl").read_text().replace('"first"', '"zeroth"')
    )

    assert world.go(setting, only="third") == ["third"]


@pytest.mark.parametrize(
    ("wish", "way"),
    [
        pytest.param(Wish(), ("first", "second", "third"), id="all"),
        pytest.param(Wish(until="second"), ("first", "second"), id="until"),
        pytest.param(Wish(only="second"), ("second",), id="only"),
        pytest.param(Wish(only="first"), ("first", "second", "third"), id="the first is for all"),
    ],
)
def test_a_walk_knows_the_stages_it_comes_to(world, wish, way):
    assert walk.names(world.stages[:3], wish) == way


def test_a_stage_that_is_not_built_stops_with_a_sentence_and_nothing_pretends(world, setting):
    with pytest.raises(NotBuiltError, match="fourth: not available in this version"):
        world.go(setting, until="")
    assert world.ran == ["first", "second", "third"]

    with pytest.raises(NotBuiltError):
        world.go(setting, only="fourth")
    assert world.ran == []


def test_an_unknown_stage_is_told_with_the_nearest(world, setting):
    with pytest.raises(UnknownStageError, match="did you mean third"):
        world.go(setting, until="thrid")


def test_the_outlook_asks_nobody(world, setting):
    world.go(setting)
    world.given["second"] = 2

    steps = outlook(world, setting)

    assert steps == {"first": False, "second": True, "third": True, "fourth": False}


def outlook(world, setting, **wish):
    steps = walk.outlook(world.stages, setting, Ledger(setting.folder), Wish(**wish))
    return {step.stage.name: step.runs for step in steps}


def test_the_outlook_is_of_the_walk_that_was_asked_for(world, setting):
    world.go(setting)

    assert outlook(world, setting, until="second") == {"first": False, "second": False}
    assert outlook(world, setting, first="second", until="second") == {
        "first": False, "second": True
    }  # fmt: skip
    assert outlook(world, setting, only="second") == {"second": True}


def test_the_outlook_of_a_stage_alone_names_what_it_lacks(world, setting):
    with pytest.raises(MissingStageError, match="second needs what first brings"):
        outlook(world, setting, only="second")


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        ({"first": "third", "until": "first"},
         "--from third comes after --until first, so no stage is left. Turn them round; nothing "
         "was changed."),
        ({"only": "second", "until": "third"},
         "--only second is one stage, and --until means several. Say one; nothing was changed."),
    ],
)  # fmt: skip
def test_a_wish_that_contradicts_itself_is_refused(world, wish, said):
    with pytest.raises(WishError) as refusal:
        walk.names(world.stages, Wish(**wish))

    assert str(refusal.value) == said


PROGRAM = """
import sys, time
from pathlib import Path
from infra.provision import walk
from infra.provision.ledger import Ledger, held
from infra.provision.setting import Setting
from infra.provision.walk import Stage, Wish
from infra.sites.site import Site

folder = Path(sys.argv[1])

def work(name):
    def run(_setting, results, _tell, _log):
        made = folder / name
        time.sleep(0.02)
        made.touch()
        return {"made": sorted(results)}
    return run

stages = [Stage(f"s{n}", "", inputs=lambda _s, r: {"before": sorted(r)}, run=work(f"s{n}"))
          for n in range(6)]
setting = Setting(Site("lab", "hosts"), folder, None)
with held(folder, "lab"):
    print("begun", flush=True)
    walk.go(stages, setting, Ledger(folder), lambda *_: None, Wish())
"""


def test_killed_at_random_fifty_times_it_goes_on(tmp_path):
    chance = random.Random(11)
    for _ in range(50):
        with _program(tmp_path) as process:
            assert process.stdout.readline() == "begun\n"
            time.sleep(chance.uniform(0, 0.08))
            process.send_signal(signal.SIGKILL)
        records = Ledger(tmp_path).latest()
        done = [name for name, record in records.items() if record.state == "done"]
        assert all((tmp_path / name).exists() for name in done)
        if len(done) == 6:
            Ledger(tmp_path).forget()

    with _program(tmp_path) as process:
        assert process.wait() == 0

    records = Ledger(tmp_path).latest()
    assert [records[f"s{n}"].state for n in range(6)] == ["done"] * 6
    assert records["s5"].result == {"made": ["s0", "s1", "s2", "s3", "s4"]}


def _program(folder):
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(folder)],
        stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
