"""Kubespray is what was pinned, or it is not run: with real Git repositories."""

import dataclasses
import os
import subprocess
from pathlib import Path

import pytest

from infra.kubespray import checkout, pin
from infra.kubespray.faults import CheckoutError


def git(folder: Path, *words: str) -> str:
    done = subprocess.run(
        ["git", "-c", "user.name=a", "-c", "user.email=a@b", *words],
        cwd=folder, check=True, capture_output=True, text=True,
    )  # fmt: skip
    return done.stdout.strip()


@pytest.fixture
def upstream(tmp_path):
    """Make a repository with two commits, the first of them pinned."""
    folder = tmp_path / "upstream"
    folder.mkdir()
    git(folder, "init", "-q")
    git(folder, "config", "uploadpack.allowAnySHA1InWant", "true")
    (folder / "cluster.yml").write_text("[]\n")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "one")
    first = git(folder, "rev-parse", "HEAD")
    (folder / "cluster.yml").write_text("[] # later\n")
    git(folder, "commit", "-qam", "two")
    return dataclasses.replace(pin.pin(), repository=f"file://{folder}", commit=first)


def ensure(wanted, **environ):
    said: list[str] = []
    return checkout.ensure(wanted, {"PATH": os.environ["PATH"], **environ}, said.append), said


def test_the_pinned_commit_is_fetched_once_and_nothing_newer(upstream, tmp_path):
    home, said = ensure(upstream, XDG_CACHE_HOME=str(tmp_path / "cache"))

    assert (home / "cluster.yml").read_text() == "[]\n"
    assert said == [f"fetching Kubespray v2.31.0 ({upstream.commit[:12]})"]
    assert ensure(upstream, XDG_CACHE_HOME=str(tmp_path / "cache")) == (home, [])


def test_a_changed_file_is_refused(upstream, tmp_path):
    home, _ = ensure(upstream, XDG_CACHE_HOME=str(tmp_path))
    (home / "cluster.yml").write_text("- hosts: all\n")

    with pytest.raises(CheckoutError, match=r"was changed \(cluster\.yml\)\. Remove"):
        ensure(upstream, XDG_CACHE_HOME=str(tmp_path))


def test_a_folder_that_was_given_must_be_at_the_pin(upstream):
    folder = upstream.repository.removeprefix("file://")

    with pytest.raises(CheckoutError, match=rf"is at \w+, and {upstream.commit[:12]} is pinned"):
        ensure(upstream, KUBESPRAY_HOME=folder)

    git(Path(folder), "checkout", "-q", upstream.commit)
    assert ensure(upstream, KUBESPRAY_HOME=folder) == (Path(folder), [])


def test_a_folder_without_history_is_refused(upstream, tmp_path):
    bare = tmp_path / "unpacked"
    bare.mkdir()
    with pytest.raises(CheckoutError, match="is no checkout of Kubespray"):
        ensure(upstream, KUBESPRAY_HOME=str(bare))

    (bare / "cluster.yml").write_text("[]\n")
    with pytest.raises(CheckoutError, match="has no Git history to know its commit by"):
        ensure(upstream, KUBESPRAY_HOME=str(bare))


def test_without_a_way_there_it_says_so_and_leaves_nothing(upstream, tmp_path):
    away = dataclasses.replace(upstream, repository="https://127.0.0.1:1/kubespray")

    with pytest.raises(CheckoutError) as refusal:
        ensure(away, XDG_CACHE_HOME=str(tmp_path / "cache"))

    assert "https://127.0.0.1:1/kubespray cannot be fetched" in str(refusal.value)
    assert "KUBESPRAY_HOME=…" in str(refusal.value)
    assert list((tmp_path / "cache/gourmetops/kubespray").iterdir()) == []
