"""What people type: the commands of the runner, each in a process of its own."""

import json
import os
import pty
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

HELLO = """
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {name: hello}
spec:
  entrypoint: main
  arguments: {parameters: [{name: who, value: you}]}
  templates:
  - name: main
    steps:
    - - {name: greet, template: say, arguments: {parameters: [{name: m, value: "hello {{workflow.parameters.who}}"}]}}
    - - {name: last, template: say, arguments: {parameters: [{name: m, value: bye}]}}
  - name: say
    inputs: {parameters: [{name: m}]}
    container: {image: busybox, command: [echo], args: ["{{inputs.parameters.m}}"]}
"""  # noqa: E501 - YAML
APPROVE = """
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {name: approve}
spec:
  entrypoint: main
  templates:
  - name: main
    steps:
    - - {name: before, template: work}
    - - {name: wait, template: wait}
    - - {name: after, template: say, arguments: {parameters: [{name: m, value: "{{steps.wait.outputs.parameters.word}}"}]}}
  - name: work
    container: {image: busybox, command: ["true"]}
  - name: wait
    suspend: {}
    outputs: {parameters: [{name: word, valueFrom: {supplied: {}}}]}
  - name: say
    inputs: {parameters: [{name: m}]}
    container: {image: busybox, command: [echo], args: ["{{inputs.parameters.m}}"]}
"""  # noqa: E501 - YAML


class Desk:
    """A folder to work in."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.write("map.yaml", '"*": {run: host}\n')

    def write(self, name: str, text: str) -> str:
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return str(path)

    def args(self, command: str, *more: str, images: bool = True) -> list[str]:
        args = [sys.executable, "-m", "workflows.runner", command, *more]
        if command != "support":
            args += ["--state", str(self.folder / "state")]
        if images and command in ("run", "retry", "resume", "cron", "lint"):
            args += ["--images", str(self.folder / "map.yaml")]
        return args

    def run(
        self, command: str, *more: str, images: bool = True
    ) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            self.args(command, *more, images=images), cwd=ROOT, text=True, check=False,
            capture_output=True, stdin=subprocess.DEVNULL, timeout=120,
        )  # fmt: skip


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_a_run_prints_lines_and_ends_with_its_tree(desk: Desk) -> None:
    done = desk.run("run", desk.write("hello.yaml", HELLO))

    assert done.returncode == 0
    assert "Succeeded ✔ greet (say)" in done.stdout
    assert done.stdout.splitlines()[-4].startswith("hello  Succeeded")
    assert "steps run in bubblewrap" in done.stderr or "substituted" in done.stderr


def test_parameters_of_the_command_line_win(desk: Desk) -> None:
    file = desk.write("hello.yaml", HELLO)

    desk.run("run", file, "-p", "who=world", "--name", "mine")

    assert desk.run("logs", "mine", "greet").stdout == "greet: hello world\n"
    assert list(json.loads(desk.run("logs", "mine", "-o", "json").stdout).values()) == [
        "hello world",
        "bye",
    ]


def test_list_and_get_show_what_there_is(desk: Desk) -> None:
    desk.run("run", desk.write("hello.yaml", HELLO))

    rows = json.loads(desk.run("list", "-o", "json").stdout)
    shown = json.loads(desk.run("get", "hello", "-o", "json").stdout)

    assert [(row["name"], row["phase"]) for row in rows] == [("hello", "Succeeded")]
    assert shown["status"]["progress"] == "2/2"
    assert "hello  Succeeded" in desk.run("list").stdout
    assert "✔ greet (say)" in desk.run("get", "hello").stdout


def test_a_run_that_is_not_there_is_named_with_the_nearest(desk: Desk) -> None:
    desk.run("run", desk.write("hello.yaml", HELLO))

    done = desk.run("get", "helo")

    assert done.returncode == 2
    assert "there is no run 'helo'" in done.stderr
    assert "did you mean hello?" in done.stderr


def test_an_unknown_image_is_refused_with_the_line_to_add(desk: Desk) -> None:
    done = desk.run("run", desk.write("hello.yaml", HELLO), images=False)

    assert done.returncode == 2
    assert '"busybox": {run: host}' in done.stderr
    assert json.loads(desk.run("list", "-o", "json").stdout) == []


def test_a_plan_shows_the_nodes_and_starts_nothing(desk: Desk) -> None:
    done = desk.run("run", desk.write("hello.yaml", HELLO), "--plan")

    assert done.returncode == 0
    assert "  greet: container say  busybox" in done.stdout
    assert "images: busybox" in done.stdout
    assert json.loads(desk.run("list", "-o", "json").stdout) == []


def test_a_plan_shows_images_of_the_template_defaults(desk: Desk) -> None:
    defaults = "  templateDefaults: {container: {image: busybox}}\n  templates:\n"
    text = HELLO.replace("image: busybox, ", "").replace("  templates:\n", defaults)

    done = desk.run("run", desk.write("hello.yaml", text), "--plan")

    assert done.returncode == 0
    assert "greet: container say  busybox" in done.stdout
    assert "images: busybox\n" in done.stdout


CHOICE = """
apiVersion: argoproj.io/v1alpha1
kind: WorkflowTemplate
metadata: {name: choice}
spec:
  entrypoint: main
  arguments: {parameters: [{name: colour, value: red, enum: [red, blue]}]}
  templates:
  - name: main
    container: {image: busybox, command: [echo, "{{workflow.parameters.colour}}"]}
