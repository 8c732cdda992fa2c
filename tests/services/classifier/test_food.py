"""Photo -> tensor: every kind of photo, and every kind of file that is none."""

import contextlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from services import food
from tests.services.classifier.photos import png, saved, scene

KINDS = {
    "JPEG": ("L", "RGB", "CMYK"),
    "PNG": ("1", "L", "LA", "P", "RGB", "RGBA"),
    "WEBP": ("RGB",),
}


def pixels(photo: bytes) -> np.ndarray:
    """Return the square that the model sees, as numbers."""
    return np.asarray(food.decode(photo), dtype=int)


def far(one: np.ndarray, other: np.ndarray) -> float:
    """Return how far two pictures are apart, on average."""
    return float(np.abs(one.astype(int) - other.astype(int)).mean())


def test_a_tensor_is_what_efficientnet_lite0_was_trained_with():
    tensor = food.to_tensor(saved(Image.new("RGB", (10, 10), (255, 127, 0))))

    assert tensor.shape == (1, 3, 224, 224)
    assert tensor.dtype == np.float32
    assert tensor[0, :, 5, 5] == pytest.approx([1.0, 0.0, -127 / 128], abs=1e-6)


def test_the_contract_is_the_same_in_numbers_and_in_words():
    assert pytest.approx(food.PREPROCESSING["mean"]) == food.MEAN
    assert pytest.approx(food.PREPROCESSING["std"]) == food.STD
    assert food.PREPROCESSING["side"] == food.SIDE
    assert len(set(food.FOLDERS)) == len(food.LABELS) == 11


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_photo_is_set_upright(orientation):
    upright = scene(400, 300)
    undo = {2: 2, 3: 3, 4: 4, 5: 5, 6: 8, 7: 7, 8: 6}
    turned = upright
    if orientation > 1:
        turned = upright.transpose(food.UPRIGHT[undo[orientation]])
    exif = Image.Exif()
    exif[food.ORIENTATION] = orientation

    seen = pixels(saved(turned, "JPEG", exif=exif, quality=95, subsampling=0))

    assert far(seen, pixels(saved(upright))) < 2


def test_what_is_transparent_is_white():
    clear = scene().convert("RGBA")
    clear.putalpha(0)

    assert pixels(saved(clear)).min() == 255
    assert pixels(saved(clear, "WEBP", lossless=True)).min() == 255


def test_what_is_half_transparent_is_half_white():
    half = Image.new("RGBA", (300, 300), (0, 0, 0, 128))

    assert set(np.unique(pixels(saved(half)))) <= {126, 127, 128}


def test_the_colour_below_what_is_transparent_does_not_bleed():
    image = Image.new("RGBA", (1000, 1000), (255, 0, 0, 0))
    image.paste((0, 0, 255, 255), (0, 0, 1000, 500))

    seen = pixels(saved(image))

    assert (seen[..., 0] <= seen[..., 1] + 1).all()


def test_a_palette_with_a_transparent_colour_is_laid_on_white():
    image = Image.new("P", (50, 50), 3)
    image.putpalette([0] * 9 + [10, 20, 30])

    assert tuple(pixels(saved(image))[9, 9]) == (10, 20, 30)
    assert pixels(saved(image, transparency=3)).min() == 255


def test_sixteen_bits_of_grey_keep_their_brightness():
    grey = Image.fromarray(np.full((64, 64), 0x8000, dtype=np.uint16))

    assert set(np.unique(pixels(saved(grey)))) == {0x80}


def test_grey_and_print_colours_look_as_on_paper():
    colour = scene()

    grey = pixels(saved(colour.convert("L"), "JPEG", quality=95))
    printed = pixels(saved(colour.convert("CMYK"), "JPEG", quality=95))

    assert (grey[..., 0] == grey[..., 2]).all()
    assert far(printed, pixels(saved(colour))) < 4


@pytest.mark.parametrize("size", [(1900, 1500), (900, 3001), (2500, 300), (451, 449)])
def test_a_large_photo_is_averaged_like_a_plain_resize_would(size):
    photo = scene(*size)
    noise = np.random.default_rng(1).integers(-40, 40, (size[1], size[0], 3))
    photo = Image.fromarray(np.clip(np.asarray(photo) + noise, 0, 255).astype(np.uint8))

    plain = photo.resize((224, 224), Image.Resampling.BILINEAR)

    assert far(pixels(saved(photo, compress_level=1)), np.asarray(plain)) < 4


def test_the_square_that_the_model_saw_gives_the_same_tensor_again():
    photo = saved(scene(1234, 987), "JPEG")

    again = saved(food.decode(photo))

    assert np.array_equal(food.to_tensor(again), food.to_tensor(photo))


