"""Steps that are told to end, that nobody listens to, or that meet another clone or another day."""

import json
import os
import signal
import time
from pathlib import Path

import pytest

from services.lifecycle.releasing.owner import Owner
from tests.services.lifecycle.faults import commands
from tests.services.lifecycle.faults.ends import go_on, require_good_end
from tests.waiting import until

BROKEN = Path(__file__).parent / "broken"


def test_a_clock_that_goes_back_by_a_day(way):
    for number, move in enumerate(way.steps):
        code, said = way.run(move, python_path=BROKEN / "clock" if number % 2 else None)
        assert code == 0, said

    require_good_end(way)


def not_yet_ours(err):
    """Tell what an interpreter says of Ctrl-C before it has come to our first lines."""
    early = "Traceback" in err and "in _run\n" not in err  # its own are _run_code and the like
    return early or err.startswith("Fatal Python error: init")


@pytest.mark.parametrize("signal_", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_a_step_that_is_told_to_end_at_any_instant(way, signal_):
    for move in way.steps:
        for part in range(1, 7):
            process = commands.start(way.values, *way.steps[move])
            time.sleep(part * 0.1)
            process.send_signal(signal_)
            out, err = process.communicate(timeout=60)
            if signal_ == signal.SIGINT and not_yet_ours(err):
                continue
            assert process.returncode in (0, 130, -signal.SIGINT, -signal_), err
            assert "Traceback" not in out + err
        go_on(way, move)

    require_good_end(way)


@pytest.mark.parametrize("signal_", [signal.SIGTERM, signal.SIGINT])
def test_a_step_that_is_told_to_end_while_python_reads_its_files(way, tmp_path, signal_):
    (tmp_path / "ssl.py").write_text(
        "import time, pathlib\n"
        f"pathlib.Path({str(tmp_path / 'reading')!r}).touch()\n"
        "try:\n    time.sleep(60)\n"
        "except KeyboardInterrupt:\n    raise TypeError('as an import within C may do') from None\n"
    )
    with commands.start(way.values, "history", "canary", python_path=tmp_path) as process:
        until((tmp_path / "reading").exists)
        process.send_signal(signal_)
        out, err = process.communicate(timeout=60)

    assert (process.returncode, out + err) == (130, "")


@pytest.mark.parametrize("signal_", [signal.SIGTERM, signal.SIGINT])
def test_a_step_that_is_told_to_end_when_it_has_done_all_says_nothing(way, tmp_path, signal_):
    (tmp_path / "sitecustomize.py").write_text(
        "import atexit, pathlib, time\n"
        "def end():\n"
        f"    pathlib.Path({str(tmp_path / 'ending')!r}).touch()\n"
        "    end = time.monotonic() + 1\n"
        "    while time.monotonic() < end:\n"
        "        pass\n"
        "atexit.register(end)\n"
    )
    with commands.start(
        way.values, "history", "--environment=canary", python_path=tmp_path
    ) as process:
        until((tmp_path / "ending").exists)
        process.send_signal(signal_)
        out, err = process.communicate(timeout=60)

    assert (process.returncode, err) == (0, "")
    assert out


def test_a_step_whose_git_has_children_that_still_write_ends_as_any_other(
    way, tmp_path, monkeypatch
):
    """Whoever ends git by its id alone leaves those that it has started."""
    late, written = tmp_path / "late", tmp_path / "written"
    late.mkdir()
    (late / "git").write_text(
        "#!/bin/sh\n"
        "for i in $(seq 60); do mkdir -p more; date >more/$i; sleep 0.01; done &\n"
        f"touch '{written}'\nsleep 60\n"
    )
    (late / "git").chmod(0o755)
    folders = tmp_path / "folders"
    folders.mkdir()
    monkeypatch.setenv("PATH", f"{late}:{os.environ['PATH']}")
    monkeypatch.setenv("TMPDIR", str(folders))

    with commands.start(way.values, "history", "--environment", "canary") as process:
        until(written.exists)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)

    assert (process.returncode, out + err) == (130, "")
    assert list(folders.iterdir()) == []


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
