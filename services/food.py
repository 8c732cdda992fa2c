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
MEAN: NDArray[np.float32] = np.full(3, 127 / 255, dtype=np.float32)
STD: NDArray[np.float32] = np.full(3, 128 / 255, dtype=np.float32)
PREPROCESSING: dict[str, Any] = {
    "side": SIDE,
    "mean": [127 / 255] * 3,
    "std": [128 / 255] * 3,
    "resample": "bilinear",
    "layout": "NCHW",
    "color": "RGB",
}

FORMATS = ("JPEG", "PNG", "WEBP")
# A photo is judged by its head, before it is decoded. MAX_MEMORY holds its bytes (twice:
# a form has them too) and what decoding takes: 12 million pixels of a PNG in colour, 3 of
# a WebP, 64 of an ordinary JPEG, which is shrunk while it is read.
MAX_BYTES = 10 * 2**20
MAX_SIDE = 2**16
MAX_PIXELS = 64_000_000
MAX_MEMORY = 57_000_000
BYTES_A_PIXEL = {"1": 1, "L": 1, "P": 1, "I;16": 2}  # what Pillow keeps; else 4
WEBP_BYTES_A_PIXEL = 16  # libwebp keeps two canvases, Pillow makes two copies
STRIP_PIXELS = 250_000

START_OF_SCAN = 0xDA
PROGRESSIVE = (0xC2, 0xC6, 0xCA, 0xCE)

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
TOO_MANY_PIXELS = (
    f"This photo has more than {MAX_PIXELS // 1_000_000} million pixels, or a side of "
    f"more than {MAX_SIDE}: send a smaller one."
)

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
    return tensor_of(decode(photo))


def tensor_of(square: Image.Image) -> NDArray[np.float32]:
    """Return the tensor of a picture that `decode` made."""
    pixels = np.asarray(square, dtype=np.float32) / np.float32(255)
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
        held_back = _held_back(image, photo)
        image.draft(None, (2 * size[0], 2 * size[1]))
        _require_little_memory(image, 2 * len(photo) + held_back)
        turn = UPRIGHT.get(image.getexif().get(ORIENTATION, 1))  # decodes a PNG
        picture = _reduced(image, size).resize(size, Image.Resampling.BILINEAR)
    except BadPhotoError:
        raise
    except BROKEN as error:
        raise BadPhotoError(
            "This photo is broken or breaks off in the middle: send the whole file."
        ) from error
    return picture if turn is None else picture.transpose(turn)


def _open(photo: bytes) -> Image.Image:
    """Read the head of a photo, and refuse what is no photo or more than one."""
    if not photo:
        raise BadPhotoError("This file is empty: send a photo.")
    if len(photo) > MAX_BYTES:
        raise TooLargeError(
            f"This file has more than {MAX_BYTES // 2**20} MB: send a smaller photo."
        )
    try:
        image = Image.open(BytesIO(photo), formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise TooLargeError(TOO_MANY_PIXELS) from error
    except UnidentifiedImageError as error:
        raise UnknownFormatError(
            "This is not a photo that we can read: send JPEG, PNG or WebP."
        ) from error
    except BROKEN as error:
        raise BadPhotoError("This photo is broken: its head cannot be read.") from error
    if image.width * image.height > MAX_PIXELS or max(image.size) > MAX_SIDE:
        raise TooLargeError(TOO_MANY_PIXELS)
    # An MPO is one photo as well: a JPEG with a preview or a second lens behind it.
    frames = getattr(image, "n_frames", 1)
    if frames > 1 and image.format in FORMATS:
        raise TooLargeError(f"This is a film of {frames} frames: send a single photo.")
    return image


def _require_little_memory(image: Image.Image, already: int) -> None:
    a_pixel = BYTES_A_PIXEL.get(image.mode, 4)
    if image.format == "WEBP":
        a_pixel = WEBP_BYTES_A_PIXEL
    need = image.width * image.height * a_pixel + already
    if need > MAX_MEMORY:
        raise TooLargeError(
            f"This {image.format} would take {need // 1_000_000} MB of memory to open, and "
            f"we give it {MAX_MEMORY // 1_000_000}: send it smaller, or as a JPEG "
            "that is not progressive."
        )


def _held_back(image: Image.Image, photo: bytes) -> int:
    """Return the bytes that a JPEG in several scans keeps until the last one is read."""
    layers = getattr(image, "layer", None)
    if not layers or _first_scan(photo) == len(layers):
        return 0
    widest = max(across * down for _, across, down, _ in layers)
    shares = sum(across * down / widest for _, across, down, _ in layers)
    return int(2 * image.width * image.height * shares)


def _first_scan(photo: bytes) -> int:
    """Return how many layers the first scan of a JPEG holds.

    In a progressive picture it holds none of them whole: 0, as for what is not clear.
    """
    at = 2
    while photo[at : at + 1] == b"\xff" and at + 4 < len(photo):
        marker = photo[at + 1]
        if marker in PROGRESSIVE:
            return 0
        if marker == START_OF_SCAN:
            return photo[at + 4]
        at += 2 + int.from_bytes(photo[at + 2 : at + 4])
    return 0


def _shrunk(size: tuple[int, int], longest: int) -> tuple[int, int]:
    scale = min(1.0, longest / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _reduced(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Average a picture down to RGB of at least twice `size`, one strip at a time.

    So a large picture is in memory once, whatever its mode, and not once more for each
    step from its mode to RGB.
    """
    across, down = (max(1, have // (2 * want)) for have, want in zip(image.size, size, strict=True))
    seen_through = image.has_transparency_data
    reduced = Image.new("RGB", (-(-image.width // across), -(-image.height // down)))
    rows = max(1, STRIP_PIXELS // (image.width * down))
    for top in range(0, reduced.height, rows):
        bottom = min(image.height, (top + rows) * down)
        strip = _flat(image.crop((0, top * down, image.width, bottom)), seen_through)
        reduced.paste(strip.reduce((across, down)), (0, top))
    return reduced


def _flat(image: Image.Image, seen_through: bool) -> Image.Image:
    """Bring a picture of any mode to RGB, on white."""
    if image.mode.startswith("I"):  # 16 bits of grey
        image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    elif seen_through:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return image.convert("RGB")
