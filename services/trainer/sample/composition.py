"""Put a drawing on a background, as a photo would have it: some place, size, tilt and light.

Everything is drawn from the random numbers that are passed in, so a picture can be made
again, to the byte, from its seed.
"""

from collections.abc import Callable
from io import BytesIO
from random import Random

import numpy as np
import resvg_py
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter

SIDE = 256
EDGE = 12
QUALITY = (80, 95)
Colour = tuple[int, int, int]


def render(svg: str) -> Image.Image:
    """Render a drawing as a picture with transparency, and an edge that a tilt may cut off."""
    png = resvg_py.svg_to_bytes(svg_string=svg, width=SIDE - 2 * EDGE, height=SIDE - 2 * EDGE)
    picture = Image.new("RGBA", (SIDE, SIDE), (0, 0, 0, 0))
    picture.paste(Image.open(BytesIO(bytes(png))), (EDGE, EDGE))
    return picture


def compose(drawing: Image.Image, rng: Random) -> bytes:
    """Compose one picture and return it as JPEG."""
    picture = rng.choice(BACKGROUNDS)(rng).convert("RGBA")
    side = rng.randint(int(SIDE * 0.65), SIDE)
    small = drawing.resize((side, side), Image.Resampling.BILINEAR)
    if rng.random() < 0.5:
        small = small.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    small = small.rotate(rng.uniform(-20, 20), Image.Resampling.BILINEAR)
    place = (rng.randint(0, SIDE - side), rng.randint(0, SIDE - side))
    if rng.random() < 0.4:
        picture.alpha_composite(_shadow(small), place)
    picture.alpha_composite(small, place)
    lit = ImageEnhance.Brightness(picture.convert("RGB")).enhance(rng.uniform(0.85, 1.15))
    file = BytesIO()
    lit.save(file, "JPEG", quality=rng.randint(*QUALITY))
    return file.getvalue()


def _plain(rng: Random) -> Image.Image:
    return Image.new("RGB", (SIDE, SIDE), _pale(rng))


def _gradient(rng: Random) -> Image.Image:
    slope = Image.linear_gradient("L").rotate(rng.choice((0, 90, 180, 270)))
    return Image.composite(_plain(rng), _plain(rng), slope.resize((SIDE, SIDE)))


def _striped(rng: Random) -> Image.Image:
    picture, colour, step = _plain(rng), _pale(rng), rng.randint(16, 48)
    draw = ImageDraw.Draw(picture)
    for left in range(0, SIDE, 2 * step):
        draw.rectangle((left, 0, left + step, SIDE), fill=colour)
    return picture.rotate(rng.choice((0, 90)))


def _plate(rng: Random) -> Image.Image:
    picture = _gradient(rng)
    draw = ImageDraw.Draw(picture)
    rim = rng.randint(4, 24)
    draw.ellipse((rim, rim, SIDE - rim, SIDE - rim), fill=_pale(rng))
    draw.ellipse((rim + 22, rim + 22, SIDE - rim - 22, SIDE - rim - 22), fill=_pale(rng))
    return picture


def _grainy(rng: Random) -> Image.Image:
    numbers = np.random.default_rng(rng.getrandbits(32))
    grain = numbers.normal(0, 14, size=(SIDE, SIDE, 1))
    pixels = np.clip(np.asarray(_plain(rng)) + grain, 0, 255)
    return Image.fromarray(pixels.astype(np.uint8)).filter(ImageFilter.GaussianBlur(0.7))


BACKGROUNDS: tuple[Callable[[Random], Image.Image], ...] = (
    _plain, _gradient, _striped, _plate, _grainy,
)  # fmt: skip


def _pale(rng: Random) -> Colour:
    light, warm = rng.randint(130, 250), rng.randint(-35, 35)
    red, green, blue = light + warm, light + rng.randint(-15, 15), light - warm
    return min(red, 255), min(green, 255), min(blue, 255)


def _shadow(drawing: Image.Image) -> Image.Image:
    dark = drawing.getchannel("A").filter(ImageFilter.GaussianBlur(6)).point(lambda a: a * 0.35)
    shadow = Image.new("RGBA", drawing.size, (0, 0, 0, 0))
    shadow.paste((0, 0, 0), (0, 0), dark)
    shadow.putalpha(dark)
    return shadow
