"""Turn an exported model into INT8, calibrated on photos it was trained with."""

import logging
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

from services.trainer import graph
from services.trainer.inference import tensors


class Calibration(CalibrationDataReader):
    """Hands photos to ONNX Runtime, a batch at a time."""

    def __init__(self, photos: Sequence[bytes]) -> None:
        self.batches: Iterator[NDArray[np.float32]] = tensors(photos)

    def get_next(self) -> dict[str, NDArray[np.float32]] | None:
        """Return the next batch, or None after the last."""
        batch = next(self.batches, None)
        return None if batch is None else {graph.INPUT: batch}


def to_int8(model: bytes, photos: Sequence[bytes]) -> bytes:
    """Quantise weights per channel and activations per tensor."""
    with tempfile.TemporaryDirectory(prefix="gourmetops-int8-") as folder:
        exact, small = Path(folder, "fp32.onnx"), Path(folder, "int8.onnx")
        exact.write_bytes(model)
        # Its advice to prepare the graph first: torch's exporter already did.
        logging.getLogger().setLevel(logging.ERROR)
        quantize_static(
            exact,
            small,
            Calibration(photos),
            quant_format=QuantFormat.QDQ,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            per_channel=True,
        )
        return small.read_bytes()
