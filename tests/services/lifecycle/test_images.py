"""Images on disk: addressed by digest, the same bytes on any day, and never half there."""

import json
import os
import threading
import time

import pytest

from services.lifecycle.errors import AskedWronglyError, GitError, ImageError
from services.lifecycle.images import building, view
from services.lifecycle.images.layout import LAYER, Layout
from services.lifecycle.images.recipes import recipe
from services.lifecycle.images.source import fetch
from tests.services.lifecycle.conftest import write_model

NAME = "registry.local/gourmetgram-app"


def push_app(layout, source, tmp_path, model=None, tag=None):
    checkout = fetch(str(source.folder), "HEAD", tmp_path / "fetched.git")
    app = recipe("app")
    parts = [building.code_layer(layout, app, checkout)]
    parts += [building.model_layer(layout, model)] if model else []
    return building.push(layout, "registry.local", app, checkout, parts, tag=tag, facts={})


def test_the_same_inputs_give_the_same_digest_on_another_day(source, layout, tmp_path):
    model = write_model(tmp_path / "model", "r1")
    first = push_app(layout, source, tmp_path, model)
    os.utime(model / "model.onnx", (0, 0))
    (model / "model.onnx").chmod(0o600)
    other = Layout.at(f"oci:{tmp_path / 'elsewhere'}")

    second = push_app(other, source, tmp_path / "other", model)

    assert second.digest == first.digest


def test_other_code_or_another_model_gives_another_digest(source, layout, tmp_path):
    model = write_model(tmp_path / "model", "r1")
    first = push_app(layout, source, tmp_path, model)
    with (model / "model.onnx").open("ab") as file:
        file.write(b"!")
    second = push_app(layout, source, tmp_path, model)
    source.commit({"services/food.py": "LABELS = (1,)\n"})
    third = push_app(layout, source, tmp_path, model)

    assert len({first.digest, second.digest, third.digest}) == 3
    assert first.layers[0] == second.layers[0], "the code layer is shared"


def test_an_image_is_laid_out_ready_to_run(source, layout, tmp_path):
    model = write_model(tmp_path / "model", "r1")
    image = push_app(layout, source, tmp_path, model, tag="t")
    folder = layout.folder / "unpacked" / image.digest.removeprefix("sha256:")

    facts = json.loads((folder / "run.json").read_text())

    assert facts["digest"] == image.digest
    assert facts["names"] == [NAME]
    assert facts["workdir"] == "/app"
    assert facts["cmd"] == ["python", "-m", "services.classifier"]
    assert facts["rootfs"] == str(folder / "rootfs")
    assert facts["env"]["PATH"].startswith("/nonexistent/environment/bin:")
    assert facts["labels"]["gourmetops.requirements"] == "/app/services/classifier/requirements.txt"
    assert (folder / "rootfs/app/services/food.py").read_text() == "LABELS = ()\n"
    assert (folder / "rootfs/app/model/model.onnx").read_bytes() == b"weights"
    assert not (folder / "rootfs/app/services/trainer").exists()


def test_the_store_is_an_oci_image_layout(source, layout, tmp_path):
    image = push_app(layout, source, tmp_path, tag="default")

    assert json.loads((layout.folder / "oci-layout").read_text()) == {"imageLayoutVersion": "1.0.0"}
    (entry,) = json.loads((layout.folder / "index.json").read_text())["manifests"]
    assert entry["digest"] == image.digest
    assert entry["annotations"]["org.opencontainers.image.ref.name"] == f"{NAME}:default"
    manifest = json.loads(layout.read(image.digest))
    config = json.loads(layout.read(manifest["config"]["digest"]))
    assert config["rootfs"]["diff_ids"] == [layer["digest"] for layer in manifest["layers"]]


