"""Requests kept for a shadow replay: what the model saw, and what it said.

A recording holds no personal data. The picture is the square of 224 that the model saw,
drawn anew (no EXIF, no name, no address), the time only the hour. Sent to `/predict`, it
gives the very tensor that the first photo gave.
"""

import random
from datetime import UTC, datetime
from io import BytesIO

from PIL import Image

from services.classifier.model import Answer
from services.classifier.shelf import Shelf


class Recorder:
    """Keeps a share of the requests on a shelf."""

    def __init__(self, shelf: Shelf, share: float) -> None:
        self._shelf = shelf
        self._share = share
        self._draw = random.Random()

    def wants(self) -> bool:
        """Draw whether the next request is to be kept."""
        return self._draw.random() < self._share

    def keep(
        self, square: Image.Image, name: str, answer: Answer, version: int | None, seconds: float
    ) -> None:
        """Keep one request, as the square that the model saw, under the hash of its photo."""
        picture = BytesIO()
        square.save(picture, "PNG", compress_level=1)
        facts = {
            "photo": name,
            "hour": datetime.now(UTC).strftime("%Y-%m-%dT%H:00Z"),
            "version": version,
            "label": answer.label,
            "confidence": answer.confidence,
            "probabilities": answer.probabilities,
            "seconds": round(seconds, 6),
        }
        self._shelf.put(name, "png", picture.getvalue(), facts)