def test_a_photo_can_keep_its_shape():
    assert food.decode(saved(scene(1000, 500)), 512).size == (512, 256)
    assert food.decode(saved(scene(100, 50)), 512).size == (100, 50)


@pytest.mark.parametrize(
    ("photo", "error", "sentence"),
    [
        pytest.param(b"", food.BadPhotoError, "empty", id="empty"),
        pytest.param(b"GIF89a" + bytes(99), food.UnknownFormatError, "JPEG, PNG or WebP", id="gif"),
        pytest.param(b"%PDF-1.7 ...", food.UnknownFormatError, "JPEG, PNG or WebP", id="pdf"),
        pytest.param(bytes(11 * 2**20), food.TooLargeError, "more than 10 MB", id="heavy"),
        pytest.param(saved(scene(), "BMP"), food.UnknownFormatError, "send JPEG", id="bmp"),
        pytest.param(png(9000, 9000, b""), food.TooLargeError, "64 million pixels", id="pixels"),
        pytest.param(png(5000, 5000, b"", colour=2), food.TooLargeError, "100 MB", id="memory"),
        pytest.param(png(10, 10, b"junk"), food.BadPhotoError, "broken", id="junk"),
        pytest.param(saved(scene(), "JPEG")[:-900], food.BadPhotoError, "whole file", id="jpeg"),
        pytest.param(saved(scene())[:-900], food.BadPhotoError, "whole file", id="png"),
        pytest.param(saved(scene(), "WEBP")[:-90], food.BadPhotoError, "broken", id="webp"),
    ],
)  # fmt: skip
def test_what_cannot_be_a_photo_is_refused_in_words(photo, error, sentence):
    with pytest.raises(food.BadPhotoError, match=sentence) as refusal:
        food.to_tensor(photo)

    assert type(refusal.value) is error


def test_a_film_is_refused_and_a_photo_with_a_preview_is_not():
    frames = [scene(), scene().rotate(90)]

    for kind in ("PNG", "WEBP"):
        with pytest.raises(food.TooLargeError, match="2 frames"):
            food.decode(saved(frames[0], kind, save_all=True, append_images=frames[1:]))
    assert food.decode(saved(frames[0], "MPO", save_all=True, append_images=frames[1:]))


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_any_picture_of_any_mode_and_shape_becomes_a_tensor_in_range(data):
    kind = data.draw(st.sampled_from(sorted(KINDS)))
    mode = data.draw(st.sampled_from(KINDS[kind]))
    width, height = (data.draw(st.integers(1, 700)) for _ in "wh")
    image = Image.effect_noise((width, height), 60).convert(mode)

    tensor = food.to_tensor(saved(image, kind))

    assert tensor.shape == (1, 3, 224, 224)
    assert tensor.dtype == np.float32
    assert tensor.flags["C_CONTIGUOUS"]
    assert tensor.min() >= -127 / 128 - 1e-6
    assert tensor.max() <= 1 + 1e-6


@given(st.binary(max_size=300))
@settings(max_examples=300, deadline=None)
def test_no_bytes_at_all_do_more_than_be_refused(photo):
    with pytest.raises(food.BadPhotoError):
        food.to_tensor(photo)


EXIF = Image.Exif()
EXIF[food.ORIENTATION] = 6
GOOD = {
    "JPEG": saved(scene(60, 40), "JPEG", exif=EXIF),
    "progressive JPEG": saved(scene(60, 40), "JPEG", progressive=True),
    "MPO": saved(scene(60, 40), "MPO", save_all=True, append_images=[scene(60, 40)]),
    "PNG": saved(scene(60, 40), "PNG", exif=EXIF),
    "palette PNG": saved(scene(60, 40, "P"), "PNG", transparency=1),
    "film": saved(scene(60, 40), "PNG", save_all=True, append_images=[scene(60, 40).rotate(9)]),
    "WEBP": saved(scene(60, 40), "WEBP", exif=EXIF),
    "lossless WEBP": saved(scene(60, 40, "RGBA"), "WEBP", lossless=True),
}


@pytest.mark.filterwarnings("ignore::UserWarning")  # Pillow's, of files as broken as these
@pytest.mark.parametrize("kind", GOOD)
@given(data=st.data())
@settings(max_examples=200, deadline=None)
def test_a_damaged_photo_is_read_or_refused_and_nothing_else(kind, data):
    photo = bytearray(GOOD[kind])
    for _ in range(data.draw(st.integers(1, 12))):
        at = data.draw(st.integers(0, len(photo) - 1))
        photo[at] = data.draw(st.integers(0, 255))
    if data.draw(st.booleans()):
        del photo[data.draw(st.integers(0, len(photo))) :]

    with contextlib.suppress(food.BadPhotoError):
        assert np.isfinite(food.to_tensor(bytes(photo))).all()
