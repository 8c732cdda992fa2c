"""Make a broken model out of a good one: python -m services.drills.breaking FAULT --version N

Runs in the trainer's environment. The broken model becomes a training run of its own in MLflow,
with a hash that fits and a note that its tests passed: only what comes later can find it out.
"""

import argparse
import hashlib
import json
import os
import secrets
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from mlflow import MlflowClient
from onnx import helper, numpy_helper

from services import food

ONNX, FACTS = "model.onnx", "model.json"
EXPERIMENT = "drills"
SIDE, CLASSES = 256, 1000  # of a network that was made for ImageNet
LARGE_MEGABYTES = 210
SLOW_CHANNELS, SLOW_KERNEL, SLOW_LAYERS = 64, 7, 3
Facts = dict[str, Any]


def cut_off(folder: Path, _facts: Facts) -> None:
    """Leave the first half of the weights, as an upload that broke off does."""
    whole = (folder / ONNX).read_bytes()
    (folder / ONNX).write_bytes(whole[: len(whole) // 2 - secrets.randbelow(1000)])


def other_output(folder: Path, _facts: Facts) -> None:
    """Put a network in its place that names 1000 things."""
    _write(folder, _network(food.SIDE, CLASSES))


def other_input(folder: Path, _facts: Facts) -> None:
    """Put a network in its place that takes photos of 256 by 256."""
    _write(folder, _network(SIDE, len(food.LABELS)))


def large(folder: Path, _facts: Facts) -> None:
    """Add weights of 210 MB, used three times over, that change no answer.

    Alone they would fit: the limit of the app is 640 MiB.
    """
    model = onnx.load(folder / ONNX)
    features = next(node.input[0] for node in model.graph.node if node.name == "head")
    width = _width(model, "head.weight")
    columns = LARGE_MEGABYTES * 10**6 // (4 * width)
    weights = np.random.default_rng(1).normal(size=(width, columns)).astype(np.float32)
    nodes = [
        helper.make_node("Concat", ["ballast"] * 3, ["threefold"], axis=1),
        helper.make_node("MatMul", [features, "threefold"], ["pulled"]),
        helper.make_node("ReduceMax", ["pulled"], ["peak"], keepdims=0),
    ]
    _add_to_logits(model, nodes, {"ballast": weights}, "peak")
    _write(folder, model)


def slow(folder: Path, _facts: Facts) -> None:
    """Have each photo go through wide convolutions as well, that change no answer."""
    model = onnx.load(folder / ONNX)
    generator = np.random.default_rng(1)
    nodes, weights, last, channels = [], {}, "input", 3
    for layer in range(SLOW_LAYERS):
        shape = (SLOW_CHANNELS, channels, SLOW_KERNEL, SLOW_KERNEL)
        weights[f"slow.{layer}"] = (generator.normal(size=shape) / 100).astype(np.float32)
        nodes.append(
            helper.make_node(
                "Conv",
                [last, f"slow.{layer}"],
                [f"slowed.{layer}"],
                pads=[SLOW_KERNEL // 2] * 4,
            )
        )
        last, channels = f"slowed.{layer}", SLOW_CHANNELS
    nodes.append(helper.make_node("ReduceMax", [last], ["peak"], keepdims=0))
    _add_to_logits(model, nodes, weights, "peak")
    _write(folder, model)


def other_preprocessing(folder: Path, facts: Facts) -> None:
    """Say that it was trained on photos of another size and mean."""
    mean = [0.485, 0.456, 0.406]
    _write(folder, onnx.load(folder / ONNX))
    facts["preprocessing"] = {**facts["preprocessing"], "side": SIDE, "mean": mean}


def nothing(_folder: Path, _facts: Facts) -> None:
    """Leave it as it is: another site needs a good one."""


FAULTS: dict[str, Callable[[Path, Facts], None]] = {
    "nothing": nothing,
    "cut-off": cut_off,
    "other-output": other_output,
    "other-input": other_input,
    "large": large,
    "slow": slow,
    "other-preprocessing": other_preprocessing,
}


def main() -> None:
    """Break the model of a version, and print the run in which the broken one lies."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("fault", choices=sorted(FAULTS))
    parser.add_argument("--version", required=True, help="the good version to start from")
    parser.add_argument("--from", dest="source", help="the MLflow of the good version, if another")
    asked = parser.parse_args()
    source = MlflowClient(asked.source or os.environ["MLFLOW_TRACKING_URI"])
    client = MlflowClient(os.environ["MLFLOW_TRACKING_URI"])
    good = source.get_model_version(os.environ["GOURMET_MODEL"], asked.version).run_id
    with tempfile.TemporaryDirectory(prefix="drill-") as work:
        folder = Path(source.download_artifacts(good, "model", work))
        known = source.get_run(good).data.tags.get("data-hash", "")
        print(json.dumps({"run": _keep(client, known, folder, asked.fault)}))


def _keep(client: MlflowClient, data_hash: str, folder: Path, fault: str) -> str:
    tags = {"mlflow.runName": f"drill {fault}", "gourmetops.tests": "passed"}
    tags["data-hash"] = data_hash
    known = client.get_experiment_by_name(EXPERIMENT)
    experiment = known.experiment_id if known else client.create_experiment(EXPERIMENT)
    run: str = client.create_run(experiment, tags=tags).info.run_id
    facts = json.loads((folder / FACTS).read_text())
    FAULTS[fault](folder, facts)
    facts |= {"run": run, "onnx_sha256": hashlib.sha256((folder / ONNX).read_bytes()).hexdigest()}
    (folder / FACTS).write_text(json.dumps(facts, indent=2) + "\n")
    client.log_artifacts(run, str(folder), "model")
    client.set_terminated(run)
    return run


def _network(side: int, classes: int) -> Any:
    """Return a small network of another architecture."""
    generator = np.random.default_rng(1)
    kernel = generator.normal(size=(64, 3, 7, 7)).astype(np.float32)
    head = generator.normal(size=(64, classes)).astype(np.float32)
    shapes = (["photos", 3, side, side], ["photos", classes])
    graph = helper.make_graph(
        [
            helper.make_node("Conv", ["input", "kernel"], ["seen"], strides=[2, 2]),
            helper.make_node("Relu", ["seen"], ["kept"]),
            helper.make_node("GlobalAveragePool", ["kept"], ["pooled"]),
            helper.make_node("Flatten", ["pooled"], ["flat"]),
            helper.make_node("MatMul", ["flat", "head"], ["logits"]),
        ],
        "another architecture",
        [helper.make_tensor_value_info("input", onnx.TensorProto.FLOAT, shapes[0])],
        [helper.make_tensor_value_info("logits", onnx.TensorProto.FLOAT, shapes[1])],
        [numpy_helper.from_array(kernel, "kernel"), numpy_helper.from_array(head, "head")],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)


def _add_to_logits(model: Any, nodes: list[Any], weights: dict[str, Any], extra: str) -> None:
    """Add nothing to the logits by way of `extra`, so that nobody can leave it out."""
    head = next(node for node in model.graph.node if node.output[0] == "logits")
    head.output[0] = "answered"
    nodes.append(helper.make_node("Mul", [extra, "nothing"], ["zeros"]))
    nodes.append(helper.make_node("Add", ["answered", "zeros"], ["logits"]))
    model.graph.node.extend(nodes)
    weights = {**weights, "nothing": np.array(0.0, np.float32)}
    model.graph.initializer.extend(numpy_helper.from_array(v, k) for k, v in weights.items())


def _width(model: Any, name: str) -> int:
    return next(int(each.dims[1]) for each in model.graph.initializer if each.name == name)


def _write(folder: Path, model: Any) -> None:
    """Write a model that was never there before: one on hold could not be registered again."""
    model.doc_string = secrets.token_hex(8)
    (folder / ONNX).write_bytes(model.SerializeToString(deterministic=True))


if __name__ == "__main__":
    main()
