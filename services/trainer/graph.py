"""The model as an ONNX graph: the backbone, exported once by content, and the head on top."""

import hashlib
import inspect
import logging
import warnings
from pathlib import Path

import onnx
import torch
from onnx import helper, numpy_helper

from services import food
from services.trainer import backbone, files
from services.trainer.backbone import EfficientNetLite0
from services.trainer.inference import Array

INPUT, FEATURES, LOGITS = "input", "features", "logits"


def key(network: EfficientNetLite0) -> str:
    """Name a network by its weights, its code and what exports it."""
    digest = hashlib.sha256(f"{inspect.getsource(backbone)}{torch.__version__}".encode())
    digest.update(f"{onnx.__version__}{Path(__file__).read_text()}".encode())
    for name, tensor in network.state_dict().items():
        digest.update(name.encode() + tensor.cpu().numpy().tobytes())
    return digest.hexdigest()[:16]


def export(network: EfficientNetLite0, cache: Path) -> Path:
    """Return the network as an ONNX file from photos to features, made on first use."""
    file = cache / "backbones" / f"{key(network)}.onnx"
    if not file.exists():
        model = _exported(network)
        _forget_origin(model)
        onnx.checker.check_model(model)
        files.write(file, model.SerializeToString(deterministic=True))
    return file


def with_head(file: Path, weight: Array, bias: Array) -> bytes:
    """Put a linear head on an exported backbone and return the whole model."""
    model = onnx.load(file)
    del model.graph.output[:]
    shape = ["photos", len(food.LABELS)]
    model.graph.output.append(helper.make_tensor_value_info(LOGITS, onnx.TensorProto.FLOAT, shape))
    model.graph.initializer.extend(
        [numpy_helper.from_array(weight, "head.weight"), numpy_helper.from_array(bias, "head.bias")]
    )
    model.graph.node.append(
        helper.make_node(
            "Gemm", [FEATURES, "head.weight", "head.bias"], [LOGITS], name="head", transB=1
        )
    )
    onnx.checker.check_model(model)
    serialised: bytes = model.SerializeToString(deterministic=True)
    return serialised


def _exported(network: EfficientNetLite0) -> onnx.ModelProto:
    example = torch.zeros(2, 3, food.SIDE, food.SIDE)
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        # torch's exporter warns of its own parts; none of it is ours to mend.
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            network.cpu().eval(),
            (example,),
            input_names=[INPUT],
            output_names=[FEATURES],
            dynamic_shapes=({0: torch.export.Dim("photos")},),
            dynamo=True,
            verbose=False,
        )
    assert program is not None
    model: onnx.ModelProto = program.model_proto
    return model


def _forget_origin(model: onnx.ModelProto) -> None:
    """Drop the notes of where in which file each node comes from."""
    for part in (model, model.graph, *model.graph.node, *model.graph.value_info):
        del part.metadata_props[:]
    for node in model.graph.node:
        node.doc_string = ""
