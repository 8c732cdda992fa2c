"""Make small real photos and data sets for the tests."""

from io import BytesIO
from pathlib import Path
from random import Random

import numpy as np
from PIL import Image

from services import food
from services.trainer.sample import composition
from services.trainer.sample.icons import Drawing

EACH = 8


def jpeg(seed: int) -> bytes:
    """Return a photo of noise that no other seed gives."""
    pixels = np.random.default_rng(seed).integers(0, 255, (24, 24, 3), dtype=np.uint8)
    file = BytesIO()
    Image.fromarray(pixels).save(file, "JPEG")
    return file.getvalue()


def write(folder: Path, rendered: Image.Image, drawing: Drawing) -> None:
    """Write some photos of a drawing into the folder of its class."""
    of_class = folder / food.FOLDERS[drawing.label]
    of_class.mkdir(exist_ok=True)
    for number in range(EACH):
        photo = composition.compose(rendered, Random(f"{drawing.name} {number}"))
        (of_class / f"{drawing.name}-{number}.jpg").write_bytes(photo)


def food11(folder: Path, each: int = 1) -> Path:
    """Write a sound data set in the form of Food-11."""
    seed = 0
    for split in ("training", "validation", "evaluation"):
        for name in food.FOLDERS:
            (folder / split / name).mkdir(parents=True)
            for number in range(each):
                seed += 1
                (folder / split / name / f"{number}.jpg").write_bytes(jpeg(seed))
    return folder