"""


def test_a_value_that_the_template_does_not_allow_is_refused_before_the_start(desk: Desk) -> None:
    file = desk.write("choice.yaml", CHOICE)

    done = desk.run("run", file, "--from", "choice", "-p", "colour=green")

    assert done.returncode == 2
    assert (
        "spec.arguments.colour.value should be present in spec.arguments.colour.enum list"
        in done.stderr
    )
    assert not (desk.folder / "state").exists()


def test_a_value_that_the_template_allows_is_taken(desk: Desk) -> None:
    file = desk.write("choice.yaml", CHOICE)

    done = desk.run("run", file, "--from", "choice", "-p", "colour=blue", "--name", "one")

    assert done.returncode == 0
    assert desk.run("logs", "one").stdout.endswith(": blue\n")


def test_a_stub_stands_for_a_node(desk: Desk) -> None:
    stub = desk.write("stub.yaml", "phase: Failed\nmessage: as if\nexitCode: 9\n")

    done = desk.run("run", desk.write("hello.yaml", HELLO), "--stub", f"greet={stub}", "-o", "json")

    nodes = json.loads(done.stdout)["status"]["nodes"].values()
    greet = next(node for node in nodes if node["displayName"] == "greet")
    assert done.returncode == 1
    assert (greet["phase"], greet["message"]) == ("Failed", "as if")


def test_retry_from_a_node_does_it_and_what_follows_again(desk: Desk) -> None:
    desk.run("run", desk.write("hello.yaml", HELLO))
    before = _started(desk)

    done = desk.run("retry", "hello", "--from", "last")

    after = _started(desk)
    assert done.returncode == 0
    assert before["greet"] == after["greet"]
    assert before["last"] < after["last"]


def _started(desk: Desk) -> dict[str, str]:
    nodes = json.loads(desk.run("get", "hello", "-o", "json").stdout)["status"]["nodes"].values()
    return {node["displayName"]: node["startedAt"] for node in nodes}


def test_a_suspended_run_ends_and_goes_on_when_it_is_resumed(desk: Desk) -> None:
    first = desk.run("run", desk.write("approve.yaml", APPROVE))

    again = desk.run("resume", "approve", "-p", "word=yes-do")

    assert first.returncode == 1
    assert "`resume approve` goes on from here" in first.stdout
    assert again.returncode == 0, again.stderr
    assert desk.run("logs", "approve", "after").stdout == "after: yes-do\n"


def test_a_run_that_waits_is_resumed_from_outside(desk: Desk) -> None:
    file = desk.write("approve.yaml", APPROVE)
    with subprocess.Popen(
        desk.args("run", file, "--suspend", "wait", "-o", "json"), cwd=ROOT, text=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
    ) as waiting:  # fmt: skip
        _wait_for(desk, "Running", "wait")

        asked = desk.run("resume", "approve", "--node", "wait", "-p", "word=go")

        out, _ = waiting.communicate(timeout=60)
    assert asked.returncode == 0
    assert json.loads(out)["status"]["phase"] == "Succeeded"


def _wait_for(desk: Desk, phase: str, name: str) -> None:
    for _ in range(100):
        shown = desk.run("get", "approve", "-o", "json")
        nodes = json.loads(shown.stdout)["status"]["nodes"] if shown.returncode == 0 else {}
        if any(n["displayName"] == name and n["phase"] == phase for n in nodes.values()):
            return
        time.sleep(0.1)
    raise AssertionError(f"{name} never was {phase}")


def test_several_workflows_make_a_list(desk: Desk) -> None:
    one = desk.write("one.yaml", HELLO)
    two = desk.write("two.yaml", HELLO.replace("name: hello}", "name: other}"))

    done = desk.run("run", one, two, "-o", "json")

    found = json.loads(done.stdout)
    assert found["kind"] == "List"
    assert [item["metadata"]["name"] for item in found["items"]] == ["hello", "other"]


def test_lint_refuses_what_run_refuses(desk: Desk) -> None:
    bad = desk.write("bad.yaml", HELLO.replace("entrypoint", "entryPoint"))

    for command in ("lint", "run"):
        done = desk.run(command, bad)
        assert done.returncode == 2
        assert "entryPoint" in done.stderr
        assert "did you mean" in done.stderr


def test_a_malformed_option_is_a_usage_error(desk: Desk) -> None:
    done = desk.run("run", desk.write("hello.yaml", HELLO), "-p", "who")

    assert done.returncode == 2
    assert "write it as NAME=VALUE" in done.stderr


def test_support_lists_every_field(desk: Desk) -> None:
    rows = json.loads(desk.run("support", "-o", "json").stdout)

    assert len(rows) > 500
    assert {row["support"] for row in rows} == {"done", "refused", "no meaning here"}


CRON = """
apiVersion: argoproj.io/v1alpha1
kind: CronWorkflow
metadata: {name: tick}
spec:
  schedules: ["* * * * *"]
  successfulJobsHistoryLimit: 2
  workflowSpec:
    entrypoint: main
    templates:
    - name: main
      container: {image: busybox, command: [echo], args: ["{{workflow.scheduledTime}}"]}
