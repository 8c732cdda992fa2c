"""Whatever breaks under a move: nothing is corrupt, the message helps, and going on is enough."""

import json
import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from services.lifecycle.releasing.owner import Owner
from tests.services.lifecycle.faults import commands
from tests.services.lifecycle.faults.moves import Baked
from tests.services.lifecycle.faults.registry_in_trouble import TroubledRegistry

BROKEN = Path(__file__).parent / "broken"
NEXT = re.compile(r"invoke |again|Mend|Free|Restore|Look|Read ")
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small disk")


@pytest.fixture(scope="module")
def baked(tmp_path_factory, mlflow):
    """Two versions, baked by the real processes, the first of them in canary; made once."""
    made = Baked.make(tmp_path_factory.mktemp("baked"), mlflow)
    yield made
    made.site.stop()


@pytest.fixture
def way(baked, tmp_path):
    """The second version on its way to canary, in a copy of all that was made once."""
    return baked.copy(tmp_path / "here")


@pytest.fixture
def troubled(way):
    registry = TroubledRegistry(way.values["MLFLOW_TRACKING_URI"])
    way.values["MLFLOW_TRACKING_URI"] = registry.url
    yield registry
    registry.stop()


def go_on(way, move):
    """Make a move in peace."""
    code, said = way.run(move)
    assert code == 0, f"{move}: {said}"


def require_good_end(way):
    standing = way.standing()
    assert standing["git"] == standing["alias"] == way.version
    assert len(standing["commits"]) == 1
    assert standing["approved"] == 2
    assert standing["locks"] == ""
    for move in ("release", "weight canary", "alias canary"):
        assert standing["moves"].count((move, "intent")) == 1, standing["moves"]
        assert standing["moves"].count((move, "done")) == 1, standing["moves"]


def require_words(verb, cause, said):
    """Hold a message against what it owes: the step, the cause, and what to do next."""
    assert "Traceback" not in said
    message = next((line for line in said.splitlines() if line.startswith(f"{verb}: ")), "")
    assert message, said
    assert re.search(cause, message), said
    assert NEXT.search(message), said


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


@pytest.mark.parametrize("how", ["error", "garbage", "hang-up"])
@pytest.mark.parametrize("when", ["before it acts", "after it acted"])
def test_a_registry_that_answers_badly(way, troubled, how, when):
    for move in way.steps:
        for first in (1, 2, 3) if move == "set-alias" else (1,):
            troubled.spoil(how, first, done=when == "after it acted")
            code, said = way.run(move)
            if move == "set-alias" and first == 1:
                assert code == 1, said
            if code:
                require_words(move, "MLflow at .* cannot do it", said)
            troubled.heal()
        go_on(way, move)

    require_good_end(way)


def test_a_registry_that_never_answers(way, troubled):
    for move in list(way.steps)[:-2]:
        go_on(way, move)
    troubled.spoil("silence")

    code, said = way.run("set-alias")

    assert code == 1, said
    require_words("set-alias", "timed out", said)
    troubled.heal()
    go_on(way, "set-alias")
    go_on(way, "record")
    require_good_end(way)


@pytest.mark.parametrize("how", ["error", "garbage", "hang-up"])
def test_a_registry_that_breaks_in_mid_bake(way, troubled, how):
    before = {path.name for path in way.blobs()}
    words = ["bake", "--version", str(way.version), "--branch", "HEAD"]
    for first in range(1, 5):
        troubled.spoil(how, first)
        code, said = commands.run(way.values, *words)
        assert code == 1, said
        require_words("bake", "MLflow at .* cannot do it", said)
    troubled.heal()

    assert commands.run(way.values, *words)[0] == 0
    assert before <= {path.name for path in way.blobs()}
    assert not [path for path in way.blobs() if path.name.startswith(".")]


@pytest.mark.parametrize("part", ["layer", "manifest"])
def test_a_truncated_artifact_is_refused_before_anything_is_committed(way, part):
    go_on(way, "begin")
    blob = way.blob(part)
    whole = blob.read_bytes()
    blob.chmod(0o644)
    blob.write_bytes(whole[: len(whole) // 2])

    code, said = way.run("release")

    assert code == 1, said
    require_words("release", "sha256", said)
    assert way.standing()["commits"] == []
    blob.write_bytes(whole)
    for move in list(way.steps)[1:]:
        go_on(way, move)
    require_good_end(way)


def test_a_clock_that_goes_back_by_a_day(way):
    for number, move in enumerate(way.steps):
        code, said = way.run(move, python_path=BROKEN / "clock" if number % 2 else None)
        assert code == 0, said

    require_good_end(way)


@pytest.mark.parametrize("signal_", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_a_step_that_is_told_to_end_at_any_instant(way, signal_):
    for move in way.steps:
        for part in range(1, 7):
            process = commands.start(way.values, *way.steps[move])
            time.sleep(part * 0.1)
            process.send_signal(signal_)
            out, err = process.communicate(timeout=60)
            assert process.returncode in (0, 130, -signal.SIGINT, -signal_), err
            assert signal_ == signal.SIGINT or "Traceback" not in out + err
        go_on(way, move)

    require_good_end(way)


def test_nobody_reads_what_a_step_prints(way):
    for move in way.steps:
        reading, writing = os.pipe()
        os.close(reading)
        try:
            streams = {"stdout": writing, "stderr": writing}
            with commands.start(way.values, *way.steps[move], **streams) as process:
                process.wait(timeout=60)
        finally:
            os.close(writing)
        go_on(way, move)

    require_good_end(way)


def test_two_clones_that_release_at_once_do_not_lose_either(way, tmp_path):
    second = {**way.values, "GOURMET_STATE": str(tmp_path / "second state")}
    running = []
    for whose, environment in ((way.values, "staging"), (second, "canary")):
        words = ["release", "--environment", environment, "--version", str(way.version)]
        words += ["--digest", way.digest, "--operation", f"clone-{environment}"]
        running.append(commands.start(whose, *words))
    for process in running:
        out, err = process.communicate(timeout=120)
        assert process.returncode == 0, out + err

    assert way.holds("staging") == way.holds("canary") == way.version


def test_a_step_of_another_clone_is_refused_by_name_while_one_moves(way, tmp_path):
    way.values["GOURMET_OWNER"] = json.dumps(Owner.of_this_process().facts())
    go_on(way, "begin")
    second = {**way.values, "GOURMET_STATE": str(tmp_path / "second state"), "USER": "grace"}

    words = ["begin", "--environment", "canary", "--operation", "promote-of-another"]
    code, said = commands.run(second, *words)

    assert code == 2, said
    assert "canary is held by promote-new" in said


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
