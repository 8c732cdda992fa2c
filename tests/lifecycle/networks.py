"""Make a model folder for a site under test: python networks.py KIND FOLDER

Runs in the classifier's test environment. The models are real networks, and every kind but
the first has its fault. Those that say "of a photo" start as any other: the blank picture on
which a model is tried before it serves holds nothing that would set them off.
"""

import shutil
import sys
from pathlib import Path

import numpy as np
from onnx import TensorProto, helper, numpy_helper

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from tests.services.classifier.networks import (  # noqa: E402 - the path is set above
    nan_when_dark,
    replace_network,
    slow_network,
)

# Convolutions before the answer. What comes before and after them takes as long as one or two.
USUAL, SLOW, SLUGGISH = 1, 9, 45
MANY_TIMES = 300


def hungry():
    """Return a network that needs more than a gigabyte for each answer of a photo."""
    nodes = [
        helper.make_node("NonZero", ["input"], ["where"]),
        helper.make_node("Tile", ["where", "times"], ["many"]),
        helper.make_node("Cast", ["many"], ["numbers"], to=TensorProto.FLOAT),
        helper.make_node("ReduceSum", ["numbers"], ["extra"], keepdims=0),
    ]
    times = numpy_helper.from_array(np.array([1, MANY_TIMES], np.int64), "times")
    return _with_extra(nodes, [times])


def endless():
    """Return a network that computes for hours of a photo: a round for each of its pixels."""
    body = helper.make_graph(
        [
            helper.make_node("Add", ["state", "matrix"], ["moved"]),
            helper.make_node("MatMul", ["moved", "moved"], ["product"]),
            helper.make_node("ReduceMax", ["product"], ["peak"], keepdims=0),
            helper.make_node("Mul", ["peak", "nothing"], ["state_out"]),
            helper.make_node("Identity", ["condition"], ["condition_out"]),
        ],
        "round",
        [
            helper.make_tensor_value_info("number", TensorProto.INT64, []),
            helper.make_tensor_value_info("condition", TensorProto.BOOL, []),
            helper.make_tensor_value_info("state", TensorProto.FLOAT, []),
        ],
        [
            helper.make_tensor_value_info("condition_out", TensorProto.BOOL, []),
            helper.make_tensor_value_info("state_out", TensorProto.FLOAT, []),
        ],
    )
    nodes = [
        helper.make_node("NonZero", ["input"], ["where"]),
        helper.make_node("Shape", ["where"], ["shape"]),
        helper.make_node("Gather", ["shape", "second"], ["rounds"]),
        helper.make_node("Loop", ["rounds", "yes", "nothing"], ["extra"], body=body),
    ]
    matrix = np.full((600, 600), 1e-3, np.float32)
    weights = [
        numpy_helper.from_array(matrix, "matrix"),
        numpy_helper.from_array(np.array(1, np.int64), "second"),
        numpy_helper.from_array(np.array(True), "yes"),
    ]
    return _with_extra(nodes, weights)


def _with_extra(nodes, weights):
    """Return a network of the mean colour that adds zero times `extra`."""
    generator = np.random.default_rng(1)
    head = generator.normal(size=(3, 11)).astype(np.float32)
    nodes = [
        *nodes,
        helper.make_node("GlobalAveragePool", ["input"], ["mean"]),
        helper.make_node("Flatten", ["mean"], ["colour"]),
        helper.make_node("MatMul", ["colour", "head"], ["answer"]),
        helper.make_node("Mul", ["extra", "nothing"], ["zero"]),
        helper.make_node("Add", ["answer", "zero"], ["logits"]),
    ]
    weights = [
        *weights,
        numpy_helper.from_array(head, "head"),
        numpy_helper.from_array(np.array(0.0, np.float32), "nothing"),
    ]
    graph = helper.make_graph(
        nodes,
        "faulty",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["N", 3, 224, 224])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["N", 11])],
        weights,
    )
    opset = [helper.make_opsetid("", 13)]
    return helper.make_model(graph, opset_imports=opset, ir_version=8).SerializeToString()


KINDS = {
    "usual": lambda: slow_network(USUAL),
    "slow": lambda: slow_network(SLOW),
    "sluggish": lambda: slow_network(SLUGGISH),
    "errors": nan_when_dark,
    "hungry": hungry,
    "endless": endless,
}


def write(folder, network):
    """Make a model folder with a network."""
    bootstrap = ROOT / "services" / "classifier" / "bootstrap" / "model"
    shutil.copytree(bootstrap, folder, ignore=shutil.ignore_patterns("version.json"))
    replace_network(Path(folder), network)


if __name__ == "__main__":
    write(sys.argv[2], KINDS[sys.argv[1]]())
