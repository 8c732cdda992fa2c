"""The pictures that go to MLflow: the confusion matrix, and photos that were misread."""

from collections.abc import Sequence
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from services import food
from services.trainer.dataset import Picture
from services.trainer.scores import Scores

CELL, MARGIN = 44, 130
PHOTO, CAPTION, COLUMNS, MOST = 160, 34, 5, 20


def confusion(scores: Scores) -> bytes:
    """Draw how often each class (rows) was answered as which (columns), as PNG."""
    side = MARGIN + CELL * len(food.LABELS) + 10
    picture = Image.new("RGB", (side, side), "white")
    draw, font = ImageDraw.Draw(picture), ImageFont.load_default(12)
    totals = scores.confusion.sum(axis=1)
    for row, name in enumerate(food.LABELS):
        top = MARGIN + row * CELL
        draw.text((MARGIN - 6, top + CELL / 2), name, "black", font, anchor="rm")
        _upright(picture, name, MARGIN + row * CELL, font)
        for column, count in enumerate(scores.confusion[row]):
            share = count / max(totals[row], 1)
            left = MARGIN + column * CELL
            draw.rectangle((left, top, left + CELL - 2, top + CELL - 2), _shade(share))
            colour = "white" if share > 0.5 else "black"
            centre = (left + CELL / 2 - 1, top + CELL / 2 - 1)
            draw.text(centre, str(count), colour, font, anchor="mm")
    return _png(picture)


def mistakes(pictures: Sequence[Picture], logits: NDArray[np.float32]) -> bytes:
    """Draw the photos that were misread most surely, with both labels, as PNG."""
    labels = np.array([one.label for one in pictures])
    answers = logits.argmax(axis=1)
    surplus = logits.max(axis=1) - logits[np.arange(len(labels)), labels]
    worst = [i for i in np.argsort(-surplus, kind="stable") if answers[i] != labels[i]][:MOST]
    rows = max(1, -(-len(worst) // COLUMNS))
    sheet = Image.new("RGB", (COLUMNS * PHOTO, rows * (PHOTO + CAPTION)), "white")
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(12)
    for place, i in enumerate(worst):
        left, top = place % COLUMNS * PHOTO, place // COLUMNS * (PHOTO + CAPTION)
        photo = food.decode(pictures[i].photo).resize((PHOTO - 4, PHOTO - 4))
        sheet.paste(photo, (left, top))
        words = f"is {food.LABELS[labels[i]]}\nread as {food.LABELS[answers[i]]}"
        draw.multiline_text((left + 2, top + PHOTO - 4), words, "black", font, spacing=2)
    return _png(sheet)


def _upright(picture: Image.Image, name: str, left: int, font: ImageFont.FreeTypeFont) -> None:
    strip = Image.new("RGB", (MARGIN - 8, CELL), "white")
    ImageDraw.Draw(strip).text((0, CELL / 2), name, "black", font, anchor="lm")
    picture.paste(strip.rotate(90, expand=True), (left, 2))


def _shade(share: float) -> tuple[int, int, int]:
    return int(255 - 225 * share), int(255 - 170 * share), int(255 - 90 * share)


def _png(picture: Image.Image) -> bytes:
    file = BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()
