"""Steps that are told to end, that nobody listens to, or that meet another clone or another day."""

import json
import os
import signal
import time
from pathlib import Path

import pytest

from services.lifecycle.releasing.owner import Owner
from tests.services.lifecycle.faults import commands
from tests.services.lifecycle.faults.ends import go_on, require_good_end

BROKEN = Path(__file__).parent / "broken"
# What an interpreter says of Ctrl-C before it has come to our first line.
NOT_YET_OURS = "Fatal Python error: init"


def test_a_clock_that_goes_back_by_a_day(way):
    for number, move in enumerate(way.steps):
        code, said = way.run(move, python_path=BROKEN / "clock" if number % 2 else None)
        assert code == 0, said

    require_good_end(way)


@pytest.mark.parametrize("signal_", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_a_step_that_is_told_to_end_at_any_instant(way, signal_):
    for move in way.steps:
        for part in range(1, 7):
            process = commands.start(way.values, *way.steps[move])
            time.sleep(part * 0.1)
            process.send_signal(signal_)
            out, err = process.communicate(timeout=60)
            if err.startswith(NOT_YET_OURS):
                continue
            assert process.returncode in (0, 130, -signal.SIGINT, -signal_), err
            assert signal_ == signal.SIGINT or "Traceback" not in out + err
        go_on(way, move)

    require_good_end(way)


def test_nobody_reads_what_a_step_prints(way):
    for move in way.steps:
        reading, writing = os.pipe()
        os.close(reading)
        try:
            streams = {"stdout": writing, "stderr": writing}
            with commands.start(way.values, *way.steps[move], **streams) as process:
                process.wait(timeout=60)
        finally:
            os.close(writing)
        go_on(way, move)

    require_good_end(way)


def test_two_clones_that_release_at_once_do_not_lose_either(way, tmp_path):
    second = {**way.values, "GOURMET_STATE": str(tmp_path / "second state")}
    running = []
    for whose, environment in ((way.values, "staging"), (second, "canary")):
        words = ["release", "--environment", environment, "--version", str(way.version)]
        words += ["--digest", way.digest, "--operation", f"clone-{environment}"]
        running.append(commands.start(whose, *words))
    for process in running:
        out, err = process.communicate(timeout=120)
        assert process.returncode == 0, out + err

    assert way.holds("staging") == way.holds("canary") == way.version


def test_a_step_of_another_clone_is_refused_by_name_while_one_moves(way, tmp_path):
    way.values["GOURMET_OWNER"] = json.dumps(Owner.of_this_process().facts())
    go_on(way, "begin")
    second = {**way.values, "GOURMET_STATE": str(tmp_path / "second state"), "USER": "grace"}

    words = ["begin", "--environment", "canary", "--operation", "promote-of-another"]
    code, said = commands.run(second, *words)

    assert code == 2, said
    assert "canary is held by promote-new" in said
