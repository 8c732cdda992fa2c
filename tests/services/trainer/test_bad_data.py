"""Bad data is refused before training, with everything that is wrong listed once."""

import stat
import struct
import zipfile
from pathlib import Path

import pytest

from services import food
from services.trainer import data
from services.trainer.errors import BadDataError, SourceError
from tests.services.trainer import photos


def refusal(source: Path, out: Path) -> tuple[str, ...]:
    """Return the problems that a source is refused for."""
    with pytest.raises(BadDataError) as refused:
        data.prepare(str(source), out, 1, out.parent)
    assert not out.exists()
    assert [left.name for left in out.parent.iterdir() if left.name.startswith(".")] == []
    return refused.value.problems


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A data set that is still sound."""
    return photos.food11(tmp_path / "photos")


def test_a_missing_split(source, tmp_path):
    (source / "validation").rename(tmp_path / "elsewhere")

    assert refusal(source, tmp_path / "out") == ("missing split: there is no folder validation/",)


def test_a_class_with_no_image(source, tmp_path):
    (source / "evaluation" / "Soup" / "0.jpg").unlink()

    assert refusal(source, tmp_path / "out") == ("class with no image: Soup in evaluation",)


def test_unreadable_files_are_named(source, tmp_path):
    (source / "training" / "Egg" / "0.jpg").write_bytes(b"")
    (source / "training" / "Rice" / "half.jpg").write_bytes(photos.jpeg(99)[:300])
    (source / "training" / "Meat" / "notes.txt").write_text("grilled")

    problems = refusal(source, tmp_path / "out")

    assert len(problems) == 3
    assert problems[0].startswith("unreadable: training/Egg/0.jpg: This file is empty")
    assert problems[1].startswith("unreadable: training/Meat/notes.txt: ")
    assert problems[2].startswith("unreadable: training/Rice/half.jpg: ")


def test_the_same_image_in_two_splits(source, tmp_path):
    (source / "evaluation" / "Meat" / "copy.jpg").write_bytes(
        (source / "training" / "Meat" / "0.jpg").read_bytes()
    )

    assert refusal(source, tmp_path / "out") == (
        "the same image in training and evaluation: "
        "evaluation/Meat/copy.jpg and training/Meat/0.jpg",
    )


def test_the_same_image_under_two_labels(source, tmp_path):
    (source / "training" / "Egg" / "copy.jpg").write_bytes(
        (source / "training" / "Meat" / "0.jpg").read_bytes()
    )

    assert refusal(source, tmp_path / "out") == (
        "the same image under two labels: training/Egg/copy.jpg and training/Meat/0.jpg",
    )


def test_a_class_nobody_knows_gets_a_hint(source, tmp_path):
    (source / "training" / "Soup").rename(source / "training" / "Soups")

    assert refusal(source, tmp_path / "out") == (
        "training/Soups: no class of this name; did you mean Soup?",
        "class with no image: Soup in training",
    )


def test_all_problems_are_listed_at_once_in_the_message(source, tmp_path):
    (source / "training" / "Egg" / "0.jpg").write_bytes(b"not a photo")
    (source / "evaluation" / "Soup" / "0.jpg").unlink()
    (source / "evaluation" / "Meat" / "copy.jpg").write_bytes(
        (source / "training" / "Meat" / "0.jpg").read_bytes()
    )

    with pytest.raises(BadDataError) as refused:
        data.prepare(str(source), tmp_path / "out", 1, tmp_path)

    assert str(refused.value).startswith(f"{source}: 3 problems, so nothing is trained on it.\n")
    assert len(refused.value.problems) == 3


def test_what_is_refused_leaves_the_data_of_before(source, tmp_path):
    data.prepare(str(source), tmp_path / "out", 1, tmp_path)
    before = (tmp_path / "out" / "data-card.json").read_bytes()
    (source / "training" / "Egg" / "0.jpg").write_bytes(b"not a photo")

    with pytest.raises(BadDataError):
        data.prepare(str(source), tmp_path / "out", 1, tmp_path)

    assert (tmp_path / "out" / "data-card.json").read_bytes() == before


def test_a_folder_per_class_without_pictures_is_said_once_per_class(tmp_path):
    (tmp_path / "photos" / "Soup").mkdir(parents=True)

    problems = refusal(tmp_path / "photos", tmp_path / "out")

    assert problems == tuple(f"class with no image: {name} in any split" for name in food.LABELS)


@pytest.mark.parametrize(
    ("name", "content", "what"),
    [
        pytest.param(None, b"", "there is no such thing", id="nothing"),
        pytest.param("photos.tar", b"tar", "is neither a folder nor a zip", id="not a zip"),
    ],
)
def test_what_is_no_data_at_all_is_asked_wrongly(tmp_path, name, content, what):
    source = tmp_path / (name or "missing")
    if name:
        source.write_bytes(content)

    with pytest.raises(SourceError, match=what) as refused:
        data.prepare(str(source), tmp_path / "out", 1, tmp_path)

    assert refused.value.code == 2


@pytest.mark.parametrize("name", ["../escape.jpg", "/etc/escape.jpg", "a/../../b.jpg", "..\\b.jpg"])
def test_a_zip_entry_that_leaves_the_folder(tmp_path, name):
    archive = tmp_path / "photos.zip"
    with zipfile.ZipFile(archive, "w") as new:
        new.writestr("training/Egg/1.jpg", photos.jpeg(1))
        new.writestr(zipfile.ZipInfo(name), photos.jpeg(2))

    problems = refusal(archive, tmp_path / "out")

    assert len(problems) == 1
    assert problems[0].endswith("leaves the folder that the zip is unpacked in")
    assert not list(tmp_path.parent.glob("escape.jpg"))


def test_a_link_in_a_zip(tmp_path):
    archive = tmp_path / "photos.zip"
    link = zipfile.ZipInfo("training/Egg/1.jpg")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(archive, "w") as new:
        new.writestr(link, "/etc/passwd")

    assert refusal(archive, tmp_path / "out") == (
        "training/Egg/1.jpg: a link, and a zip of photos has none",
    )


def test_a_zip_bomb_is_not_unpacked(tmp_path):
    archive = tmp_path / "bomb.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as new:
        new.writestr("training/Egg/1.jpg", bytes(300 * 2**20))

    assert refusal(archive, tmp_path / "out") == (
        "training/Egg/1.jpg: unpacks to 300 MB; no photo does",
    )


def test_a_zip_that_says_it_holds_more_than_a_disk(tmp_path):
    archive = tmp_path / "liar.zip"
    with zipfile.ZipFile(archive, "w") as new:
        new.writestr("training/Egg/1.jpg", photos.jpeg(1))
    content = bytearray(archive.read_bytes())
    sizes = content.index(b"PK\x01\x02") + 20
    content[sizes : sizes + 8] = struct.pack("<II", 2**32 - 2, 2**32 - 2)
    archive.write_bytes(content)

    assert refusal(archive, tmp_path / "out") == (
        "training/Egg/1.jpg: damaged in the zip; pack it again",
    )


def test_a_damaged_zip_names_the_entry(tmp_path):
    archive = tmp_path / "photos.zip"
    with zipfile.ZipFile(archive, "w") as new:
        new.writestr("training/Egg/1.jpg", photos.jpeg(1))
    content = bytearray(archive.read_bytes())
    content[200] ^= 0xFF
    archive.write_bytes(content)

    assert refusal(archive, tmp_path / "out") == (
        "training/Egg/1.jpg: damaged in the zip; pack it again",
    )


def test_an_encrypted_entry(tmp_path):
    archive = tmp_path / "photos.zip"
    with zipfile.ZipFile(archive, "w") as new:
        new.writestr("training/Egg/1.jpg", photos.jpeg(1))
    content = bytearray(archive.read_bytes())
    content[content.index(b"PK\x01\x02") + 8] |= 1
    archive.write_bytes(content)

    assert refusal(archive, tmp_path / "out") == (
        "training/Egg/1.jpg: encrypted; pack it without a password",
    )


def test_a_link_in_a_folder_that_leads_nowhere_is_left_out(source, tmp_path):
    (source / "training" / "Egg" / "link.jpg").symlink_to(tmp_path / "gone.jpg")

    card = data.prepare(str(source), tmp_path / "out", 1, tmp_path)

    assert card["pictures"]["training"] == 11
