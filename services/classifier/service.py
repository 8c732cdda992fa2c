"""What happens to a photo that was received: its turn, its answer, and what is kept."""

import hashlib
import time
from pathlib import Path

from fastapi import BackgroundTasks
from PIL import Image

from services import food
from services.classifier.answers import Prediction
from services.classifier.hours import Hours
from services.classifier.metrics import Metrics
from services.classifier.model import Answer, Classifier
from services.classifier.recording import Recorder
from services.classifier.settings import Settings
from services.classifier.shelf import Shelf
from services.classifier.waiting import Line


class Service:
    """What the routes share: the model, the line in front of it, and what is kept."""

    def __init__(self, classifier: Classifier, settings: Settings) -> None:
        self.classifier = classifier
        self.settings = settings
        self.version = classifier.facts.version
        self.version_text = str(self.version or "none")
        self.line = Line(settings.workers, settings.deadline)
        self.metrics = Metrics(self.version_text, settings.digest or "", settings.environment or "")
        self.metrics.waiting.set_function(lambda: self.line.waiting)
        self.feedback = _shelf(settings.feedback_dir, settings.feedback_limit_mb)
        self.hours = Hours(classifier.reference)
        self.recorder = None
        if recordings := _shelf(settings.record_dir, settings.record_limit_mb):
            self.recorder = Recorder(recordings, settings.record_share)

    async def predict(self, photo: bytes, later: BackgroundTasks | None = None) -> Prediction:
        """Classify a photo in its turn, and keep it for a replay when it is drawn."""
        start = time.perf_counter()
        square, name, answer = await self.line.run(lambda: self._look_at(photo))
        if later is not None:
            self.metrics.answer(answer)
            self.hours.see(name, answer.label, answer.probabilities)
            if self.recorder and self.recorder.wants():
                seconds = time.perf_counter() - start
                later.add_task(self.recorder.keep, square, name, answer, self.version, seconds)
        return Prediction(
            answer.label,
            answer.confidence,
            answer.probabilities,
            name,
            self.version,
            self.settings.digest,
        )

    def _look_at(self, photo: bytes) -> tuple[Image.Image, str, Answer]:
        """Decode, hash and classify a photo: what takes long, on the thread whose turn it is."""
        square = food.decode(photo)
        name = hashlib.sha256(photo).hexdigest()
        return square, name, self.classifier.classify(square)


def _shelf(folder: Path | None, megabytes: int) -> Shelf | None:
    return Shelf(folder, megabytes * 2**20) if folder else None
