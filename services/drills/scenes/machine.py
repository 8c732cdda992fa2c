"""A machine and a platform that fail under the feet of an operation."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import yaml

from services.drills.catalogue import Drill, Outcome
from services.drills.errors import StageError
from services.drills.scenes.models import DEPLOY, operation, sent
from services.drills.stage import Stage

MLFLOW = "platform/deployment-mlflow.yaml"
SECONDS = 120.0
DAY = 86_400
SHIM = Path(__file__).with_name("clock.c")


def registry_down(stage: Stage, good: int) -> Outcome:
    """Take MLflow away while an image is baked, and bring it back."""
    digest = stage.image(str(good))
    code = stage.environment("production")["commit"]
    given = (f"--parameter=model-version={good}", f"--parameter=branch={code}")
    arguments = ("build-container-image", *given)
    with stage.started("workflows.run", *arguments) as baking:
        step = _wait(lambda: _with_model(stage), "the bake that has fetched its model")
        os.kill(step, signal.SIGSTOP)
        try:
            with _without_mlflow(stage):
                os.kill(step, signal.SIGCONT)
                done = baking.end()
        finally:
            _continue(step)
    run = operation(done)
    saw = [f"MLflow was gone while {run} was baking; it ended with exit code {done.code}"]
    wrong = [] if done.code else ["the bake said that it succeeded"]
    again = stage.invoke("workflows.retry", run)
    saw.append(f"with MLflow back, workflows.retry ended with exit code {again.code}")
    wrong += [] if again.code == 0 else [f"it does not go on: {again.text[-500:]}"]
    if stage.image(str(good)) != digest:
        wrong.append("the version was baked as another image than before")
    return Outcome(run, str(good), tuple(saw), tuple(wrong))


def clock_back(stage: Stage, good: int) -> Outcome:
    """Send a version that cannot start to staging, while the clock says yesterday."""
    before = stage.journal()[-1]
    with _yesterday(stage):
        outcome = sent("cut-off", stopped_by=DEPLOY)(stage, good)
    entries = [entry for entry in stage.journal() if entry["number"] > before["number"]]
    wrong = list(outcome.wrong)
    numbers = [entry["number"] for entry in entries]
    if numbers != list(range(before["number"] + 1, before["number"] + 1 + len(numbers))):
        wrong.append("the journal's numbers are not one after the other")
    noon = (datetime.now(UTC) - timedelta(seconds=DAY / 2)).isoformat()
    back = [entry for entry in entries if entry["at"] < noon]
    if not back:
        wrong.append("no line of the journal is from yesterday, so nothing was drilled")
    history = stage.invoke("history", "staging")
    if history.code:
        wrong.append(f"history does not answer: {history.text[-300:]}")
    saw = (*outcome.saw, f"{len(back)} lines of the journal are from yesterday, in their order")
    return Outcome(outcome.operation, outcome.version, saw, tuple(wrong))


@contextmanager
def _without_mlflow(stage: Stage) -> Iterator[None]:
    """Have Git say that there is no MLflow, and take it back."""
    with tempfile.TemporaryDirectory(prefix="drill-") as base:
        tree = Path(base) / "gitops"
        _git(Path(base), "clone", "--quiet", str(stage.state / "gitops.git"), str(tree))
        manifest = yaml.safe_load((tree / MLFLOW).read_text())
        manifest["spec"]["replicas"] = 0
        (tree / MLFLOW).write_text(yaml.safe_dump(manifest, sort_keys=False))
        _git(tree, "commit", "--quiet", "--all", "--message", "A drill takes MLflow away")
        _git(tree, "push", "--quiet", "origin", "HEAD:main")
        _wait(lambda: not _answers(stage), "MLflow to be gone")
        try:
            yield
        finally:
            _git(tree, "pull", "--quiet", "--rebase", "origin", "main")
            _git(tree, "revert", "--no-edit", "HEAD")
            _git(tree, "push", "--quiet", "origin", "HEAD:main")
            _wait(lambda: _answers(stage), "MLflow to be back")


@contextmanager
def _yesterday(stage: Stage) -> Iterator[None]:
    """Have every process that is started here, and every step, read a clock a day back."""
    shim = stage.state / "clock-one-day-back.so"
    made = subprocess.run(
        ["cc", "-shared", "-fPIC", "-O1", "-o", str(shim), str(SHIM), "-ldl"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if made.returncode:
        raise StageError("the clock cannot be turned back for our processes alone", made.stderr)
    shifted = {"LD_PRELOAD": str(shim), "CLOCK_SHIFT": str(-DAY)}
    facts = stage.state / "platform.yaml"
    told = facts.read_text()
    config = yaml.safe_load(told)
    config["data"] |= shifted
    os.environ |= shifted
    facts.write_text(yaml.safe_dump(config))
    try:
        yield
    finally:
        facts.write_text(told)
        for name in shifted:
            os.environ.pop(name, None)
        shim.unlink()


def _with_model(stage: Stage) -> int:
    """Return the process of a bake that has its model on disk, or 0."""
    mark = os.fsencode(str(stage.state))
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            told = (entry / "cmdline").read_bytes().split(b"\0")
            if b"bake" not in told or b"services.lifecycle" not in told:
                continue
            ours = mark in (entry / "environ").read_bytes()
            if ours and list((entry / "root" / "tmp").glob("lifecycle-*/model/model.onnx")):
                return int(entry.name)
        except OSError:  # it ended, or is somebody else's
            continue
    return 0


def _continue(process: int) -> None:
    try:
        os.kill(process, signal.SIGCONT)
    except ProcessLookupError:
        return


def _answers(stage: Stage) -> bool:
    where = stage.facts()["MLFLOW_TRACKING_URI"]
    command = [sys.executable, "-c", "import sys, urllib.request as r; r.urlopen(sys.argv[1])"]
    return stage.run([*command, f"{where}/health"], stage.clone).code == 0


def _wait(found: Callable[[], int], what: str) -> int:
    end = time.monotonic() + SECONDS
    while not (value := found()):
        if time.monotonic() > end:
            raise StageError(f"waited {SECONDS:.0f} s for {what}", "")
        time.sleep(0.002)
    return value


def _git(where: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=A drill", "-c", "user.email=drill@example.org"]
    done = subprocess.run(
        ["git", "-C", str(where), *identity, *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise StageError(f"git {arguments[0]} failed", done.stderr)


DRILLS = (
    Drill(
        name="registry-down",
        breaks="MLflow goes away while an image is baked, when its model is already fetched",
        expects="the bake fails and says so; with MLflow back the same run goes on",
        reason=r"MLflow at http\S+ cannot do it",
        tells="",
        act=registry_down,
    ),
    Drill(
        name="clock-back",
        breaks="the clock goes one day back, and a version that cannot start is released then",
        expects="it is taken back as ever; the journal keeps its order and its chain",
        reason=r"ONNX Runtime cannot load model\.onnx",
        act=clock_back,
        simulated="the clock of this machine is left alone: a library shifts it for our commands "
        "and steps; agent, gateway and MLflow read the true one",
    ),
)
