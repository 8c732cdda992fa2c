"""A disk that is full, broken or can only be read, under every move of a promotion."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.services.lifecycle.faults.ends import go_on, require_good_end, require_words

BROKEN = Path(__file__).parent / "broken"
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small disk")


def test_a_disk_that_cannot_keep_what_it_took(way):
    for move in way.steps:
        code, said = way.run(move, python_path=BROKEN / "sync")
        if move != "wait":
            assert code == 1, said
            require_words(move, "Input/output error", said)
        go_on(way, move)

    require_good_end(way)


@needs_root
@pytest.mark.parametrize("what", ["GOURMET_STATE", "GOURMET_GITOPS"])
def test_a_full_disk(way, tmp_path, what):
    folder = Path(way.values[what])
    failed = []
    with small_disk(folder, tmp_path):
        for move in way.steps:
            fill(folder)
            code, said = way.run(move)
            if code:
                failed.append(move)
                require_words(move, "No space left|unable to|failed to", said)
            (folder / "ballast").unlink()
            go_on(way, move)
        require_good_end(way)

    assert failed


@needs_root
@pytest.mark.parametrize("what", ["GOURMET_STATE", "GOURMET_GITOPS"])
def test_a_tree_that_can_only_be_read(way, what):
    folder = way.values[what]
    bind = f'mount --bind "{folder}" "{folder}" && mount -o remount,ro,bind "{folder}" && exec "$@"'
    failed = []
    for move in way.steps:
        code, said = way.run(move, inside=["unshare", "-m", "sh", "-c", bind, "sh"])
        if code:
            failed.append(move)
            require_words(move, "Read-only file system|unable to|failed to", said)
        go_on(way, move)

    require_good_end(way)
    assert {"release", "weight"} <= set(failed)


class small_disk:  # noqa: N801
    """A disk of a few MB in place of a folder, with what was in the folder."""

    def __init__(self, folder, work):
        self.folder = folder
        self.kept = work / f"kept-{folder.name}"

    def __enter__(self):
        shutil.copytree(self.folder, self.kept, symlinks=True)
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=8m", "none", str(self.folder)], check=True
        )
        shutil.copytree(self.kept, self.folder, symlinks=True, dirs_exist_ok=True)
        return self

    def __exit__(self, *_error):
        subprocess.run(["umount", str(self.folder)], check=True)


def fill(folder):
    """Write until nothing more goes in."""
    with (folder / "ballast").open("wb", buffering=0) as file:
        for size in (1 << 16, 1 << 10, 1):
            try:
                while True:
                    file.write(b"x" * size)
            except OSError:
                continue
