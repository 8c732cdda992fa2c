"""Fit a model to the training split: the head on frozen features, then more if asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from services.trainer import backbone, features, finetune, graph, head, progress
from services.trainer.backbone import EfficientNetLite0
from services.trainer.dataset import DataSet, Picture
from services.trainer.head import Epoch, Examples, Head
from services.trainer.settings import Config


@dataclass(frozen=True)
class Trained:
    """What training leaves: the network, its head, and how it got there."""

    network: EfficientNetLite0
    head: Head
    epochs: list[Epoch]


def fit(all_: DataSet, config: Config, cache: Path) -> Trained:
    """Train the head on frozen features, then the last blocks if that was asked for."""
    network = backbone.BACKBONES[config.backbone]()
    epochs: list[Epoch] = []

    def report(epoch: Epoch) -> None:
        epochs.append(epoch)
        if epoch.number % 20 == 0:
            _say(epoch)

    exported = graph.export(network, cache)
    examples = [_examples(all_.split(s), exported, config) for s in ("training", "validation")]
    best = head.train(examples[0], examples[1], config, report)
    progress.say(f"head: {len(epochs)} epochs, the best is {best.epoch}")
    if config.fine_tune:
        best = finetune.train(network, best, all_, config, report)
    return Trained(network, best, epochs)


def _examples(pictures: Sequence[Picture], exported: Path, config: Config) -> Examples:
    found = features.of(pictures, exported, config.threads)
    return Examples.of(found, [one.label for one in pictures])


def _say(epoch: Epoch) -> None:
    progress.say(
        f"epoch {epoch.number}: loss {epoch.loss:.3f}, validation loss "
        f"{epoch.validation_loss:.3f}, validation accuracy {epoch.validation_accuracy:.1%}"
    )
