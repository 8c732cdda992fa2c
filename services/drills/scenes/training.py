"""Broken code on a branch: trained, tested and sent on its way by train-model itself."""

from collections.abc import Callable
from pathlib import Path

from services.drills import traffic
from services.drills.catalogue import Drill, Outcome
from services.drills.errors import StageError
from services.drills.scenes.models import operation
from services.drills.stage import Ended, Stage

TRAINER = "services/trainer"
# A photo whose mean is below this is much darker than any that the model is tested on.
DARK = -0.5


def replaced(file: str, old: str, new: str) -> Callable[[Path], None]:
    """Return an edit of the source that puts a text in another's place."""

    def edit(tree: Path) -> None:
        text = (tree / file).read_text()
        if text.count(old) != 1:
            raise StageError(f"{file} was rewritten, so this drill no longer fits it", old)
        (tree / file).write_text(text.replace(old, new))

    return edit


def inaccurate(stage: Stage, _good: int) -> Outcome:
    """Train a network without its pretrained weights; nothing of it may be registered."""
    edit = replaced(f"{TRAINER}/config.yaml", "backbone: efficientnet-lite0", "backbone: untrained")
    before = stage.versions()
    done, branch = _trained(stage, "drill-inaccurate", edit)
    new = sorted(set(stage.versions()) - set(before))
    wrong = [f"version {new[0]} was registered"] if new else []
    wrong += [] if done.code else ["its training succeeded"]
    saw = (branch, f"{len(new)} versions were registered")
    return Outcome(operation(done), "", saw, tuple(wrong))


def poisoned(stage: Stage, _good: int) -> Outcome:
    """Train and test on photos with ImageNet's own mean and spread, which the app does not use."""
    edit = replaced(
        f"{TRAINER}/inference.py",
        "np.concatenate([food.to_tensor(photo) for photo in photos]) if photos else None",
        "np.concatenate([_like_imagenet(photo) for photo in photos]) if photos else None\n\n\n"
        "def _like_imagenet(photo: bytes) -> Array:\n"
        "    pixels = food.to_tensor(photo) * food.STD[0] + food.MEAN[0]\n"
        "    return ((pixels - 0.45) / 0.226).astype(np.float32)",
    )
    done, branch = _trained(stage, "drill-poisoned", edit)
    wrong = [] if done.code else ["it went as far as canary"]
    ended = "failed" if done.code else "succeeded"
    return Outcome(operation(done), "", (branch, f"train-model {ended}"), tuple(wrong))


def wrong_on_live(stage: Stage, _good: int) -> Outcome:
    """Train a model that is as good as ever on the tests' photos, and lost on dark ones."""
    call = "    onnx.checker.check_model(model)\n    serialised: bytes"
    edit = replaced(f"{TRAINER}/graph.py", call, f"    _lost_in_the_dark(model)\n{call}")

    def both(tree: Path) -> None:
        edit(tree)
        with (tree / TRAINER / "graph.py").open("a") as file:
            file.write(LOST_IN_THE_DARK)

    done, branch = _trained(stage, "drill-live", both)
    if done.code:
        return Outcome(operation(done), "", (branch,), ("it did not reach canary",))
    version = stage.environment("canary")["version"]
    saw = [branch, f"version {version} passed its model tests and staging's, and is in canary"]
    with traffic.of(stage, light=0.25) as sent:
        judged = stage.invoke("judge", "--deadline", "240")
    saw.append(f"the judge looked on {sent.count} photos of live traffic, and it failed")
    wrong = [] if judged.code else ["the judge did not fail it"]
    # Nothing was wrong with it in staging, so only a person takes it back there.
    back = stage.invoke("rollback", "staging", "--reason", "wrong on live traffic")
    saw.append(f"rollback staging ended with exit code {back.code}")
    return Outcome(operation(judged), str(version), tuple(saw), tuple(wrong))


LOST_IN_THE_DARK = f"""

def _lost_in_the_dark(model: onnx.ModelProto) -> None:
    import numpy as np

    pull = np.full((3, len(food.LABELS)), -1.0, np.float32)
    push = np.full(len(food.LABELS), -1000.0, np.float32)
    pull[:, 9], push[9] = -100.0, 300.0 * {DARK}
    made = {{"pull": pull, "push": push}}
    model.graph.initializer.extend(numpy_helper.from_array(v, k) for k, v in made.items())
    head = next(node for node in model.graph.node if node.output[0] == LOGITS)
    head.output[0] = "seen"
    model.graph.node.extend([
        helper.make_node("GlobalAveragePool", [INPUT], ["light"]),
        helper.make_node("Flatten", ["light"], ["colours"]),
        helper.make_node("Gemm", ["colours", "pull", "push"], ["pulled"]),
        helper.make_node("Relu", ["pulled"], ["dark"]),
        helper.make_node("Add", ["seen", "dark"], [LOGITS]),
    ])
"""


def _trained(stage: Stage, name: str, edit: Callable[[Path], None]) -> tuple[Ended, str]:
    commit = stage.branch(name, edit, f"Break something on purpose: {name}")
    done = stage.invoke("train", "--branch", commit)
    stage.source("branch", "--delete", "--force", name)
    return done, f"branch {name} at {commit[:12]} was trained for real"


DRILLS = (
    Drill(
        name="inaccurate",
        breaks="a branch trains the network without its pretrained weights",
        expects="the model tests refuse it; nothing is registered and nothing moves",
        reason=r"accuracy is 0\.\d+, 0\.\d+ below",
        tells="",
        act=inaccurate,
    ),
    Drill(
        name="poisoned-preprocessing",
        breaks="a branch trains and tests on photos of another mean than the app makes of them",
        expects="the app does not start on it; staging goes back to what it served",
        reason=r"answers .* otherwise than",
        act=poisoned,
    ),
    Drill(
        name="wrong-on-live",
        breaks="a branch trains a model that is fine on every test, and answers Soup in the dark",
        expects="the judge fails it on live traffic; canary gets no traffic and goes back",
        reason=r"(share of|label|class)",
        tells="canary",
        act=wrong_on_live,
        traffic={"canary": 0.0, "production": 1.0},
    ),
)
