"""Build the bootstrap model anew: `python -m services.classifier.bootstrap.build DIR`.

The network takes the mean colour of a photo and says which label's colour is nearest.
That is linear: -|x - c|^2 = 2cx - c^2 - x^2, and x^2 is the same for all labels. It is
written as ONNX without the onnx package: a protobuf message is a row of fields, each a
key (number and kind) and a value.
"""

import hashlib
import json
import struct
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from services import food

COLOURS = {
    "Bread": (196, 150, 95),
    "Dairy product": (240, 235, 215),
    "Dessert": (170, 110, 110),
    "Egg": (250, 205, 80),
    "Fried food": (205, 130, 45),
    "Meat": (140, 65, 55),
    "Noodles/Pasta": (225, 190, 120),
    "Rice": (225, 225, 225),
    "Seafood": (225, 125, 105),
    "Soup": (190, 105, 30),
    "Vegetable/Fruit": (95, 160, 70),
}
SHARPNESS = 4.0
MEAN, STD = food.PREPROCESSING["mean"][0], food.PREPROCESSING["std"][0]
FLOAT, OPSET, IR_VERSION = 1, 13, 8


def files() -> dict[str, bytes]:
    """Return the files of the model folder by name."""
    onnx = network()
    facts = {"run": None, "commit": None, "data_hash": None}
    description = {
        "format": 1,
        "labels": food.LABELS,
        "preprocessing": food.PREPROCESSING,
        "onnx_sha256": hashlib.sha256(onnx).hexdigest(),
        "quantised": False,
        "metrics": {},
        **facts,
    }
    return {
        "model.onnx": onnx,
        "model.json": _json(description),
        "version.json": _json({"version": None, **facts}),
    }


def network() -> bytes:
    """Return the network as an ONNX model."""
    centres = [[(value / 255 - MEAN) / STD for value in COLOURS[label]] for label in food.LABELS]
    weights = [2 * SHARPNESS * centre[colour] for colour in range(3) for centre in centres]
    biases = [-SHARPNESS * sum(value * value for value in centre) for centre in centres]
    graph = b"".join(
        [
            _node("GlobalAveragePool", ["input"], "mean"),
            _node("Flatten", ["mean"], "colour"),
            _node("Gemm", ["colour", "weights", "biases"], "logits"),
            _field(2, b"nearest colour"),
            _tensor("weights", [3, len(food.LABELS)], weights),
            _tensor("biases", [len(food.LABELS)], biases),
            _field(11, _value("input", ["N", 3, food.SIDE, food.SIDE])),
            _field(12, _value("logits", ["N", len(food.LABELS)])),
        ]
    )
    opset = _field(8, _field(1, b"") + _number(2, OPSET))
    return _number(1, IR_VERSION) + _field(2, b"gourmetops bootstrap") + _field(7, graph) + opset


def _node(kind: str, inputs: Iterable[str], output: str) -> bytes:
    named = b"".join(_field(1, name.encode()) for name in inputs)
    return _field(1, named + _field(2, output.encode()) + _field(4, kind.encode()))


def _tensor(name: str, shape: Iterable[int], values: list[float]) -> bytes:
    sizes = b"".join(_number(1, size) for size in shape)
    raw = struct.pack(f"<{len(values)}f", *values)
    return _field(5, sizes + _number(2, FLOAT) + _field(8, name.encode()) + _field(9, raw))


def _value(name: str, shape: Iterable[int | str]) -> bytes:
    sizes = b"".join(
        _field(1, _number(1, size) if isinstance(size, int) else _field(2, size.encode()))
        for size in shape
    )
    tensor = _number(1, FLOAT) + _field(2, sizes)
    return _field(1, name.encode()) + _field(2, _field(1, tensor))


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _field(field: int, content: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    parts = bytearray()
    while value > 0x7F:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*parts, value])


def _json(content: Mapping[str, object]) -> bytes:
    return json.dumps(content, indent=1).encode() + b"\n"


if __name__ == "__main__":
    for file_name, file_content in files().items():
        Path(sys.argv[1], file_name).write_bytes(file_content)
