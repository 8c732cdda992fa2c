"""Made-up photos with the answers of training: whoever serves the model must give the same.

Training and its tests see photos by the same way, so they cannot notice when that way is not
the app's. The app can: it answers these before it serves. Nobody's photo is among them.
"""

import base64
import io
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from services.trainer.inference import Model

COUNT = 4
BLOCKS, PIXELS = (9, 7), (280, 210)  # neither a square nor of the size that the model sees


def answered(onnx: bytes, threads: int) -> list[dict[str, Any]]:
    """Return the photos with the logits that the model answers them with."""
    photos = [photo(number) for number in range(COUNT)]
    with tempfile.TemporaryDirectory(prefix="gourmetops-probes-") as folder:
        file = Path(folder, "model.onnx")
        file.write_bytes(onnx)
        answers = Model(file, threads).photos(photos)
    return [
        {
            "photo": base64.b64encode(one).decode(),
            "logits": [round(float(value), 6) for value in logits],
        }
        for one, logits in zip(photos, answers, strict=True)
    ]


def photo(number: int) -> bytes:
    """Return a photo of coloured blocks; the same number gives the same pixels."""
    blocks = np.random.default_rng(number).integers(0, 256, (*BLOCKS[::-1], 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(blocks).resize(PIXELS, Image.Resampling.NEAREST).save(file, "PNG")
    return file.getvalue()
