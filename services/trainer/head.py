"""Train the last layer: features to the 11 labels."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from services import food
from services.trainer.inference import Array
from services.trainer.settings import Config


@dataclass(frozen=True)
class Epoch:
    """How far training was after one more look at everything."""

    number: int
    loss: float
    validation_loss: float
    validation_accuracy: float


@dataclass(frozen=True)
class Head:
    """The weights of the last layer at their best epoch (0: never trained)."""

    weight: Array
    bias: Array
    epoch: int


@dataclass(frozen=True)
class Examples:
    """Features and their labels."""

    features: Tensor
    labels: Tensor

    @classmethod
    def of(cls, features: Array, labels: list[int]) -> "Examples":
        """Wrap arrays."""
        return cls(torch.from_numpy(features), torch.tensor(labels))


def train(
    training: Examples, validation: Examples, config: Config, report: Callable[[Epoch], None]
) -> Head:
    """Train until the validation loss has not fallen for a while; return the best weights."""
    generator = torch.Generator().manual_seed(config.seed)
    torch.manual_seed(config.seed)
    head = nn.Linear(training.features.shape[1], len(food.LABELS))
    nn.init.zeros_(head.weight)
    nn.init.zeros_(head.bias)
    optimiser = torch.optim.AdamW(
        head.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay
    )
    best, least = _copy(head, 0), float("inf")
    for number in range(1, config.epochs + 1):
        losses = [
            _step(head, optimiser, training, rows, config)
            for rows in _batches(len(training.labels), config.batch, generator)
        ]
        epoch = _judge(head, validation, number, float(np.mean(losses)))
        report(epoch)
        if epoch.validation_loss < least:
            best, least = _copy(head, number), epoch.validation_loss
        if number - best.epoch >= config.patience:
            break
    return best


def _batches(count: int, size: int, generator: torch.Generator) -> Iterator[Tensor]:
    yield from torch.randperm(count, generator=generator).split(size)


def _step(
    head: nn.Linear, optimiser: torch.optim.Optimizer, all_: Examples, rows: Tensor, config: Config
) -> float:
    features = functional.dropout(all_.features[rows], config.dropout)
    loss = functional.cross_entropy(
        head(features), all_.labels[rows], label_smoothing=config.label_smoothing
    )
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
    return loss.item()


@torch.no_grad()
def _judge(head: nn.Linear, validation: Examples, number: int, loss: float) -> Epoch:
    logits = head(validation.features)
    right = (logits.argmax(1) == validation.labels).float().mean().item()
    return Epoch(number, loss, functional.cross_entropy(logits, validation.labels).item(), right)


def _copy(head: nn.Linear, epoch: int) -> Head:
    weight, bias = (p.detach().numpy().copy() for p in (head.weight, head.bias))
    return Head(weight, bias, epoch)
