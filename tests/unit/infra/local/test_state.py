"""Where things are kept, and that a reader never sees half of them."""

import threading
from pathlib import Path

import pytest

from infra.local import state as files
from infra.local.state import State, locate


def test_the_folder_is_in_the_clone_unless_somebody_says_otherwise(tmp_path):
    assert locate({}, tmp_path) == State(tmp_path / ".local")
    assert locate({"GOURMET_STATE": "/elsewhere"}, tmp_path) == State(Path("/elsewhere"))
    named = {"GOURMET_STATE": "mine", "GOURMET_FROM": "/where/i/stood"}
    assert locate(named, tmp_path) == State(Path("/where/i/stood/mine"))


def test_a_socket_has_a_short_path_however_deep_the_folder(tmp_path):
    near = State(Path("/srv/site"))
    far = State(tmp_path / ("deep/" * 30))

    assert near.socket("id") == Path("/srv/site/supervisor/supervisor.sock")
    assert len(str(far.socket("id"))) < 100
    assert far.socket("one") != far.socket("two")


def test_a_file_is_replaced_whole(tmp_path):
    path = tmp_path / "facts.json"
    texts = ["a" * 50_000, "b" * 70_000]
    files.write(path, texts[0])
    seen = set()
    done = threading.Event()

    def read():
        while not done.is_set():
            seen.add(path.read_text())

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(50):
        files.write(path, texts[number % 2])
    done.set()
    reader.join()

    assert seen <= set(texts)
    assert [entry.name for entry in tmp_path.iterdir()] == ["facts.json"]


@pytest.mark.parametrize("mode", [0o600, 0o755])
def test_a_file_has_its_mode_from_the_first_moment(tmp_path, mode):
    files.write(tmp_path / "secret", "x", mode=mode)

    assert (tmp_path / "secret").stat().st_mode & 0o777 == mode
