"""How far the exported models answer otherwise than the trained one, on held-out photos."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch

from services.trainer.backbone import EfficientNetLite0
from services.trainer.dataset import Picture
from services.trainer.head import Head
from services.trainer.inference import Array, Model, tensors

PHOTOS = 22


@dataclass(frozen=True)
class Parity:
    """The difference between two models on the same photos."""

    difference: float
    agreement: float

    def metrics(self, name: str) -> dict[str, float]:
        """Return both figures under names for MLflow."""
        return {f"parity_{name}_{key}": value for key, value in asdict(self).items()}


def compare(one: Array, other: Array) -> Parity:
    """Return the largest difference of logits and the share of equal answers."""
    same = one.argmax(axis=1) == other.argmax(axis=1)
    return Parity(float(np.abs(one - other).max()), float(same.mean()))


def sample(pictures: Sequence[Picture]) -> list[bytes]:
    """Return some photos, spread evenly over all."""
    step = max(1, len(pictures) // PHOTOS)
    return [one.photo for one in pictures[::step][:PHOTOS]]


@torch.inference_mode()
def torch_logits(network: EfficientNetLite0, head: Head, photos: Sequence[bytes]) -> Array:
    """Answer with PyTorch."""
    weight, bias = torch.from_numpy(head.weight), torch.from_numpy(head.bias)
    network = network.to(memory_format=torch.channels_last)
    answers = [
        torch.nn.functional.linear(network(torch.from_numpy(batch)), weight, bias).numpy()
        for batch in tensors(photos)
    ]
    return np.concatenate(answers)


def save(file: Path, network: EfficientNetLite0, head: Head) -> None:
    """Keep the trained weights, for the model tests to compare with."""
    state = {"network": network.state_dict(), "head": torch.from_numpy(head.weight)}
    torch.save({**state, "bias": torch.from_numpy(head.bias)}, file)


def load(file: Path) -> tuple[EfficientNetLite0, Head]:
    """Load what `save` kept."""
    kept = torch.load(file, weights_only=True)
    network = EfficientNetLite0()
    network.load_state_dict(kept["network"])
    return network.eval(), Head(kept["head"].numpy(), kept["bias"].numpy(), 0)


def onnx_logits(file: Path, photos: Sequence[bytes], threads: int) -> Array:
    """Answer with ONNX Runtime."""
    return Model(file, threads).photos(photos)
