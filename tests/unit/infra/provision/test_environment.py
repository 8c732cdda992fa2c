"""The environment of a stage."""

import subprocess

import pytest

from infra.provision import environment
from infra.provision.errors import StageError


@pytest.fixture
def lock(tmp_path, monkeypatch):
    """A lock, for somebody whose home has a space in its name."""
    monkeypatch.setenv("HOME", str(tmp_path / "Ada Lovelace"))
    file = tmp_path / "requirements.txt"
    file.touch()
    return file


def test_it_is_made_in_a_home_with_a_space(lock, tmp_path):
    python = environment.python("prepare", lock)

    assert python.is_relative_to(tmp_path / "Ada Lovelace")
    assert subprocess.run([python, "-c", ""], check=False).returncode == 0


def test_what_cannot_be_installed_is_told_in_one_paragraph(lock):
    lock.write_text("no-such-thing==1 --hash=sha256:00\n")

    with pytest.raises(StageError) as refused:
        environment.python("prepare", lock)

    said = str(refused.value)
    assert said.startswith(f"prepare: {lock}: ")
    assert said.endswith("This stage has changed nothing; after that, run the same command again")
    assert ".." not in said
