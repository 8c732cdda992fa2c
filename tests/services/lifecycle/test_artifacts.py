"""Files of runs come whole from a real MLflow, wherever it keeps them."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from services.lifecycle.clients import artifacts
from services.lifecycle.clients.artifacts import Place
from services.lifecycle.errors import RegistryError


@pytest.fixture(params=["the server", "a store of its own"])
def place(request, trained, tmp_path):
    """A run whose files the tracking server hands out, and one whose files lie elsewhere."""
    elsewhere = None if request.param == "the server" else f"file://{tmp_path}/store"
    name = f"{tmp_path}-{request.param}"
    experiment = trained.client.create_experiment(name, artifact_location=elsewhere)
    info = trained.client.create_run(experiment).info
    made = Place(trained.client.tracking_uri, info.run_id, info.artifact_uri)
    assert made.is_handed_out is (elsewhere is None)
    return made


def test_a_folder_comes_back_as_it_was_kept(place, tmp_path):
    kept = tmp_path / "kept"
    (kept / "deep er").mkdir(parents=True)
    (kept / "model.onnx").write_bytes(bytes(range(256)) * 9999)
    (kept / "empty").write_bytes(b"")
    (kept / "deep er" / "große zahl.json").write_text("{}")

    artifacts.upload(place, kept, "a/model")
    back = artifacts.download(place, "a", tmp_path / "back")

    assert back == tmp_path / "back" / "a"
    files = {file.relative_to(kept): file for file in kept.rglob("*") if file.is_file()}
    got = {file.relative_to(back / "model"): file for file in back.rglob("*") if file.is_file()}
    assert {path: file.read_bytes() for path, file in got.items()} == {
        path: file.read_bytes() for path, file in files.items()
    }


def test_a_folder_that_a_run_does_not_hold_is_named(place, tmp_path):
    with pytest.raises(RegistryError, match=r"holds no model/.*train again"):
        artifacts.download(place, "model", tmp_path)


@pytest.mark.parametrize(
    ("path", "size", "said"),
    [
        ("model/a", 3, r"model/a of run r1 came as 4 of 3 bytes"),
        ("model/../../a", 4, r"model/\.\./\.\./a was listed as a file of model/"),
        ("model/..", 4, r"model/\.\. was listed as a file of model/"),
        ("/etc/a", 4, r"/etc/a was listed as a file of model/"),
    ],
)
def test_what_a_server_should_not_have_said_is_refused(path, size, said, tmp_path):
    class Wrong(BaseHTTPRequestHandler):
        def do_GET(self):
            listed = {"files": [{"path": path, "is_dir": False, "file_size": size}]}
            body = json.dumps(listed).encode() if "/artifacts/list?" in self.path else b"four"
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Wrong)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        place = Place(f"http://127.0.0.1:{server.server_port}", "r1", "mlflow-artifacts:/1/r1")
        with pytest.raises(RegistryError, match=said):
            artifacts.download(place, "model", tmp_path / "into")
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    assert {file.name for file in tmp_path.rglob("*") if file.is_file()} <= {"a"}
