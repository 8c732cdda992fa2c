"""What is released is what was baked and signed; one changed byte anywhere is refused."""

import json
import shutil

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.lifecycle.evidence import statement, verification
from services.lifecycle.evidence.errors import (
    ChangedError,
    EvidenceError,
    OtherKeyError,
    OtherSubjectError,
    UnsignedError,
)
from services.lifecycle.evidence.signing import PrivateKey
from services.lifecycle.images import referrers
from tests.services.lifecycle.evidence.conftest import make

PARTS = (
    "manifest", "config", "code layer", "model layer", "manifest of the provenance", "provenance",
)  # fmt: skip
SLOW_MACHINE = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def new_key(path):
    """Write a private key and return what it is known by."""
    key = Ed25519PrivateKey.generate()
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return str(PrivateKey.read(path).public)


def flip(path, place, bit=0):
    """Change one bit of a file, and return how to change it back."""
    before = path.read_bytes()
    content = bytearray(before)
    content[place % len(content)] ^= 1 << bit
    path.write_bytes(content)
    return lambda: path.write_bytes(before)


def test_what_was_baked_here_says_of_what_and_by_whom(baked):
    said = baked.verify()

    assert said.digest == baked.digest
    assert said.material(statement.GIT) == baked.commit
    assert said.material(statement.DATA) == "d" * 64
    assert len(said.material(statement.MODEL)) == len(said.material(statement.LOCK)) == 64
    assert (said.operation, said.parameters["version"]) == ("bake-1", 7)
    assert said.whole["predicateType"] == "https://slsa.dev/provenance/v1"


@pytest.mark.parametrize("part", PARTS)
@SLOW_MACHINE
@given(place=st.integers(min_value=0), bit=st.integers(0, 7))
def test_one_changed_bit_anywhere_is_refused_and_the_part_is_named(baked, part, place, bit):
    restore = flip(baked.parts()[part], place, bit)

    with pytest.raises(ChangedError) as refusal:
        baked.verify()

    assert refusal.value.part == part
    restore()
    baked.verify()


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("length", [0, 10, -1], ids=["empty", "cut", "one byte short"])
def test_a_part_that_was_cut_off_is_refused_by_name(baked, part, length):
    path = baked.parts()[part]
    path.write_bytes(path.read_bytes()[:length])

    with pytest.raises(ChangedError) as refusal:
        baked.verify()

    assert refusal.value.part == part


@pytest.mark.parametrize("part", PARTS[1:])
def test_a_part_that_was_removed_is_refused_by_name(baked, part):
    baked.parts()[part].unlink()

    with pytest.raises(ChangedError) as refusal:
        baked.verify()

    assert refusal.value.part == part


@SLOW_MACHINE
@given(data=st.data())
def test_one_changed_bit_of_what_is_laid_out_is_refused(baked, data):
    files = sorted(path for path in baked.view.rglob("*") if path.is_file() and path.stat().st_size)
    path = data.draw(st.sampled_from(files))
    restore = flip(path, data.draw(st.integers(min_value=0)), data.draw(st.integers(0, 7)))

    with pytest.raises(ChangedError, match="unpacked view was changed") as refusal:
        baked.verify()

    assert str(path) in str(refusal.value)
    restore()
    baked.verify()


@pytest.mark.parametrize(
    "tamper",
    [
        lambda app: (app / "services" / "extra.py").write_text("print('hello')"),
        lambda app: (app / "services" / "food.pyc").symlink_to("/etc/hostname"),
        lambda app: (app / "model" / "model.onnx").unlink(),
        lambda app: shutil.move(app / "model", app.parent / "other"),
        lambda app: shutil.rmtree(app.parent),
        lambda app: (app.parent.parent / "run.json").unlink(),
    ],
    ids=["more", "link", "less", "moved", "gone", "no run.json"],
)
def test_what_is_laid_out_has_nothing_more_and_nothing_less(baked, tamper):
    tamper(baked.view / "rootfs" / "app")

    with pytest.raises(ChangedError) as refusal:
        baked.verify()

    assert refusal.value.part == "unpacked view"


