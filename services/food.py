"""The contract between training and serving: the labels, and photo -> tensor.

Both sides import this module and nothing else of each other, so a model can never be
served with other preprocessing than it was trained with.
"""

import struct
import zlib
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, PngImagePlugin, UnidentifiedImageError

LABELS = (
    "Bread", "Dairy product", "Dessert", "Egg", "Fried food", "Meat",
    "Noodles/Pasta", "Rice", "Seafood", "Soup", "Vegetable/Fruit",
)  # fmt: skip
# A label as the name of a folder: the names that Food-11 itself uses.
FOLDERS = tuple(label.replace("/", "-") for label in LABELS)

# What the pretrained EfficientNet-Lite0 was trained with, (x * 255 - 127) / 128,
# written for pixels from 0 to 1.
SIDE = 224
MEAN = np.full(3, 127 / 255, dtype=np.float32)
STD = np.full(3, 128 / 255, dtype=np.float32)
PREPROCESSING: dict[str, Any] = {
    "side": SIDE,
    "mean": [127 / 255] * 3,
    "std": [128 / 255] * 3,
    "resample": "bilinear",
    "layout": "NCHW",
    "color": "RGB",
}

FORMATS = ("JPEG", "PNG", "WEBP")
MAX_BYTES = 10 * 2**20
MAX_PIXELS = 64_000_000
MAX_DECODED_BYTES = 50_000_000

ORIENTATION = 0x0112
UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

# Pillow unpacks the compressed text in a PNG before anybody can ask for its size, and
# stops at 64 MB of it unless told otherwise.
PngImagePlugin.MAX_TEXT_MEMORY = PngImagePlugin.MAX_TEXT_CHUNK

# All that Pillow's decoders raise on bytes that are broken.
BROKEN = (
    OSError, SyntaxError, ValueError, TypeError, KeyError, IndexError, EOFError,
    OverflowError, ZeroDivisionError, struct.error, zlib.error,
)  # fmt: skip


class BadPhotoError(ValueError):
    """The bytes are not a photo that we take."""


class TooLargeError(BadPhotoError):
    """The photo has more bytes, pixels or frames than we take."""


class UnknownFormatError(BadPhotoError):
    """The bytes are no JPEG, PNG or WebP."""


def to_tensor(photo: bytes) -> NDArray[np.float32]:
    """Decode a photo into the 1x3x224x224 tensor that the model takes.

    Raises:
        BadPhotoError: the bytes are no photo, or one that breaks off or is too large.
    """
    pixels = np.asarray(decode(photo), dtype=np.float32) / np.float32(255)
    return np.ascontiguousarray(((pixels - MEAN) / STD).transpose(2, 0, 1)[np.newaxis])


def decode(photo: bytes, longest: int | None = None) -> Image.Image:
    """Decode a photo into an upright RGB picture, with white where it is transparent.

    Args:
        photo: The bytes of a JPEG, PNG or WebP.
        longest: Keep the shape, and make no side longer than this. Without it the
            picture is the square of 224 that the model sees; saved without loss and
            decoded again, that square comes back as it was.

    Raises:
        BadPhotoError: the bytes are no photo, or one that breaks off or is too large.
    """
    image = _open(photo)
    size = (SIDE, SIDE) if longest is None else _shrunk(image.size, longest)
    try:
        turn = UPRIGHT.get(image.getexif().get(ORIENTATION, 1))
        image.draft(None, (2 * size[0], 2 * size[1]))  # type: ignore[arg-type]
        picture = _resized(image, size)
    except BROKEN as error:
        raise BadPhotoError(
            "This photo is broken or breaks off in the middle: send the whole file."
        ) from error
    return picture if turn is None else picture.transpose(turn)


def _open(photo: bytes) -> Image.Image:
    """Read the head of a photo, and refuse what would be too much to decode."""
    if not photo:
        raise BadPhotoError("This file is empty: send a photo.")
    if len(photo) > MAX_BYTES:
        raise TooLargeError(
            f"This file has {len(photo) / 2**20:.1f} MB, and we take up to "
            f"{MAX_BYTES / 2**20:.0f}: send a smaller photo."
        )
    try:
        image = Image.open(BytesIO(photo), formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise TooLargeError(_too_many_pixels("more")) from error
    except UnidentifiedImageError as error:
        raise UnknownFormatError(
            "This is not a photo that we can read: send JPEG, PNG or WebP."
        ) from error
    except BROKEN as error:
        raise BadPhotoError(
            "This photo is broken: its head cannot be read. Send it again."
        ) from error
    if image.width * image.height > MAX_PIXELS:
        raise TooLargeError(_too_many_pixels(f"{image.width} x {image.height}"))
    return image


def _too_many_pixels(have: str) -> str:
    return (
        f"This photo has {have} pixels, and we take up to {MAX_PIXELS / 1e6:.0f} "
        "million: send a smaller one."
    )


def _shrunk(size: tuple[int, int], longest: int) -> tuple[int, int]:
    scale = min(1.0, longest / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _resized(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Bring a picture of any mode to RGB of `size`, holding few copies at a time."""
    if image.mode.startswith("I"):  # 16 bits of grey
        image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    if image.has_transparency_data:
        return _on_white(image.convert("RGBA").resize(size, Image.Resampling.BILINEAR))
    if image.mode in ("1", "P"):
        image = image.convert("RGB")
    return image.resize(size, Image.Resampling.BILINEAR).convert("RGB")


def _on_white(image: Image.Image) -> Image.Image:
    white = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(white, image).convert("RGB")
