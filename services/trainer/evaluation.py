"""Answer the evaluation split with the model that will be served, and draw how it went."""

import tempfile
from pathlib import Path

import numpy as np

from services import food
from services.trainer import figures, modelfile, progress, scores
from services.trainer.dataset import DataSet
from services.trainer.inference import Array, Model
from services.trainer.tracking import Run


def evaluate(onnx: bytes, all_: DataSet, threads: int, run: Run) -> tuple[dict[str, float], Array]:
    """Return the scores and logits of a model on photos it never saw; the figures go to the run."""
    held_out = all_.split("evaluation")
    with tempfile.TemporaryDirectory(prefix="gourmetops-evaluation-") as name:
        file = Path(name, modelfile.ONNX)
        file.write_bytes(onnx)
        with progress.bar("evaluation", len(held_out)) as advance:
            logits = Model(file, threads).photos((p.photo for p in held_out), advance)
    found = scores.score(np.array([one.label for one in held_out]), logits)
    with tempfile.TemporaryDirectory(prefix="gourmetops-figures-") as name:
        Path(name, "confusion.png").write_bytes(figures.confusion(found))
        Path(name, "mistakes.png").write_bytes(figures.mistakes(held_out, logits))
        run.folder(Path(name), "figures")
    f1 = zip(food.FOLDERS, found.f1, strict=True)
    progress.say(f"accuracy on photos of houses never seen: {found.accuracy:.1%}")
    return {
        "evaluation_accuracy": found.accuracy,
        "evaluation_f1": float(found.f1.mean()),
        **{f"f1_{name.replace(' ', '_')}": float(value) for name, value in f1},
    }, logits