def test_a_file_that_became_a_link_to_the_same_bytes_is_refused(baked, tmp_path):
    model = baked.view / "rootfs" / "app" / "model" / "model.onnx"
    shutil.copy(model, tmp_path / "same.onnx")
    model.unlink()
    model.symlink_to(tmp_path / "same.onnx")

    with pytest.raises(ChangedError, match="unpacked view"):
        baked.verify()


def test_a_folder_that_became_a_link_is_refused(baked, tmp_path):
    model = baked.view / "rootfs" / "app" / "model"
    shutil.move(model, tmp_path / "same")
    model.symlink_to(tmp_path / "same")

    with pytest.raises(ChangedError, match="unpacked view"):
        baked.verify()


def test_an_image_that_nobody_signed_is_refused(baked):
    baked.layout.relist(lambda known: [e for e in known if "artifactType" not in e])

    with pytest.raises(UnsignedError, match="was never signed here"):
        baked.verify()


def test_a_signature_by_another_key_is_refused(baked, tmp_path):
    with pytest.raises(OtherKeyError, match="GOURMET_PUBLIC_KEYS does not list"):
        baked.verify(new_key(tmp_path / "other.pem"))


def test_a_provenance_of_another_image_is_refused(baked, tmp_path):
    other = make(baked.step, tmp_path / "other", number=8, weights=b"others")
    about = referrers.find(baked.layout, other.digest, verification.KIND)

    referrers.attach(baked.layout, baked.digest, verification.KIND, about.content)

    with pytest.raises(OtherSubjectError) as refusal:
        baked.verify()
    assert refusal.value.subject == other.digest


def test_a_statement_that_was_changed_and_stored_anew_does_not_fit_its_signature(baked):
    about = referrers.find(baked.layout, baked.digest, verification.KIND)
    envelope = json.loads(about.content)
    envelope["payload"] = envelope["payload"][:-8] + "AAAAAAA="

    referrers.attach(baked.layout, baked.digest, verification.KIND, json.dumps(envelope).encode())

    with pytest.raises(EvidenceError) as refusal:
        baked.verify()
    assert refusal.value.part == "provenance"


@SLOW_MACHINE
@given(content=st.binary(max_size=200))
def test_any_bytes_in_place_of_the_provenance_are_refused(baked, content):
    referrers.attach(baked.layout, baked.digest, verification.KIND, content)

    with pytest.raises(EvidenceError):
        baked.verify()


def test_an_old_key_is_trusted_as_long_as_it_is_listed(baked, tmp_path):
    old = str(baked.step.settings.public_keys[0])
    new = new_key(tmp_path / "new.pem")

    assert baked.verify(f"{new} {old}").key == old
    with pytest.raises(OtherKeyError):
        baked.verify(new)


def test_baking_again_changes_nothing_that_was_said(baked, tmp_path):
    before = baked.parts()["provenance"].read_bytes()

    again = make(baked.step, tmp_path / "again", operation="bake-2")

    assert again.digest == baked.digest
    assert baked.parts()["provenance"].read_bytes() == before
    assert len(baked.layout.listed()) == 2


def test_baking_again_mends_what_was_changed(baked, tmp_path):
    for part in ("model layer", "config", "provenance"):
        flip(baked.parts()[part], 20)
    flip(baked.view / "rootfs" / "app" / "model" / "model.onnx", 20)
    (baked.view / "rootfs" / "app" / "more.py").write_text("print('hello')")

    make(baked.step, tmp_path / "again", operation="bake-2")

    assert baked.verify().operation == "bake-2"
    assert sorted(path.name for path in baked.view.iterdir()) == [".lock", "rootfs", "run.json"]


def test_no_image_is_listed_for_what_is_said_of_one(baked):
    assert baked.layout.digests() == [baked.digest]
    about = json.loads(baked.layout.read(baked.entry["digest"]))
    assert about["subject"]["digest"] == baked.digest
    assert about["artifactType"] == verification.KIND
