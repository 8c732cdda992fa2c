"""The two settings files, read strictly: an unknown key or a wrong type is an error."""

from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, TypeVar

import yaml

from services.trainer.errors import SettingsError

HERE = Path(__file__).parent
CONFIG = HERE / "config.yaml"
THRESHOLDS = HERE / "thresholds.yaml"


@dataclass(frozen=True)
class Config:
    """How the model is trained; config.yaml says what each means."""

    backbone: str
    epochs: int
    patience: int
    batch: int
    learning_rate: float
    weight_decay: float
    dropout: float
    label_smoothing: float
    fine_tune: int
    fine_tune_learning_rate: float
    quantise: bool
    seed: int
    threads: int


@dataclass(frozen=True)
class Thresholds:
    """What a model must reach; thresholds.yaml says what each means."""

    accuracy: float
    class_recall: float
    champion_margin: float
    shift_agreement: float
    brightness_agreement: float
    jpeg_agreement: float
    parity_fp32_difference: float
    parity_fp32_agreement: float
    parity_int8_agreement: float


Settings = TypeVar("Settings", bound=Any)


def read(kind: type[Settings], file: Path) -> Settings:
    """Read a settings file into its dataclass.

    Raises:
        SettingsError: a key is unknown, missing, or of another type.
    """
    said: dict[str, Any] = yaml.safe_load(file.read_text()) or {}
    types: dict[str, Any] = {field.name: field.type for field in fields(kind)}
    for key in said:
        if key not in types:
            raise SettingsError(file, key, tuple(types))
    for key, wanted in types.items():
        if key not in said:
            raise SettingsError(file, key, (key,), "is missing")
        if not _fits(said[key], wanted):
            raise SettingsError(file, key, (key,), f"must be of type {wanted.__name__}")
    return kind(**said)


def with_flags(config: Config, **flags: Any) -> Config:
    """Return the settings with the flags that were given on the command line."""
    return replace(config, **{key: value for key, value in flags.items() if value is not None})


def _fits(value: Any, wanted: Any) -> bool:
    if wanted is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return type(value) is wanted