"""


def test_a_cron_workflow_runs_on_schedule_and_keeps_its_history_short(desk: Desk) -> None:
    file = desk.write("cron.yaml", CRON)

    done = desk.run(
        "cron", file, "--since", "2026-01-31T08:00:30Z", "--speed", "120", "--for", "240"
    )

    rows = json.loads(desk.run("list", "-o", "json").stdout)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("started tick-") == 4
    assert sorted(row["name"] for row in rows) == ["tick-1769846580", "tick-1769846640"]
    assert desk.run("logs", "tick-1769846640").stdout.endswith("2026-01-31T08:04:00Z\n")


def test_a_stop_strategy_ends_a_cron_workflow(desk: Desk) -> None:
    stop = 'schedules: ["* * * * *"]\n  stopStrategy: {expression: cronworkflow.succeeded >= 2}'
    file = desk.write("cron.yaml", CRON.replace('schedules: ["* * * * *"]', stop))

    done = desk.run(
        "cron", file, "--since", "2026-01-31T08:00:30Z", "--speed", "60", "--for", "300"
    )

    assert done.stdout.count("started tick-") == 2
    assert "not started: its stopStrategy holds" in done.stdout


def test_a_terminal_shows_a_live_tree(desk: Desk) -> None:
    file = desk.write(
        "hello.yaml", HELLO.replace('[echo], args: ["{{inputs.parameters.m}}"]', '[sleep, "0.5"]')
    )

    shown = _at_a_terminal(desk.args("run", file))

    assert "hello  Running" in shown
    assert "✔ greet (say)" in shown


TRAIN = """
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {name: hello}
spec:
  entrypoint: main
  templates:
  - name: main
    retryStrategy: {limit: 2}
    container: {image: busybox, command: [sh, -c], args: ["echo epoch 1 of 2; sleep 1"]}
"""
MAKE = """
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {name: parent}
spec:
  entrypoint: make
  templates:
  - name: make
    resource:
      action: create
      successCondition: status.phase == Succeeded
      manifest: |
"""


def test_a_terminal_shows_the_last_line_of_what_runs(desk: Desk) -> None:
    shown = _at_a_terminal(desk.args("run", desk.write("train.yaml", TRAIN)))

    assert "epoch 1 of 2" in shown


def test_a_terminal_shows_what_runs_in_a_run_that_a_node_made(desk: Desk) -> None:
    text = MAKE + TRAIN.replace("\n", "\n        ")

    shown = _at_a_terminal(desk.args("run", desk.write("make.yaml", text)))

    assert "▸ hello(0)  epoch 1 of 2" in shown


def test_an_only_attempt_is_one_line_in_the_tree(desk: Desk) -> None:
    done = desk.run("run", desk.write("train.yaml", TRAIN))

    tree = done.stdout.partition("hello  Succeeded\n")[2].splitlines()
    assert len(tree) == 1
    assert tree[0].startswith("✔ hello (main)")


def _at_a_terminal(args: Sequence[str]) -> str:
    ours, theirs = pty.openpty()
    chunks: list[bytes] = []

    def read() -> None:
        while True:
            try:
                data = os.read(ours, 65536)
            except OSError:
                return
            if not data:
                return
            chunks.append(data)

    env = {**os.environ, "TERM": "xterm", "COLUMNS": "100", "LINES": "30"}
    with subprocess.Popen(args, cwd=ROOT, stdin=theirs, stdout=theirs, stderr=theirs, env=env):
        os.close(theirs)
        reader = threading.Thread(target=read)
        reader.start()
    reader.join()
    os.close(ours)
    return b"".join(chunks).decode("utf-8", "replace")
