"""The commands that a person types, in a process of their own."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.local.conftest import app, make_bench

ROOT = Path(__file__).parents[2]


def invoke(state, *arguments):
    return subprocess.run(
        [sys.executable, "-m", "invoke", *arguments],
        cwd=ROOT,
        env={**os.environ, "GOURMET_STATE": str(state.folder)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def test_status_says_what_serves_as_a_table_and_as_json(bench):
    image = bench.image(VERSION="5", COMMIT="c" * 40)
    bench.healthy(revision=bench.commit({"environments/staging/app.yaml": app(image)}))

    table = invoke(bench.state, "status")
    facts = json.loads(invoke(bench.state, "status", "--json").stdout)

    staging = facts["environments"][0]
    assert (staging["name"], staging["version"]) == ("staging", 5)
    assert (staging["digest"], staging["commit"]) == (image.partition("@")[2], "c" * 40)
    assert (staging["health"], staging["traffic"], staging["url"]) == ("Healthy", 0.0, bench.url())
    assert [row["health"] for row in facts["environments"][1:]] == ["Missing", "Missing"]
    assert facts["addresses"]["gateway"] == bench.site.addresses["gateway"]
    assert table.returncode == 0
    assert image.partition(":")[2][:12] in table.stdout
    assert "MLflow does not answer" in table.stdout


@pytest.mark.parametrize("what", ["agent", "gateway", "staging"])
def test_logs_show_what_a_part_printed(bench, what):
    bench.healthy(
        revision=bench.commit({"environments/staging/app.yaml": app(bench.image(VERSION="6"))})
    )
    said = {"agent": "applying", "staging": "hello from version 6", "gateway": "==> gateway"}

    shown = invoke(bench.state, "logs", what)

    assert shown.returncode == 0
    assert said[what] in shown.stdout


def test_logs_of_nothing_known_name_what_there_is(bench):
    shown = invoke(bench.state, "logs", "stagin")

    assert shown.returncode == 2
    assert "stagin: nothing of this name has a log (did you mean staging?)" in shown.stderr


def test_a_site_that_is_down_has_no_status_and_says_how_to_start_it(tmp_path):
    bench = make_bench(tmp_path)

    first = invoke(bench.state, "down")
    second = invoke(bench.state, "down")
    shown = invoke(bench.state, "status", "--json")

    assert (first.returncode, first.stdout) == (0, "Stopped 3 processes.\n")
    assert (second.returncode, second.stdout) == (0, "Nothing was running.\n")
    assert shown.returncode == 1
    assert "is not running. Start it: ./run invoke up" in shown.stderr


def test_a_purge_asks_and_without_anybody_to_ask_changes_nothing(tmp_path):
    bench = make_bench(tmp_path)

    asked = invoke(bench.state, "down", "--purge")
    assert asked.returncode == 2
    assert "Nobody is here to ask; say --yes." in asked.stderr
    assert bench.state.site_file.exists()

    agreed = invoke(bench.state, "down", "--purge", "--yes")
    assert agreed.returncode == 0
    assert not bench.state.folder.exists()
