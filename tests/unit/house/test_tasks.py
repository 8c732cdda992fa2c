"""`invoke --list` is the table of contents: its names, its length, and what it may import."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SCREEN = 50  # lines
HEAVY = (
    "mlflow",
    "torch",
    "fabric",
    "kubernetes",
    "ansible",
    "numpy",
    "rich",
    "helm_python",
)


@pytest.fixture(scope="module")
def listed():
    done = subprocess.run(
        [sys.executable, "-m", "invoke", "--list"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout


def test_the_names_of_the_tasks_are_those_that_people_learnt(listed):
    names = {
        line.split()[0]
        for line in listed.splitlines()[2:]
        if line.startswith("  ") and line.split()
    }
    wanted = {
        "up", "down", "status", "logs", "train", "deploy-canary", "promote", "rollback", "judge",
        "approve", "explain", "trace", "history", "diff", "drift", "repair", "hold",
        "provision", "destroy", "check-nodes", "ssh", "tunnel",
        "lease.show", "lease.extend", "lease.delete",
        "charts.render", "charts.diff", "charts.validate",
        "drills.run", "drills.list",
        "services.build", "services.serve", "services.feedback",
        *(f"workflows.{name}" for name in (
            "lint", "plan", "run", "list", "get", "logs", "retry", "resume", "stop", "on-push",
            "support",
        )),
    }  # fmt: skip
    assert names == wanted


def test_the_list_fits_one_screen_with_a_sentence_for_each(listed):
    lines = [line for line in listed.splitlines()[2:] if line.strip()]

    assert len(lines) <= SCREEN
    assert all(len(line.split()) > 1 for line in lines)


def test_listing_imports_nothing_heavy():
    ask = "import sys, tasks; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    done = subprocess.run(
        [sys.executable, "-c", ask], cwd=ROOT, check=True, capture_output=True, text=True
    )

    assert set(done.stdout.split()).isdisjoint(HEAVY)


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("explain 1", "Say where to: --to canary or --to production."),
        ("approve 1 --to staging", "Say where to: --to canary or --to production."),
        ("repair canray", "No environment 'canray': choose staging, canary, production."),
        ("hold 1 --json", "--json is for --plan."),
        ("hold 1 --plan --apply x", "--plan shows and --apply does: give one of them."),
        ("train --until canry", "--until canry: choose register, staging, canary, production."),
        ("up --json", "--json is for --plan."),
        ("down --json", "--json is for --plan."),
        ("destroy --site local --json", "--json is for --plan."),
        ("destroy --site local --plan", "The local site is this machine"),
        ("lease.extend --site local --plan", "The local site is this machine"),
    ],
)
def test_what_was_typed_wrongly_is_told_in_a_sentence_before_anything_is_done(
    typed, says, tmp_path
):
    state = tmp_path / "state"
    done = subprocess.run(
        [sys.executable, "-m", "invoke", *typed.split()],
        cwd=ROOT,
        env={**os.environ, "GOURMET_STATE": str(state)},
        check=False,
        capture_output=True,
        text=True,
    )

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(says)
    assert not state.exists()


def test_down_plan_where_nothing_was_ever_started_says_so(tmp_path):
    state = tmp_path / "state"
    done = subprocess.run(
        [sys.executable, "-m", "invoke", "down", "--plan", "--purge"],
        cwd=ROOT,
        env={**os.environ, "GOURMET_STATE": str(state)},
        check=False,
        capture_output=True,
        text=True,
    )

    assert done.stdout == "Nothing is running, and nothing would be removed.\n"
    assert not state.exists()
