"""A run that another run made: what a person sees of it in the one that they started."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

PARENT = """
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {name: parent}
spec:
  entrypoint: main
  templates:
  - name: main
    steps:
    - - {name: make, template: make}
  - name: make
    resource:
      action: create
      successCondition: status.phase == Succeeded
      failureCondition: status.phase in (Failed, Error)
      manifest: |
        apiVersion: argoproj.io/v1alpha1
        kind: Workflow
        metadata: {name: child}
        spec:
          entrypoint: all
          templates:
          - name: all
            steps:
            - - {name: fine, template: fine}
            - - {name: train, template: train}
          - name: fine
            container: {image: busybox, command: ["true"]}
          - name: train
            container: {image: busybox, command: [sh, -c], args: ["echo no memory left; exit 3"]}
"""


@pytest.fixture
def runner(tmp_path: Path):
    (tmp_path / "images.yaml").write_text('"*": {run: host}\n', encoding="utf-8")

    def run(command: str, *more: str) -> "subprocess.CompletedProcess[str]":
        args: Sequence[str] = [
            sys.executable, "-m", "workflows.runner", command, *more,
            "--state", str(tmp_path / "state"),
        ]  # fmt: skip
        images = ["--images", str(tmp_path / "images.yaml")] if command == "run" else []
        return subprocess.run(
            [*args, *images], cwd=ROOT, text=True, check=False, capture_output=True, timeout=60
        )

    return run


@pytest.fixture
def parent(tmp_path: Path) -> str:
    file = tmp_path / "parent.yaml"
    file.write_text(PARENT, encoding="utf-8")
    return str(file)


WHY = """\
--- last lines of parent[0].make
    workflow child was created: `get child` and `logs child` show it
    workflow child ended Failed: child 'child-153255612' failed
      Failed child[1].train: main: Error (exit code 3)
        no memory left
"""


def test_why_a_child_failed_stands_in_the_output_of_its_parent(runner, parent) -> None:
    done = runner("run", parent)

    assert done.returncode == 1
    assert WHY in done.stdout


def test_get_says_why_a_child_failed(runner, parent) -> None:
    runner("run", parent)

    assert WHY in runner("get", "parent").stdout


def test_the_logs_of_a_parent_name_the_child(runner, parent) -> None:
    runner("run", parent)

    assert "make: workflow child was created: `get child`" in runner("logs", "parent").stdout


def test_a_workflow_that_is_applied_twice_runs_once_and_both_who_asked_see_how_it_ended(
    runner, tmp_path
) -> None:
    good = PARENT.replace("action: create", "action: apply").replace("exit 3", "exit 0")
    for name in ("first", "second"):
        text = good.replace("{name: parent}", f"{{name: {name}}}")
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")

    first = runner("run", str(tmp_path / "first.yaml"))
    second = runner("run", str(tmp_path / "second.yaml"))

    assert (first.returncode, second.returncode) == (0, 0), second.stdout
    assert len(list((tmp_path / "state").glob("child*"))) == 1
    assert "workflow child was created" in runner("logs", "first").stdout
    assert "workflow child was there already" in runner("logs", "second").stdout


def test_a_workflow_that_is_there_is_not_changed_by_an_apply(runner, tmp_path) -> None:
    applied = PARENT.replace("action: create", "action: apply")
    (tmp_path / "first.yaml").write_text(applied.replace("exit 3", "exit 0"), encoding="utf-8")
    other = applied.replace("exit 3", "exit 4").replace("{name: parent}", "{name: other}")
    (tmp_path / "other.yaml").write_text(other, encoding="utf-8")
    runner("run", str(tmp_path / "first.yaml"))

    refused = runner("run", str(tmp_path / "other.yaml"))

    assert refused.returncode == 1
    assert "workflow child is there already with another spec" in refused.stdout
