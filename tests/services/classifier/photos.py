"""Photos for the tests, good ones and bad ones."""

import struct
import zlib
from io import BytesIO

import numpy as np
from PIL import Image


def saved(image: Image.Image, kind: str = "PNG", **options) -> bytes:
    """Return an image as the bytes of a file."""
    file = BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def scene(width: int = 400, height: int = 300, mode: str = "RGB") -> Image.Image:
    """Draw a picture whose corners differ: red, green, blue and yellow."""
    corners = np.array([[[220, 30, 30], [30, 200, 40]], [[40, 40, 220], [230, 220, 50]]], np.uint8)
    return Image.fromarray(corners).resize((width, height), Image.Resampling.BILINEAR).convert(mode)


def chunk(name: bytes, content: bytes) -> bytes:
    """Return a chunk of a PNG file."""
    check = zlib.crc32(name + content)
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", check)


def png(width: int, height: int, rows: bytes, *extra: bytes, colour: int = 0) -> bytes:
    """Write a PNG by hand: its head may say anything."""
    head = struct.pack(">IIBBBBB", width, height, 8, colour, 0, 0, 0)
    parts = [chunk(b"IHDR", head), *extra, chunk(b"IDAT", rows), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def packed_zeros(size: int) -> bytes:
    """Compress `size` zeros without holding them."""
    press = zlib.compressobj(9)
    block = bytes(2**20)
    parts = [press.compress(block) for _ in range(size // 2**20)]
    return b"".join([*parts, press.compress(bytes(size % 2**20)), press.flush()])


def bombs() -> dict[str, bytes]:
    """Return small files that unpack to hundreds of megabytes, by name."""
    side = 20_000
    text = zlib.compress(bytes(2**20 - 64), 9)
    remark = chunk(b"zTXt", b"remark\0\0" + text)
    film = [Image.new("RGB", (1500, 1500), (number, 0, 0)) for number in range(8)]
    return {
        "a PNG of 400 million pixels": png(side, side, packed_zeros(side * (side + 1))),
        "a PNG of 50 million pixels in colour": png(
            7000, 7100, packed_zeros(7100 * 21_001), colour=2
        ),
        "a PNG that is 40 million pixels wide": png(40_000_000, 1, packed_zeros(40_000_001)),
        "a PNG with 300 packed remarks": png(8, 8, packed_zeros(72), *[remark] * 300),
        "a progressive JPEG": saved(
            Image.new("RGB", (6000, 6000)), "JPEG", progressive=True, subsampling=0
        ),
        "a WebP": saved(Image.new("RGB", (7000, 7000)), "WEBP", lossless=True, method=0),
        "a film in WebP": saved(film[0], "WEBP", save_all=True, append_images=film[1:]),
        "a film in PNG": saved(film[0], "PNG", save_all=True, append_images=film[1:]),
    }
