"""What the environment tells the classifier, read once and checked before it starts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from services.classifier.errors import SettingsError

Value = TypeVar("Value")

ENVIRONMENTS = ("staging", "canary", "production")


@dataclass(frozen=True)
class Settings:
    """How this process serves.

    Attributes:
        digest: The image that it runs in, as the deployment names it.
        feedback_dir: Where corrections are kept; None keeps none.
        record_dir: Where requests are kept for a shadow replay; None keeps none.
        record_share: The share of requests that is kept, from 0 to 1.
        threads: Threads that one photo may use.
        workers: Photos that are decoded and classified at the same time.
        deadline: Seconds that a call may wait for its turn.
        drain: Seconds between SIGTERM and the end of accepting calls.
    """

    model_dir: Path
    model_name: str
    host: str
    port: int
    digest: str | None
    environment: str | None
    feedback_dir: Path | None
    feedback_limit_mb: int
    record_dir: Path | None
    record_limit_mb: int
    record_share: float
    threads: int
    workers: int
    deadline: float
    drain: float

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> "Settings":
        """Read the settings.

        Raises:
            SettingsError: one of them cannot be used.
        """
        return cls(
            model_dir=Path(environ.get("MODEL_DIR") or "model"),
            model_name=environ.get("MODEL_NAME") or "GourmetGramFood11Model",
            host=environ.get("HOST") or "0.0.0.0",
            port=_number(environ, "PORT", 8000, int, (0, 65535)),
            digest=environ.get("IMAGE_DIGEST") or None,
            environment=_choice(environ, "ENVIRONMENT", ENVIRONMENTS),
            feedback_dir=_folder(environ, "FEEDBACK_DIR"),
            feedback_limit_mb=_number(environ, "FEEDBACK_LIMIT_MB", 256, int, (1, 1_000_000)),
            record_dir=_folder(environ, "RECORD_DIR"),
            record_limit_mb=_number(environ, "RECORD_LIMIT_MB", 64, int, (1, 1_000_000)),
            record_share=_number(environ, "RECORD_SHARE", 1.0, float, (0, 1)),
            threads=_number(environ, "CLASSIFIER_THREADS", 1, int, (1, 64)),
            workers=_number(environ, "CLASSIFIER_WORKERS", 1, int, (1, 64)),
            deadline=_number(environ, "DEADLINE_SECONDS", 5.0, float, (0.01, 600)),
            drain=_number(environ, "DRAIN_SECONDS", 1.0, float, (0, 600)),
        )


def _number(
    environ: Mapping[str, str],
    name: str,
    default: Value,
    kind: Callable[[str], Value],
    between: tuple[float, float],
) -> Value:
    least, most = between
    text = environ.get(name)
    if not text:
        return default
    need = f"a number from {least:g} to {most:g}"
    try:
        value = kind(text)
    except ValueError as error:
        raise SettingsError(name, text, need) from error
    if not least <= float(text) <= most:
        raise SettingsError(name, text, need)
    return value


def _choice(environ: Mapping[str, str], name: str, choices: tuple[str, ...]) -> str | None:
    text = environ.get(name)
    if text and text not in choices:
        raise SettingsError(name, text, f"one of {', '.join(choices)}")
    return text or None


def _folder(environ: Mapping[str, str], name: str) -> Path | None:
    text = environ.get(name)
    if not text:
        return None
    folder = Path(text)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / ".writable").touch()
        (folder / ".writable").unlink()
    except OSError as error:
        need = f"a folder that can be written to ({error.strerror})"
        raise SettingsError(name, text, need) from error
    return folder
