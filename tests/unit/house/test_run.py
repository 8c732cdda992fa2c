"""`./run` in a small clone of its own: the first use, the second, two at once, and refusals."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.fixture
def clone(tmp_path):
    """A clone in a path with spaces whose tools' environment needs no package."""
    return make_clone(tmp_path / "a clone")


@pytest.fixture(scope="module")
def used(tmp_path_factory):
    """A clone whose environment stands."""
    folder = make_clone(tmp_path_factory.mktemp("used") / "a clone")
    run(folder, "true")
    return folder


def make_clone(folder):
    (folder / "services").mkdir(parents=True)
    shutil.copy(ROOT / "run", folder)
    shutil.copy(ROOT / "services" / "environments.py", folder / "services")
    (folder / "requirements.txt").write_text("# nothing\n")
    return folder


def start(clone, *arguments, cwd=None, **extra):
    path = f"{Path(sys.executable).resolve().parent}:/usr/bin:/bin"
    env = {"PATH": path, "HOME": str(clone.parent), **extra}
    return subprocess.Popen(
        [str(clone / "run"), *arguments],
        cwd=cwd or clone,
        env=env,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def run(clone, *arguments, **keywords):
    process = start(clone, *arguments, **keywords)
    out, err = process.communicate(timeout=120)
    return process.returncode, out, err


def test_the_first_use_makes_the_environment_with_one_line_and_the_second_says_nothing(clone):
    code, out, err = run(clone, "python", "-c", "import sys; print(sys.prefix)")

    assert (code, out.strip()) == (0, str(clone / ".venv"))
    assert len(err.splitlines()) == 1
    assert run(clone, "python", "-c", "print(7)") == (0, "7\n", "")


def test_changed_requirements_make_it_anew(clone):
    run(clone, "python", "-c", "")
    (clone / ".venv" / "old").touch()
    (clone / "requirements.txt").write_text("# changed\n")

    code, _, err = run(clone, "python", "-c", "")

    assert code == 0
    assert "Setting up" in err
    assert not (clone / ".venv" / "old").exists()


def test_it_works_from_another_folder_and_tells_the_command_where_it_was_called(used, tmp_path):
    elsewhere = tmp_path / "else where"
    elsewhere.mkdir()
    ask = "import os; print(os.getcwd(), os.environ['GOURMET_FROM'], sep='|')"

    _, out, _ = run(used, "python", "-c", ask, cwd=elsewhere)

    assert out.strip() == f"{used}|{elsewhere}"


def test_two_first_uses_at_once_both_work_and_make_it_once(clone):
    both = [start(clone, "python", "-c", "print('ok')") for _ in range(2)]
    ended = [process.communicate(timeout=120) for process in both]

    assert [out for out, _ in ended] == ["ok\n", "ok\n"]
    assert sum("Setting up" in err for _, err in ended) == 1


def test_the_exit_code_is_that_of_the_command(used):
    assert run(used, "sh", "-c", "exit 7")[0] == 7


def test_without_a_command_it_says_how_it_is_used(used):
    code, _, err = run(used)

    assert code == 2
    assert err.startswith("usage: ./run COMMAND")


def test_without_a_new_enough_python_it_says_which_and_where_to_get_it(clone, tmp_path):
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("sh", "dirname", "pwd", "cmp"):
        (tools / name).symlink_to(str(shutil.which(name)))
    (tools / "python3").write_text("#!/bin/sh\nexit 1\n")
    (tools / "python3").chmod(0o755)

    code, _, err = run(clone, "true", PATH=str(tools))

    assert code == 2
    assert "needs Python 3.11 or newer" in err
    assert "apt-get install python3 python3-venv" in err


def test_without_a_network_it_says_so_in_a_sentence_and_starts_nothing(clone):
    hashed = "six==1.17.0 --hash=sha256:" + "0" * 64
    (clone / "requirements.txt").write_text(hashed + "\n")

    code, out, err = run(
        clone, "echo", "started", PIP_INDEX_URL="http://127.0.0.1:9/simple", PIP_RETRIES="0"
    )

    assert (code, out) == (2, "")
    assert "cannot reach the package index" in err
    assert "Traceback" not in err


def test_help_after_a_command_of_invoke_is_help_and_never_a_value_of_it(used):
    """Invoke itself takes it for the name that the command asks for: rollback of '--help'."""
    fake = used / ".venv" / "bin" / "invoke"
    fake.write_text('#!/bin/sh\necho "$@"\n')
    fake.chmod(0o755)

    assert run(used, "invoke", "rollback", "--help")[1] == "--help rollback\n"
    assert run(used, "invoke", "approve", "7", "--to", "production", "--help")[1] == (
        "--help approve\n"
    )
    assert run(used, "invoke", "--help", "rollback")[1] == "--help rollback\n"
    assert run(used, "invoke", "hold", "7", "--reason", "a b")[1] == "hold 7 --reason a b\n"
    assert run(used, "invoke", "--list")[1] == "--list\n"
