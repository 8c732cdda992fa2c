"""Runs that are interrupted, killed, stopped: nothing is left behind, and all can go on."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.waiting import until

ROOT = Path(__file__).parents[2]
PATIENCE = 30.0

SLOW = """
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {name: slow}
spec:
  entrypoint: main
  onExit: bye
  templates:
  - name: main
    steps:
    - - {name: first, template: quick}
    - - {name: long, template: long}
      - {name: hidden, template: hidden}
    - - {name: last, template: quick}
  - name: quick
    container: {image: x, command: [sh, -c], args: ["echo once >> $MARKS/first; echo quick"]}
  - name: long
    container: {image: x, command: [sh, -c], args: ["[ -e $MARKS/go ] || exec sleep SECONDS"]}
  - name: hidden
    container:
      image: x
      command: [sh, -c]
      args: ["[ -e $MARKS/go ] || { setsid sh -c 'trap \\"\\" TERM; sleep SECONDS' & sleep 2; }"]
  - name: bye
    container: {image: x, command: [sh, -c], args: ["echo {{workflow.status}} > $MARKS/bye"]}
"""


class Bench:
    """A folder with a slow workflow, and the runner as its own process."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.seconds = f"{7000 + os.getpid() % 1000}.{abs(hash(folder)) % 10000}"
        self.marks = folder / "marks"
        self.marks.mkdir()
        self.file = folder / "slow.yaml"
        self.file.write_text(SLOW.replace("SECONDS", self.seconds), encoding="utf-8")
        images = {
            "*": {"run": "host", "env": {"MARKS": str(self.marks)}, "binds": [str(self.marks)]}
        }
        (folder / "images.yaml").write_text(json.dumps(images), encoding="utf-8")
        self.processes: list[subprocess.Popen[str]] = []

    def start(self, command: str, *more: str, sandbox: bool = True) -> "subprocess.Popen[str]":
        """Start a command of the runner."""
        env = os.environ if sandbox else {**os.environ, "GOURMET_SANDBOX": "none"}
        args = [sys.executable, "-m", "workflows.runner", command, *more]
        args += ["--state", str(self.folder / "state")]
        if command in ("run", "retry", "resume"):
            args += ["--images", str(self.folder / "images.yaml")]
        process = subprocess.Popen(
            args, cwd=ROOT, env=env, text=True, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        self.processes.append(process)
        return process

    def ask(self, command: str, *more: str) -> "subprocess.CompletedProcess[str]":
        """Run a command of the runner to its end."""
        process = self.start(command, *more)
        out, err = process.communicate(timeout=60)
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    def start_slow(self, *, sandbox: bool = True) -> "subprocess.Popen[str]":
        """Start the slow workflow and wait until its long steps run."""
        process = self.start("run", str(self.file), "-o", "json", sandbox=sandbox)
        until(lambda: len(self.sleeping()) >= 2, PATIENCE)
        return process

    def sleeping(self) -> list[psutil.Process]:
        """Give the processes of the long steps."""
        found = []
        for process in psutil.process_iter(["cmdline"]):
            command = process.info["cmdline"] or []
            if command[:1] == ["sleep"] and self.seconds in command:
                found.append(process)
        return found

    def get(self) -> dict[str, Any]:
        """Give the run as `get` shows it."""
        return dict(json.loads(self.ask("get", "slow", "-o", "json").stdout))

    def phases(self) -> dict[str, str]:
        """Give the phase of each node by its last name."""
        nodes = self.get()["status"]["nodes"].values()
        return {node["displayName"]: node["phase"] for node in nodes}


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    for process in made.processes:
        if process.poll() is None:
            process.kill()
        process.communicate()
    for left in made.sleeping():
        with suppress(psutil.NoSuchProcess):  # what ends with its runner may just have done so
            left.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_ends_every_process_and_exits_130(
    bench: Bench, number: signal.Signals
) -> None:
    process = bench.start_slow()

    process.send_signal(number)

    out, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert json.loads(out)["status"]["phase"] == "Failed"
    assert bench.sleeping() == []
    assert not (bench.marks / "bye").exists()


def test_kill_9_leaves_no_process_and_shows_what_happened(bench: Bench) -> None:
    process = bench.start_slow()

    process.kill()
    process.wait()

    until(lambda: bench.sleeping() == [], PATIENCE)
    shown = bench.get()
    assert shown["status"]["phase"] == "Error"
    assert shown["status"]["message"] == "the runner ended while this was going on"
    assert bench.phases()["first"] == "Succeeded"


def test_without_a_sandbox_the_next_start_ends_what_a_killed_runner_left(bench: Bench) -> None:
    process = bench.start_slow(sandbox=False)
    process.kill()
    process.wait()
    assert bench.sleeping() != []

    bench.ask("run", str(bench.file), "--name", "next", "--plan")
    bench.ask("retry", "slow", "--from", "no-such-node")

    assert bench.sleeping() == []


def test_without_a_sandbox_an_interrupt_ends_every_process(bench: Bench) -> None:
    process = bench.start_slow(sandbox=False)

    process.send_signal(signal.SIGINT)

    process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert bench.sleeping() == []


def test_a_killed_run_goes_on_with_retry_and_does_nothing_twice(bench: Bench) -> None:
    process = bench.start_slow()
    process.kill()
    process.wait()
    (bench.marks / "go").touch()

    done = bench.ask("retry", "slow", "-o", "json")

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["status"]["phase"] == "Succeeded"
    assert (bench.marks / "first").read_text(encoding="utf-8") == "once\n" * 2
    assert (bench.marks / "bye").read_text(encoding="utf-8") == "Succeeded\n"
    assert bench.phases()["last"] == "Succeeded"


def test_a_killed_dag_goes_on_below_what_it_had_finished(bench: Bench) -> None:
    steps = SLOW[SLOW.index("    steps:") : SLOW.index("  - name: quick")]
    dag = """    dag:
      tasks:
      - {name: first, template: quick}
      - {name: each, template: quick, withItems: [1, 2], depends: first}
      - {name: never, template: quick, when: "1 == 2", depends: first}
      - {name: long, template: long, depends: each && never}
      - {name: hidden, template: hidden, depends: first}
      - {name: last, template: quick, depends: long && hidden}
"""
    bench.file.write_text(SLOW.replace(steps, dag).replace("SECONDS", bench.seconds))
    process = bench.start_slow()
    process.kill()
    process.wait()
    (bench.marks / "go").touch()

    done = bench.ask("retry", "slow", "-o", "json")

    assert done.returncode == 0, done.stderr
    nodes = json.loads(done.stdout)["status"]["nodes"]
    below = {nodes[child]["displayName"] for child in nodes["slow"]["children"]}
    assert below == {"first"}
    assert all(child in nodes for node in nodes.values() for child in node.get("children", ()))
    assert (bench.marks / "first").read_text(encoding="utf-8") == "once\n" * 4


def test_retry_of_a_run_that_goes_on_is_refused(bench: Bench) -> None:
    bench.start_slow()

    done = bench.ask("retry", "slow")

    assert done.returncode == 2
    assert "is still going on in process" in done.stderr


def test_stop_ends_the_steps_and_runs_the_exit_handler(bench: Bench) -> None:
    process = bench.start_slow()

    assert bench.ask("stop", "slow").returncode == 0

    out, _ = process.communicate(timeout=PATIENCE)
    status = json.loads(out)["status"]
    assert process.returncode == 1
    assert status["message"] == "Stopped with strategy 'Stop'"
    assert (bench.marks / "bye").read_text(encoding="utf-8") == "Failed\n"
    assert bench.sleeping() == []


def test_terminate_runs_no_exit_handler(bench: Bench) -> None:
    process = bench.start_slow()

    assert bench.ask("terminate", "slow").returncode == 0

    process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    assert not (bench.marks / "bye").exists()


def test_stop_closes_what_a_crash_left_open(bench: Bench) -> None:
    process = bench.start_slow()
    process.kill()
    process.wait()

    assert bench.ask("stop", "slow").returncode == 0

    rows = json.loads(bench.ask("list", "-o", "json").stdout)
    assert [(row["name"], row["phase"]) for row in rows] == [("slow", "Failed")]


def test_a_name_is_used_once(bench: Bench) -> None:
    (bench.marks / "go").touch()
    assert bench.ask("run", str(bench.file)).returncode == 0

    again = bench.ask("run", str(bench.file))

    assert again.returncode == 2
    assert "there is a run 'slow'" in again.stderr
