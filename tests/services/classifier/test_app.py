"""The HTTP API of a real server."""

import hashlib
import re
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest
from PIL import Image

from services import food
from tests.services.classifier.networks import nan_when_dark, replace_network
from tests.services.classifier.photos import saved, scene
from tests.services.classifier.process import DIGEST, ROOT, Server, baked


def test_a_photo_gets_a_label_and_the_version_that_gave_it(server):
    photo = saved(scene(), "JPEG")

    answer = server.predict(photo).json()

    assert answer["label"] in food.LABELS
    assert list(answer["probabilities"]) == list(food.LABELS)
    assert sum(answer["probabilities"].values()) == pytest.approx(1, abs=1e-9)
    assert answer["confidence"] == answer["probabilities"][answer["label"]]
    assert answer["photo"] == hashlib.sha256(photo).hexdigest()
    assert (answer["version"], answer["digest"]) == (7, DIGEST)


def test_the_version_names_model_image_and_origin(server):
    assert server.get("/version").json() == {
        "model": "GourmetGramFood11Model",
        "version": 7,
        "digest": DIGEST,
        "commit": "c0ffee",
        "data_hash": "sha256:da7a",
        "run": "run-1",
        "environment": "staging",
    }


def test_the_bootstrap_release_says_that_it_has_no_version(tmp_path):
    with Server(baked(tmp_path / "model", version=None)) as bootstrap:
        answer = bootstrap.get("/version")

    assert answer.json()["version"] is None
    assert answer.headers["x-model-version"] == "none"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 200),
        ("GET", "/healthz", 200),
        ("GET", "/readyz", 200),
        ("GET", "/metrics", 200),
        ("GET", "/openapi.json", 200),
        ("GET", "/nowhere", 404),
        ("GET", "/predict", 405),
        ("POST", "/predict", 422),
        ("POST", "/feedback", 422),
    ],
)
def test_every_answer_carries_the_version(server, method, path, status):
    answer = server.client.request(method, f"{server.url}{path}")

    assert answer.status_code == status
    assert answer.headers["x-model-version"] == "7"
    if status >= 400:
        assert isinstance(answer.json()["detail"], str)


def test_the_built_in_picture_cannot_be_changed_by_an_upload(server):
    before = server.get("/test").json()
    for name in ("test_image.jpeg", "egg.webp", "../samples/egg.webp"):
        server.client.post(f"{server.url}/predict", files={"photo": (name, saved(scene()))})

    assert server.get("/test").json() == before


def test_the_page_is_one_file_that_asks_for_nothing_from_elsewhere(server):
    page = server.get("/")

    assert page.headers["content-type"] == "text/html; charset=utf-8"
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert f"up to {food.MAX_BYTES // 2**20} MB" in page.text
    assert not re.search(r"""(src|href)=["'](https?:)?//""", page.text)
    assert not re.search(r"/\* (STYLE|SCRIPT|FACTS) \*/|<!-- KEPT -->", page.text)


def test_requests_answers_and_times_are_counted_by_version(tmp_path):
    with Server(baked(tmp_path / "model", version=3)) as fresh:
        label = fresh.predict(saved(scene())).json()["label"]
        fresh.predict(b"no photo")
        fresh.get("/no/such/path")
        fresh.get("/test")

        sent = 'classifier_requests_total{path="/predict",status="%s",version="3"}'
        assert fresh.metric(sent % 200) == 1
        assert fresh.metric(sent % 415) == 1
        assert fresh.metric(sent % 503) == 0
        other = 'classifier_requests_total{path="other",status="404",version="3"}'
        assert fresh.metric(other) == 1
        # The built-in picture is not what people eat: it must not move the mix of labels.
        assert fresh.metric('classifier_confidence_count{version="3"}') == 1
        for name in food.LABELS:
            counted = fresh.metric(f'classifier_predictions_total{{label="{name}",version="3"}}')
            assert counted == (name == label)
        timed = 'classifier_request_seconds_bucket{le="10.0",path="/predict",version="3"}'
        assert fresh.metric(timed) == 2
        info = f'classifier_info{{digest="{DIGEST}",environment="staging",version="3"}}'
        assert fresh.metric(info) == 1


def test_many_at_once_each_get_the_answer_to_their_own_photo(server):
    colours = [(30 * number, 250 - 25 * number, 10 * number) for number in range(8)]
    photos = [saved(scene().convert("L").convert("RGB").resize((300, 200)))] + [
        saved(scene().point([min(255, value + c) for c in colour for value in range(256)]))
        for colour in colours
    ]
    alone = [server.predict(photo).json() for photo in photos]

    with ThreadPoolExecutor(16) as pool:
        together = list(pool.map(lambda photo: server.predict(photo).json(), photos * 8))

    assert together == alone * 8
    assert len({answer["photo"] for answer in alone}) == len(photos)


def test_a_model_that_breaks_on_a_photo_is_an_error_that_is_counted(tmp_path):
    folder = baked(tmp_path / "model")
    replace_network(folder, nan_when_dark())
    with Server(folder) as server:
        light = server.predict(saved(Image.new("RGB", (9, 9), "white")))
        dark = server.predict(saved(Image.new("RGB", (9, 9), "black")))
        counted = 'classifier_requests_total{path="/predict",status="500",version="7"}'

        assert light.status_code == 200
        assert dark.status_code == 500
        assert dark.json()["detail"].startswith("The model answered with numbers that are not")
        assert dark.headers["x-model-version"] == "7"
        assert server.metric(counted) == 1


def test_a_server_that_is_ready_has_cost_little(tmp_path):
    with Server(baked(tmp_path / "model"), CLASSIFIER_THREADS=1) as server:
        process = psutil.Process(server.process.pid)
        spent = process.cpu_times()

        assert spent.user + spent.system < 4  # about 0.8 s, where nothing else runs
        assert process.memory_info().rss < 200 * 2**20
        assert process.num_threads() < 12


def test_the_environment_holds_no_torch_no_mlflow_and_no_model_pickles():
    folder = ROOT / "services" / "classifier"
    lock = (folder / "requirements.txt").read_text()
    code = "".join(file.read_text() for file in folder.rglob("*.py"))

    assert not re.search(r"^(torch|mlflow|cloudpickle|joblib|dill)\b", lock, re.MULTILINE)
    assert not re.search(r"import (pickle|torch|mlflow)", code)


def test_an_error_that_nobody_foresaw_loses_no_other_request(tmp_path):
    feedback = tmp_path / "feedback"
    with Server(baked(tmp_path / "model"), FEEDBACK_DIR=feedback) as server:
        feedback.rmdir()  # as if the volume had gone
        labels = {"predicted": "Egg", "corrected": "Rice"}
        files = {"photo": saved(scene())}
        answer = server.client.post(f"{server.url}/feedback", files=files, data=labels)

        assert answer.status_code == 500
        assert answer.json() == {
            "detail": "This server is broken (FileNotFoundError): see its log."
        }
        assert answer.headers["connection"] == "close"
        assert server.get("/healthz").status_code == 200
