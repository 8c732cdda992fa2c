"""From a trained network to the ONNX file that is served, proven to answer the same."""

import tempfile
from pathlib import Path

from services.trainer import graph, parity, quantise, settings
from services.trainer.backbone import EfficientNetLite0
from services.trainer.dataset import DataSet
from services.trainer.errors import ParityError
from services.trainer.head import Head
from services.trainer.settings import Config, Thresholds

CALIBRATION = 110


def export(
    network: EfficientNetLite0, head: Head, all_: DataSet, config: Config, cache: Path
) -> tuple[bytes, dict[str, float]]:
    """Return the ONNX model, INT8 if asked for, and how near it is to PyTorch.

    Raises:
        ParityError: the difference is larger than thresholds.yaml allows.
    """
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
    _judge(metrics, settings.read(Thresholds, settings.THRESHOLDS))
    return model, metrics


def _judge(metrics: dict[str, float], allowed: Thresholds) -> None:
    measured = metrics["parity_fp32_difference"]
    if not measured <= allowed.parity_fp32_difference:
        raise ParityError("parity_fp32_difference", measured, allowed.parity_fp32_difference)
