"""Broken models that reach the registry: baked, released to staging and tested for real."""

import re
from collections.abc import Callable

from services.drills.catalogue import Drill, Outcome
from services.drills.stage import Ended, Stage

ENDED = re.compile(r"^(\S+)  (?:Succeeded|Failed|Error)\b", re.MULTILINE)
DEPLOY, TEST = "deploy-container-image", "test-staging"


def sent(fault: str, stopped_by: str) -> Callable[[Stage, int], Outcome]:
    """Return an act that breaks a model by `fault`; the workflow `stopped_by` must stop it."""

    def act(stage: Stage, good: int) -> Outcome:
        run = stage.broken(fault, "--version", str(good))
        version = stage.verb("register", "--run", run)["version"]
        done = stage.workflow("build-container-image", model_version=version)
        digest = stage.image(version)
        saw = [f"version {version} was registered and baked as {digest[:19]}"]
        for workflow in (DEPLOY, TEST) if done.code == 0 else ():
            done = stage.workflow(workflow, **_asked(workflow, version, digest))
            saw.append(f"{workflow} {'succeeded' if done.code == 0 else 'failed'}")
            if done.code:
                break
        stopped = f"{stopped_by} failed" in saw
        wrong = [] if stopped else [_otherwise(stopped_by, done)]
        return Outcome(operation(done), version, tuple(saw), tuple(wrong))

    return act


def operation(done: Ended) -> str:
    """Return the name of the run that a command started, as it printed it."""
    found = ENDED.findall(done.text)
    return str(found[-1]) if found else ""


def _asked(workflow: str, version: str, digest: str) -> dict[str, str]:
    asked = {"model_version": version, "digest": digest}
    return asked if workflow == TEST else {**asked, "environment": "staging"}


def _otherwise(wanted: str, done: Ended) -> str:
    return f"{wanted} had to stop it and did not. The last workflow said: {done.text[-600:]}"


DRILLS = (
    Drill(
        name="bad-serialisation",
        breaks="the file of the weights breaks off in the middle, with a hash that fits it",
        expects="the app does not start on it; staging goes back to what it served",
        reason=r"ONNX Runtime cannot load model\.onnx",
        act=sent("cut-off", stopped_by=DEPLOY),
    ),
    Drill(
        name="other-output",
        breaks="the network is of another architecture and names 1000 things",
        expects="the app does not start on it; staging goes back to what it served",
        reason=r"answers with shape \(1, 1000\), not \(1, 11\)",
        act=sent("other-output", stopped_by=DEPLOY),
    ),
    Drill(
        name="other-input",
        breaks="the network is of another architecture and takes photos of 256 by 256",
        expects="the app does not start on it; staging goes back to what it served",
        reason=r"model\.onnx cannot run on `input`.*(256|dimensions)",
        act=sent("other-input", stopped_by=DEPLOY),
    ),
    Drill(
        name="too-large",
        breaks="the weights are 210 MB, and the app needs more memory than its limit",
        expects="it is killed for memory; staging goes back to what it served",
        reason=r"killed for memory|out of memory",
        act=sent("large", stopped_by=DEPLOY),
    ),
    Drill(
        name="slow",
        breaks="each photo goes through wide convolutions as well, so an answer takes seconds",
        expects="the load test refuses it; staging goes back to what it served",
        reason=r"slow model: p95 is",
        act=sent("slow", stopped_by=TEST),
    ),
    Drill(
        name="other-preprocessing",
        breaks="the model was trained on photos of another size and mean than the app makes",
        expects="the app does not start on it; staging goes back to what it served",
        reason=r"trained with preprocessing (mean|side)",
        act=sent("other-preprocessing", stopped_by=DEPLOY),
    ),
)
