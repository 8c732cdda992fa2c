"""The staging tests against a real classifier that is really broken: each fault has its reason."""

import hashlib
import json
import shutil
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml

from services import environments
from tests.local.conftest import app
from tests.waiting import until

pytestmark = pytest.mark.timeout(600)
ROOT = Path(__file__).parents[2]
FOLDERS = ("requirements", "requirements-test")
MODEL = (
    "import sys; from tests.lifecycle import networks; "
    "networks.write(sys.argv[2], networks.KINDS[sys.argv[1]]())"
)


def python_of(service):
    """Return the Python of a service's environment, with what its tests add."""
    files = [ROOT / "services" / service / f"{name}.txt" for name in FOLDERS]
    return environments.ensure(*files) / "bin" / "python"


class Classifier:
    """Images of the classifier, made from this tree and broken on purpose."""

    def __init__(self, bench, work):
        self.bench, self.work = bench, work
        self.python = python_of("classifier")

    def image(self, network="usual", version=7, **edits):
        """Put an image into the store; edits are of a file of the classifier, old and new text."""
        key = json.dumps([network, version, sorted(edits)]).encode()
        digest = hashlib.sha256(key).hexdigest()
        folder = self.bench.state.images / "unpacked" / digest
        code = folder / "rootfs" / "app"
        shutil.copytree(
            ROOT / "services" / "classifier",
            code / "services" / "classifier",
            ignore=shutil.ignore_patterns("__pycache__"),
        )
        shutil.copy(ROOT / "services" / "food.py", code / "services")
        (code / "services" / "__init__.py").touch()
        self._model(network, code / "model", version)
        for name, (old, new) in edits.items():
            file = code / "services" / "classifier" / f"{name}.py"
            assert old in file.read_text()
            file.write_text(file.read_text().replace(old, new))
        run = {
            "digest": f"sha256:{digest}",
            "names": ["registry.local/app"],
            "rootfs": str(folder / "rootfs"),
            "workdir": "/app",
            "entrypoint": [],
            "cmd": [str(self.python), "-m", "services.classifier"],
            "env": {},
            "labels": {},
        }
        (folder / "run.json").write_text(json.dumps(run))
        return f"registry.local/app@sha256:{digest}"

    def _model(self, network, folder, version):
        if network == "garbage":
            self._model("usual", folder, version)
            (folder / "model.onnx").write_bytes(b"this is no model")
            return
        command = [str(self.python), "-c", MODEL, network, str(folder)]
        subprocess.run(command, check=True, cwd=ROOT)
        facts = json.loads((folder / "model.json").read_text())
        origin = {name: facts.get(name) for name in ("run", "commit", "data_hash")}
        (folder / "version.json").write_text(json.dumps({"version": version, **origin}))


@pytest.fixture(scope="module")
def classifier(bench, tmp_path_factory):
    return Classifier(bench, tmp_path_factory.mktemp("images"))


@pytest.fixture
def serve(bench):
    """Let staging run an image and nothing else, whether it gets ready or not."""

    def run(image, health="Healthy", memory="640Mi"):
        manifests = app(
            image,
            container={"resources": {"limits": {"memory": memory}}},
            env={"HOST": "127.0.0.1"},
            progressDeadlineSeconds=20,
        )
        revision = bench.commit({"environments/staging/app.yaml": manifests})
        return bench.becomes(health, seconds=90, revision=revision)

    yield run
    bench.commit({"environments/staging/app.yaml": None})
    until(lambda: bench.deployment() is None, 30)


@pytest.fixture
def examine(bench, tmp_path):
    """Run the staging tests; return each reason once."""

    def run(digest, *which, **more):
        options = {
            "url": bench.url(), "release": "7", "digest": digest, "report": tmp_path,
            "site-api": bench.site.addresses["api"], "namespace": "gourmetgram-staging", **more,
        }  # fmt: skip
        command = [str(python_of("lifecycle")), "-m", "pytest", "-q", "-p", "no:cacheprovider"]
        command += [f"--{name}={value}" for name, value in options.items()]
        command += [f"--junitxml={tmp_path / 'junit.xml'}"]
        command += [f"tests/staging/{name}" for name in which or ("",)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert (tmp_path / "junit.xml").exists(), done.stdout + done.stderr
        bad = ElementTree.parse(tmp_path / "junit.xml").getroot().iter()
        nodes = [node for node in bad if node.tag in ("failure", "error")]
        return list(dict.fromkeys((node.get("message") or "").splitlines()[0] for node in nodes))

    return run


def digest_of(image):
    return image.partition("@")[2]


def test_a_good_classifier_passes(classifier, serve, examine):
    image = classifier.image()
    serve(image)

    assert examine(digest_of(image)) == []


def test_another_version_is_a_wrong_version(classifier, serve, examine):
    image = classifier.image(version=70)
    serve(image)

    (reason,) = examine(digest_of(image), "test_contract.py")

    assert reason == "Failed: wrong version: it serves 70, and 7 was released"


def test_an_answer_that_is_no_class_is_an_invalid_class(classifier, serve, examine):
    image = classifier.image(model=("return Answer(label,", "return Answer('Pizza',"))
    serve(image)

    (reason,) = examine(digest_of(image), "test_contract.py")

    assert reason == "Failed: invalid class: 'Pizza' is none of its 11 labels"


def test_a_model_that_takes_long_is_a_slow_model(classifier, serve, examine, tmp_path):
    image = classifier.image("sluggish")
    serve(image)
    limits = yaml.safe_load((ROOT / "tests" / "staging" / "thresholds.yaml").read_text())
    limits["load"]["p95_milliseconds"] = 250  # it computes, and some machines do that in less
    (tmp_path / "limits.yaml").write_text(yaml.safe_dump(limits))

    reasons = examine(digest_of(image), "test_load.py", thresholds=tmp_path / "limits.yaml")

    assert any(reason.startswith("Failed: slow model: p95 is ") for reason in reasons)
    assert all(word.split(":")[1] in (" slow model", " low throughput") for word in reasons)


def test_a_model_that_cannot_be_loaded_is_a_crash_loop(classifier, serve, examine):
    image = classifier.image("garbage")
    serve(image, "Degraded")

    (reason,) = examine(digest_of(image))

    assert "crash loop: " in reason
    assert "model.onnx has SHA-256" in reason


def test_a_model_that_needs_too_much_memory_for_a_photo_is_out_of_memory(
    classifier, serve, examine
):
    image = classifier.image("hungry")
    serve(image, memory="300Mi")

    (reason,) = examine(digest_of(image))

    assert "out of memory: " in reason
    assert "was killed at its limit of 300 MiB" in reason


def test_a_model_that_does_not_come_to_an_end_is_a_timeout(classifier, serve, examine):
    image = classifier.image("endless")
    serve(image)

    (reason,) = examine(digest_of(image), "test_contract.py")

    assert "timeout: no answer from " in reason
    assert "/predict within 10 s" in reason
