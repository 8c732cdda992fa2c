"""Train the last blocks of the network together with the head, from features halfway up."""

from collections.abc import Callable, Sequence

import torch
from torch import nn
from torch.nn import functional

from services.trainer import progress
from services.trainer.backbone import FEATURES, EfficientNetLite0
from services.trainer.dataset import DataSet, Picture
from services.trainer.head import Epoch, Examples, Head
from services.trainer.inference import tensors
from services.trainer.settings import Config

BATCH = 64


def train(
    network: EfficientNetLite0,
    head: Head,
    all_: DataSet,
    config: Config,
    report: Callable[[Epoch], None],
) -> Head:
    """Fine-tune `network` in place, keep its best weights, and return the head for them."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    network.to(device)
    last = _layer(head).to(device)
    training, validation = (
        _halfway(network, all_.split(name), device) for name in ("training", "validation")
    )
    weights = [*network.upper_parameters(), *last.parameters()]
    optimiser = torch.optim.AdamW(weights, lr=config.fine_tune_learning_rate)
    generator = torch.Generator().manual_seed(config.seed)
    least, best = _loss(network, last, validation)[0], [w.detach().clone() for w in weights]
    for number in range(head.epoch + 1, head.epoch + config.fine_tune + 1):
        with progress.bar(f"fine-tuning, epoch {number}", len(training.labels)) as advance:
            loss = _pass(network, last, training, optimiser, config, generator, advance)
        validation_loss, accuracy = _loss(network, last, validation)
        report(Epoch(number, loss, validation_loss, accuracy))
        if validation_loss < least:
            least, best = validation_loss, [w.detach().clone() for w in weights]
    with torch.no_grad():
        for weight, kept in zip(weights, best, strict=True):
            weight.copy_(kept)
    network.cpu()
    return Head(*(p.detach().cpu().numpy() for p in last.parameters()), head.epoch)


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


def _pass(
    network: EfficientNetLite0,
    last: nn.Linear,
    training: Examples,
    optimiser: torch.optim.Optimizer,
    config: Config,
    generator: torch.Generator,
    advance: Callable[[int], None],
) -> float:
    """Look at every picture once; return the mean loss."""
    total = 0.0
    for rows in torch.randperm(len(training.labels), generator=generator).split(BATCH):
        features = functional.dropout(network.upper(training.features[rows]), config.dropout)
        loss = functional.cross_entropy(
            last(features), training.labels[rows], label_smoothing=config.label_smoothing
        )
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        total += loss.item() * len(rows)
        advance(len(rows))
    return total / len(training.labels)


@torch.no_grad()
def _loss(network: EfficientNetLite0, last: nn.Linear, held: Examples) -> tuple[float, float]:
    logits = torch.cat([last(network.upper(part)) for part in held.features.split(BATCH)])
    right = (logits.argmax(1) == held.labels).float().mean().item()
    return functional.cross_entropy(logits, held.labels).item(), right
