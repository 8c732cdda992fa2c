"""What people may send to a real server, and how little it costs to refuse the rest."""

import socket
import time
from pathlib import Path

import psutil
import pytest

from services import food
from services.classifier.wrapping import MAX_BODY
from tests.services.classifier.photos import bombs, saved, scene
from tests.services.classifier.process import Server, baked

MB = 1_000_000
BOMBS = bombs()


@pytest.fixture(scope="module")
def warm(tmp_path_factory):
    """A server that has loaded every decoder: more than this is the cost of a photo."""
    with Server(baked(tmp_path_factory.mktemp("warm") / "model")) as running:
        for kind in food.FORMATS:
            assert running.predict(saved(scene(600, 450), kind)).status_code == 200
        running.size = psutil.Process(running.process.pid).memory_info().rss
        yield running


class Peak:
    """The most memory that a server took beyond what it had when it was ready."""

    def __init__(self, server: Server) -> None:
        self.pid = server.process.pid
        self.size = server.size

    def __enter__(self) -> "Peak":
        Path(f"/proc/{self.pid}/clear_refs").write_text("5")  # the kernel forgets the peak so far
        return self

    def __exit__(self, *_: object) -> None:
        status = Path(f"/proc/{self.pid}/status").read_text()
        (peak,) = (line.split()[1] for line in status.splitlines() if "VmHWM" in line)
        self.extra = int(peak) * 1024 - self.size


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_in_words_and_takes_little_memory(warm, name):
    with Peak(warm) as peak:
        answer = warm.predict(BOMBS[name])

    assert answer.status_code in (413, 422), answer.text
    assert answer.json()["detail"].endswith(".")
    assert peak.extra < 64 * MB


@pytest.mark.parametrize(
    ("photo", "options"),
    [
        pytest.param(scene(4032, 3024), {"format": "JPEG", "quality": 90}, id="jpeg"),
        pytest.param(
            scene(4032, 3024), {"format": "JPEG", "progressive": True}, id="progressive jpeg"
        ),
        pytest.param(scene(4032, 3024), {"format": "PNG", "compress_level": 1}, id="png"),
        pytest.param(scene(4032, 3024, "RGBA"), {"format": "PNG", "compress_level": 1}, id="rgba"),
        pytest.param(scene(2000, 1500), {"format": "WEBP", "method": 0}, id="webp"),
    ],
)
def test_the_largest_photos_that_we_take_need_little_memory(warm, photo, options):
    data = saved(photo, options.pop("format"), **options)
    with Peak(warm) as peak:
        answer = warm.predict(data)

    assert answer.status_code == 200, answer.text
    assert peak.extra < 64 * MB


def test_what_large_photos_took_is_given_back(warm):
    for photo, kind in (
        (scene(8000, 6000, "L"), "JPEG"),
        (scene(4032, 3024, "RGBA"), "PNG"),
        (scene(2000, 1500), "WEBP"),
    ):
        assert warm.predict(saved(photo, kind)).status_code == 200

    assert psutil.Process(warm.process.pid).memory_info().rss < warm.size + 16 * MB


@pytest.mark.parametrize(
    ("photo", "kind", "status"),
    [
        pytest.param(scene(4000, 3000), "PNG", 413, id="png"),
        pytest.param(scene(3600, 2700), "PNG", 413, id="smaller png"),
        pytest.param(scene(2800, 2400), "PNG", 200, id="png that we take"),
        pytest.param(scene(8000, 6000, "L"), "JPEG", 200, id="jpeg of 48 million pixels"),
    ],
)
def test_the_heaviest_files_need_little_memory(warm, photo, kind, status):
    drawn = saved(photo, kind)
    heavy = drawn + bytes(food.MAX_BYTES - len(drawn))
    with Peak(warm) as peak:
        answer = warm.predict(heavy)

    assert answer.status_code == status, answer.text
    assert peak.extra < 64 * MB


@pytest.mark.parametrize("size", [food.MAX_BYTES + 1, MAX_BODY + 1, 40 * 2**20])
def test_a_file_that_is_too_heavy_is_refused_before_it_is_looked_at(warm, size):
    with Peak(warm) as peak:
        answer = warm.predict(bytes(size))

    assert answer.status_code == 413
    assert "10 MB" in answer.json()["detail"]
    assert peak.extra < 64 * MB


def test_a_heavy_file_of_unknown_length_is_refused_too(warm):
    def endless():
        yield b'--x\r\nContent-Disposition: form-data; name="photo"; filename="a"\r\n\r\n'
        for _ in range(200):
            yield bytes(2**17)

    with Peak(warm) as peak:
        answer = warm.client.post(
            f"{warm.url}/predict",
            content=endless(),
            headers={"Content-Type": "multipart/form-data; boundary=x"},
        )

    assert answer.status_code == 413
    assert peak.extra < 64 * MB


@pytest.mark.parametrize(
    ("options", "status", "sentence"),
    [
        ({"files": {"photo": b""}}, 422, "empty"),
        ({"files": {"photo": b"GIF89a and more"}}, 415, "JPEG, PNG or WebP"),
        ({"files": {"photo": saved(scene(), "JPEG")[:1500]}}, 422, "whole file"),
        ({"files": {"picture": saved(scene())}}, 422, "photo: Field required"),
        ({"data": {"photo": "not a file"}}, 422, "photo"),
        ({"json": {"photo": "x"}}, 422, "photo"),
        ({}, 422, "photo"),
        (
            {"content": b"no parts", "headers": {"Content-Type": "multipart/form-data"}},
            400,
            "boundary",
        ),
    ],
)
def test_what_is_no_photo_is_refused_with_a_sentence(server, options, status, sentence):
    answer = server.client.post(f"{server.url}/predict", **options)

    assert answer.status_code == status
    assert sentence in answer.json()["detail"]
    assert answer.headers["x-model-version"] == "7"


def test_a_photo_that_trickles_in_takes_no_place_from_others(server):
    head = b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=x\r\n"
    slow = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(20)]
    try:
        for connection in slow:
            connection.sendall(head + b"Content-Length: 100000\r\n\r\n--x\r\n")
        start = time.monotonic()
        answer = server.predict(saved(scene()))
    finally:
        for connection in slow:
            connection.close()

    assert answer.status_code == 200
    assert time.monotonic() - start < 5
