"""Train the last blocks of the network together with the head, from features halfway up."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.optim import Optimizer

from services.trainer import progress
from services.trainer.backbone import FEATURES, EfficientNetLite0
from services.trainer.dataset import DataSet, Picture
from services.trainer.head import Epoch, Examples, Head
from services.trainer.inference import tensors
from services.trainer.settings import Config

BATCH = 64


class Tuned(NamedTuple):
    """What fine-tuning changes: the last blocks of a network, and the head."""

    network: EfficientNetLite0
    last: nn.Linear

    def weights(self) -> list[nn.Parameter]:
        """Return all that is trained."""
        return [*self.network.upper_parameters(), *self.last.parameters()]

    def copy(self) -> list[Tensor]:
        """Return the weights as they are now."""
        return [weight.detach().clone() for weight in self.weights()]

    @torch.no_grad()
    def restore(self, kept: Sequence[Tensor]) -> None:
        """Take weights back."""
        for weight, old in zip(self.weights(), kept, strict=True):
            weight.copy_(old)


def train(
    network: EfficientNetLite0,
    head: Head,
    all_: DataSet,
    config: Config,
    report: Callable[[Epoch], None],
) -> Head:
    """Fine-tune `network` in place, keep its best weights, and return the head for them."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    tuned = Tuned(network.to(device), _layer(head).to(device))
    training, validation = (
        _halfway(network, all_.split(name), device) for name in ("training", "validation")
    )
    optimiser = torch.optim.AdamW(tuned.weights(), lr=config.fine_tune_learning_rate)
    generator = torch.Generator().manual_seed(config.seed)
    torch.manual_seed(config.seed)
    least, best, kept = _loss(tuned, validation)[0], head.epoch, tuned.copy()
    for number in range(head.epoch + 1, head.epoch + config.fine_tune + 1):
        with progress.bar(f"fine-tuning, epoch {number}", len(training.labels)) as advance:
            rows = _rows(len(training.labels), generator, advance)
            loss = _pass(tuned, training, optimiser, rows, config)
        epoch = Epoch(number, loss, *_loss(tuned, validation))
        report(epoch)
        if epoch.validation_loss < least:
            least, best, kept = epoch.validation_loss, number, tuned.copy()
    tuned.restore(kept)
    network.cpu()
    weight, bias = (part.detach().cpu().numpy() for part in tuned.last.parameters())
    return Head(weight, bias, best)


def _layer(head: Head) -> nn.Linear:
    layer = nn.Linear(FEATURES, len(head.bias))
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(head.weight))
        layer.bias.copy_(torch.from_numpy(head.bias))
    return layer


@torch.no_grad()
def _halfway(
    network: EfficientNetLite0, pictures: Sequence[Picture], device: torch.device
) -> Examples:
    """Run the part that stays as it is, once."""
    with progress.bar("halfway features", len(pictures)) as advance:
        parts = []
        for batch in tensors(one.photo for one in pictures):
            parts.append(network.lower(torch.from_numpy(batch).to(device)))
            advance(len(batch))
    labels = torch.tensor([one.label for one in pictures], device=device)
    return Examples(torch.cat(parts), labels)


def _rows(
    count: int, generator: torch.Generator, advance: Callable[[int], None]
) -> Iterator[Tensor]:
    """Yield batches of row numbers in random order."""
    for rows in torch.randperm(count, generator=generator).split(BATCH):
        yield rows
        advance(len(rows))


def _pass(
    tuned: Tuned, training: Examples, optimiser: Optimizer, rows: Iterator[Tensor], config: Config
) -> float:
    """Look at every picture once; return the mean loss."""
    total = 0.0
    for some in rows:
        features = tuned.network.upper(training.features[some])
        loss = functional.cross_entropy(
            tuned.last(functional.dropout(features, config.dropout)),
            training.labels[some],
            label_smoothing=config.label_smoothing,
        )
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        total += loss.item() * len(some)
    return total / len(training.labels)


@torch.no_grad()
def _loss(tuned: Tuned, held: Examples) -> tuple[float, float]:
    parts = held.features.split(BATCH)
    logits = torch.cat([tuned.last(tuned.network.upper(part)) for part in parts])
    right = (logits.argmax(1) == held.labels).float().mean().item()
    return functional.cross_entropy(logits, held.labels).item(), right
