"""What our charts render for this site is done by this site, all of it."""

import subprocess
import sys
from pathlib import Path

import pytest

from infra.local.desired import manifests
from infra.local.errors import PodError
from infra.local.processes import images, stand_ins
from infra.local.processes.pods import container_of
from infra.local.site import MLFLOW, REGISTRY
from infra.local.state import State

ROOT = Path(__file__).parents[2]
DIGEST = "sha256:" + "a" * 64


@pytest.fixture(scope="module")
def desired(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rendered")
    command = [sys.executable, "-m", "charts", "render", "--site", "local"]
    wanted = {"platform": ["--platform"]}
    for name in ("staging", "canary", "production"):
        release = ["--environment", name, "--set", f"release.digest={DIGEST}"]
        wanted[f"environments/{name}"] = release
    for where, arguments in wanted.items():
        out = folder / where
        subprocess.run([*command, *arguments, "--out", str(out)], cwd=ROOT, check=True)
    texts = {str(p.relative_to(folder)): p.read_text() for p in folder.rglob("*.yaml")}
    return manifests.parse(texts, {}, "c0")


def test_every_object_is_accepted(desired):
    assert len(desired.of("Deployment")) == 4
    assert len(desired.of("HTTPRoute")) == 1
    assert MLFLOW in desired.of("Service")


def test_every_image_is_ours_by_digest_or_has_a_stand_in(desired, tmp_path):
    names = {container_of(d.spec["template"])["image"] for d in desired.of("Deployment").values()}

    ours = {name for name in names if name.startswith(f"{REGISTRY}/")}

    assert ours == {f"{REGISTRY}/gourmetgram-app@{DIGEST}"}
    assert all(stand_ins.find(name) for name in names - ours)
    for name in names:  # known by name, and said to be missing rather than unknown
        with pytest.raises(PodError) as missing:
            images.find(State(tmp_path), name)
        assert missing.value.reason == "ErrImagePull"


@pytest.mark.parametrize(
    "name", ["registry.local/app:latest", "docker.io/library/redis:7", "registry.local/app"]
)
def test_an_image_without_digest_or_stand_in_is_refused_in_words(tmp_path, name):
    with pytest.raises(PodError, match=r"by digest|stands in") as refusal:
        images.find(State(tmp_path), name)

    assert refusal.value.reason == "InvalidImageName"


def test_each_environment_of_a_stand_in_is_locked():
    for line in stand_ins.table():
        if line.requirements:
            assert "--hash=sha256:" in (ROOT / line.requirements).read_text()