def test_a_tag_names_the_last_image_and_the_one_before_stays(source, layout, tmp_path):
    old = push_app(layout, source, tmp_path, tag="default")
    source.commit({"services/food.py": "LABELS = (1,)\n"})
    new = push_app(layout, source, tmp_path, tag="default")

    assert layout.find(NAME, "default") == new.digest
    assert layout.image(old.digest).digest == old.digest
    assert layout.digests() == sorted([old.digest, new.digest])


def test_pushing_twice_lists_an_image_once(source, layout, tmp_path):
    for _ in range(2):
        push_app(layout, source, tmp_path, tag="default")

    assert len(json.loads((layout.folder / "index.json").read_text())["manifests"]) == 1


@pytest.mark.parametrize("part", ["manifest", "config", "layer"])
def test_one_changed_byte_is_noticed(source, layout, tmp_path, part):
    image = push_app(layout, source, tmp_path, write_model(tmp_path / "model", "r1"))
    manifest = json.loads(layout.read(image.digest))
    digest = {
        "manifest": image.digest,
        "config": manifest["config"]["digest"],
        "layer": manifest["layers"][-1]["digest"],
    }[part]
    path = layout.path(digest)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)

    with pytest.raises(ImageError, match="is not what its digest says"):
        layout.verify(image.digest)


def test_a_digest_that_is_not_there_is_said_to_be_missing(layout):
    with pytest.raises(ImageError, match="never built here, or was removed"):
        layout.image("sha256:" + "0" * 64)


def test_what_is_no_digest_is_refused(layout):
    with pytest.raises(ImageError, match="is no digest"):
        layout.image("latest")


def test_many_pushes_at_once_lose_nothing(layout):
    def push(number):
        blob = layout.add(LAYER, lambda file: file.write(b"%d" % (number % 4)))
        layout.push(NAME, [blob], command=["true"], labels={}, tag=f"t{number}")

    threads = [threading.Thread(target=push, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert all(layout.find(NAME, f"t{number}") for number in range(16))
    assert len(layout.digests()) == 4
    for digest in layout.digests():
        layout.verify(digest)
    assert list((layout.folder / "ingest").iterdir()) == []


def test_a_broken_write_leaves_nothing(layout):
    def write(file):
        file.write(b"half")
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        layout.add(LAYER, write)

    assert list((layout.folder / "ingest").iterdir()) == []
    assert list((layout.folder / "blobs/sha256").iterdir()) == []


def test_laying_out_the_same_image_at_once_makes_one_folder(source, layout, tmp_path):
    image = push_app(layout, source, tmp_path)
    target = layout.folder / "unpacked" / image.digest.removeprefix("sha256:")
    before = (target / "rootfs").stat().st_ino
    threads = [threading.Thread(target=view.unpack, args=(layout, image.digest)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (target / "rootfs").stat().st_ino == before
    assert sorted(p.name for p in target.iterdir()) == [".lock", "rootfs", "run.json"]


def test_a_commit_without_the_code_of_an_image_is_refused(source, layout, tmp_path):
    checkout = fetch(str(source.folder), "HEAD", tmp_path / "fetched.git")

    with pytest.raises(AskedWronglyError, match=r"has no charts, .*tests/staging"):
        building.code_layer(layout, recipe("lifecycle"), checkout)


def test_a_misspelt_kind_of_image_names_the_nearest():
    with pytest.raises(AskedWronglyError, match=r"Did you mean trainer\?"):
        recipe("trainor")


def test_a_branch_that_does_not_exist_is_said_with_the_repository(source, tmp_path):
    with pytest.raises(GitError, match="Name a branch, tag or full commit"):
        fetch(str(source.folder), "no-such-branch", tmp_path / "fetched.git")


def test_fetching_again_into_the_same_folder_is_fine(source, tmp_path):
    first = fetch(str(source.folder), "HEAD", tmp_path / "fetched.git")
    new = source.commit({"services/food.py": f"# {time.monotonic_ns()}\n"})

    again = fetch(str(source.folder), "main", tmp_path / "fetched.git")

    assert first.tag == again.tag == "default"
    assert again.commit == new != first.commit
