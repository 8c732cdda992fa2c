"""Fifty processes want one environment at the same instant: one gets it, the others hear who."""

import multiprocessing
import os
import tempfile
from argparse import Namespace
from pathlib import Path

import pytest

from services.lifecycle.releasing.lock import BusyError
from services.lifecycle.settings import Settings
from services.lifecycle.step import Step
from services.lifecycle.verbs import begin, record

pytestmark = pytest.mark.timeout(3600)
RUNNERS = 50
# `./run nox -s kills` races 100 times.
RACES = int(os.environ.get("GOURMETOPS_RACES", "4"))


def race(number, values, work, start, results):
    """Run every race as one process: begin when all are there, say how it went."""
    for round_ in range(RACES):
        step = Step(Settings({**values, "USER": f"runner-{number}"}), work, say=lambda _said: None)
        operation = f"race-{round_}-{number}"
        asked = Namespace(
            environment="staging", operation=operation, kind="", version="", patience=0
        )
        start.wait()
        try:
            begin.run(step, asked)
            results.put((round_, "won", operation))
        except BusyError as error:
            results.put((round_, "refused", str(error)))
        start.wait()
        winner = Namespace(
            environment="staging",
            operation=operation,
            status="Succeeded",
            failures="[]",
            labels="{}",
        )
        if step.gitops.held("staging") and step.journal.entries(operation):
            record.run(step, winner)
        start.wait()


def test_of_fifty_that_begin_at_once_one_wins_and_the_others_are_told_its_name(values, tmp_path):
    context = multiprocessing.get_context("fork")
    start, results = context.Barrier(RUNNERS), context.Queue()
    with tempfile.TemporaryDirectory(dir=tmp_path) as base:
        working = [Path(base) / str(number) for number in range(RUNNERS)]
        for folder in working:
            folder.mkdir()
        runners = [
            context.Process(target=race, args=(number, values, folder, start, results))
            for number, folder in enumerate(working)
        ]
        for runner in runners:
            runner.start()
        told = [results.get(timeout=600) for _ in range(RUNNERS * RACES)]
        for runner in runners:
            runner.join()

    for round_ in range(RACES):
        winners = [what for number, how, what in told if (number, how) == (round_, "won")]
        refused = [what for number, how, what in told if (number, how) == (round_, "refused")]
        assert len(winners) == 1, winners
        assert len(refused) == RUNNERS - 1
        assert all(f"staging is held by {winners[0]} " in what for what in refused), refused
