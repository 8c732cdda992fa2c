"""A state folder on a disk without room: the runner says so in words, and what to do next."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WORKFLOW = """
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: { name: hello }
spec:
  entrypoint: hello
  templates: [{ name: hello, container: { image: any, command: [echo, hello] } }]
"""


@pytest.fixture
def full(tmp_path):
    """A real file system without a free byte."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small disk")
    folder = tmp_path / "full"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16k", "none", folder], check=True)
    with pytest.raises(OSError, match="No space"):
        (folder / "ballast").write_bytes(bytes(2**16))
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_no_room_is_said_in_one_sentence_with_the_next_step(full, tmp_path):
    (tmp_path / "hello.yaml").write_text(WORKFLOW)
    (tmp_path / "images.yaml").write_text("any: {run: host}\n")

    done = subprocess.run(
        [sys.executable, "-m", "workflows.runner", "run", str(tmp_path / "hello.yaml"),
         "--state", str(full), "--images", str(tmp_path / "images.yaml")],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip

    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "No space left on device" in done.stderr
    assert "give the same command again" in done.stderr
