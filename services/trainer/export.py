"""From a trained network to the ONNX file that is served, held against PyTorch's answers."""

import tempfile
from pathlib import Path

from services.trainer import graph, parity, quantise
from services.trainer.backbone import EfficientNetLite0
from services.trainer.dataset import DataSet
from services.trainer.head import Head
from services.trainer.settings import Config

CALIBRATION = 110


def export(
    network: EfficientNetLite0, head: Head, all_: DataSet, config: Config, cache: Path
) -> tuple[bytes, dict[str, float]]:
    """Return the ONNX model, INT8 if asked for, and how near it is to PyTorch."""
    exact = graph.with_head(graph.export(network, cache), head.weight, head.bias)
    photos = parity.sample(all_.split("evaluation"))
    trusted = parity.torch_logits(network, head, photos)
    with tempfile.TemporaryDirectory(prefix="gourmetops-parity-") as folder:
        file = Path(folder, "model.onnx")
        file.write_bytes(exact)
        fp32 = parity.onnx_logits(file, photos, config.threads)
        metrics = parity.compare(trusted, fp32).metrics("fp32")
        model = exact
        if config.quantise:
            known = all_.split("training")
            spread = known[:: max(1, len(known) // CALIBRATION)]
            model = quantise.to_int8(exact, [one.photo for one in spread])
            file.write_bytes(model)
            int8 = parity.onnx_logits(file, photos, config.threads)
            metrics |= parity.compare(fp32, int8).metrics("int8")
    return model, metrics
