"""Environments made by content: shared, never half-made, and honest about other sources."""

import contextlib
import hashlib
import http.server
import os
import shlex
import shutil
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
import zipfile
from functools import partial

import psutil
import pytest

from services import environments
from tests.waiting import until

SECONDS = 60


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for name in environments.SOURCES:
        monkeypatch.delenv(f"PIP_{name.upper().replace('-', '_')}", raising=False)


def lock(tmp_path, text="# nothing\n", name="requirements.txt"):
    file = tmp_path / "baker" / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(text)
    return file


def test_the_same_content_is_made_once_and_other_content_elsewhere(tmp_path):
    first = environments.ensure(lock(tmp_path))
    again = environments.ensure(lock(tmp_path))
    other = environments.ensure(lock(tmp_path, "# other\n"))

    assert first == again != other
    assert first.name.startswith("baker-")
    assert subprocess.run([first / "bin" / "python", "-c", ""], check=False).returncode == 0


def test_one_that_broke_off_is_made_again(tmp_path):
    folder = environments.ensure(lock(tmp_path))
    (folder / environments.STAMP).unlink()
    (folder / "left-over").touch()

    assert environments.ensure(lock(tmp_path)) == folder
    assert not (folder / "left-over").exists()


def test_an_environment_without_pip_can_make_another(tmp_path):
    first = environments.ensure(lock(tmp_path))
    second = lock(tmp_path, "# made by the first\n")

    done = subprocess.run(
        [first / "bin" / "python", environments.__file__, second],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str(environments.ensure(second))


def test_a_lock_that_is_not_there_is_named():
    with pytest.raises(environments.SetupError, match=r"no such requirements file: nowhere\.txt"):
        environments.ensure(environments.Path("nowhere.txt"))


def test_a_wrong_hash_is_refused(tmp_path, monkeypatch):
    package = tmp_path / "wheels"
    package.mkdir()
    (package / "thing-1.0.tar.gz").write_bytes(b"not what was locked")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(package))

    with pytest.raises(environments.SetupError, match="pip could not install it"):
        environments.ensure(lock(tmp_path, "thing==1.0 --hash=sha256:" + "0" * 64 + "\n"))


@pytest.fixture
def thing(tmp_path):
    """A package in a folder, and the line of a lock that names it."""
    files = {
        "thing/__init__.py": "",
        "thing/template.py": "{{ no Python }}}",
        "thing/tests/test_thing.py": "",
    }
    return package(tmp_path / "wheels", "thing", files)


def package(folder, name, files):
    """Write a package; return it, and the line of a lock that names it."""
    wheel = folder / f"{name}-1.0-py3-none-any.whl"
    wheel.parent.mkdir(exist_ok=True)
    files |= {
        f"{name}-1.0.dist-info/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
        f"{name}-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nTag: py3-none-any\n",
        f"{name}-1.0.dist-info/RECORD": "",
    }
    with zipfile.ZipFile(wheel, "w") as file:
        for path, text in files.items():
            entry = zipfile.ZipInfo(path)
            entry.external_attr = (stat.S_IFREG | 0o755) << 16
            file.writestr(entry, text)
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    return wheel, f"{name}==1.0 \\\n    --hash=sha256:{digest}\n"


@pytest.fixture
def index(thing, tmp_path):
    """An index on loopback that has the package; what it was asked for."""
    offer(tmp_path, thing[0])
    asked = []

    class Serves(http.server.SimpleHTTPRequestHandler):
        def log_message(self, _format, *_told):
            asked.append(self.headers["User-Agent"].split("/")[0])

    serves = partial(Serves, directory=tmp_path / "index")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), serves) as server:
        threading.Thread(target=server.serve_forever).start()
        yield f"http://127.0.0.1:{server.server_port}/simple/", asked
        server.shutdown()


def offer(tmp_path, wheel):
    """Let the index have a package."""
    page = tmp_path / "index/simple" / wheel.name.partition("-")[0] / "index.html"
    page.parent.mkdir(parents=True)
    page.write_text(f'<a href="{wheel.name}">{wheel.name}</a>')
    shutil.copy(wheel, page.parent)


def installer(folder):
    """Return who installed the package."""
    (said,) = folder.glob("lib/*/site-packages/thing-1.0.dist-info/INSTALLER")
    return said.read_text().strip()


def test_uv_installs_from_where_pip_is_told_to(thing, index, tmp_path, monkeypatch):
    url, asked = index
    monkeypatch.setenv("PIP_INDEX_URL", url)

    folder = environments.ensure(lock(tmp_path, thing[1]))

    assert installer(folder) == "uv"
    assert set(asked) == {"uv"}


def test_the_uv_that_a_lock_names_is_installed_first_and_installs_the_others(
    thing, index, tmp_path, monkeypatch
):
    monkeypatch.setenv("PIP_INDEX_URL", index[0])
    real, used = shlex.quote(str(environments.UV_HERE)), tmp_path / "used"
    calls = f'#!/bin/sh\ntouch {used}\nexec {real} "$@"\n'
    wheel, line = package(tmp_path / "wheels", "uv", {"uv-1.0.data/scripts/uv": calls})
    offer(tmp_path, wheel)

    folder = environments.ensure(lock(tmp_path, thing[1] + line))

    assert installer(folder) == "uv"
    assert used.exists()
    assert set(index[1]) == {"uv", "pip"}


def test_what_the_environment_tells_pip_wins_over_its_files(thing, index, tmp_path, monkeypatch):
    url, asked = index
    file = tmp_path / "config/pip/pip.conf"
    file.parent.mkdir(parents=True)
    nowhere = "http://127.0.0.1:9/simple/"
    file.write_text(f"[global]\nindex-url = {nowhere}\n[install]\nindex-url = {nowhere}\n")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("PIP_INDEX_URL", url)
    monkeypatch.setenv("PIP_FIND_LINKS", "")

    folder = environments.ensure(lock(tmp_path, thing[1]))

    assert installer(folder) == "uv"
    assert set(asked) == {"uv"}


def test_uv_keeps_nothing_where_pip_is_to_keep_nothing(thing, index, tmp_path, monkeypatch):
    monkeypatch.setenv("PIP_INDEX_URL", index[0])
    monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")

    assert installer(environments.ensure(lock(tmp_path, thing[1]))) == "uv"
    assert not (tmp_path / "cache/uv").exists()


def test_pip_installs_where_it_is_told_what_uv_does_not_know(thing, index, tmp_path, monkeypatch):
    monkeypatch.setenv("PIP_INDEX_URL", index[0])
    monkeypatch.setenv("PIP_PREFER_BINARY", "1")

    assert installer(environments.ensure(lock(tmp_path, thing[1]))) == "pip"


def test_what_uv_cannot_do_pip_does_or_says(thing, index, tmp_path, monkeypatch):
    url, asked = index
    monkeypatch.setenv("PIP_INDEX_URL", url)
    other = "thing==1.0 --hash=sha256:" + "0" * 64 + "\n"

    with pytest.raises(environments.SetupError, match="pip could not install it"):
        environments.ensure(lock(tmp_path, other))

    assert set(asked) == {"uv", "pip"}


def test_what_can_be_imported_is_compiled_and_the_tests_of_packages_are_not(
    thing, index, tmp_path, monkeypatch
):
    monkeypatch.setenv("PIP_INDEX_URL", index[0])

    folder = environments.ensure(lock(tmp_path, thing[1]))

    (installed,) = folder.glob("lib/*/site-packages/thing")
    compiled = {file.name.split(".")[0] for file in installed.rglob("*.pyc")}
    assert compiled == {"__init__"}


def test_where_nobody_asks_for_it_nothing_is_compiled(thing, index, tmp_path, monkeypatch):
    monkeypatch.setenv("PIP_INDEX_URL", index[0])

    folder = environments.ensure(lock(tmp_path, thing[1]), compiled=False)

    (installed,) = folder.glob("lib/*/site-packages/thing")
    assert not list(installed.rglob("*.pyc"))


def test_an_open_lock_gets_another_name_when_pip_looks_elsewhere(tmp_path, monkeypatch):
    content = b"# open: torch==2.13.0\n"
    plain = environments._key(content)
    monkeypatch.setenv("PIP_FIND_LINKS", "/wheels")

    assert environments._key(content) != plain
    assert environments._key(b"# closed\n") == environments._key(b"# closed\n")


@contextlib.contextmanager
def hanging(tmp_path):
    """An environment that is being made by pip, which waits for an index that never answers."""
    file = lock(tmp_path, "thing==1.0 --hash=sha256:" + "0" * 64 + "\n")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        index = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        env = {**os.environ, "PIP_INDEX_URL": index, "PIP_TIMEOUT": "60"}
        making = subprocess.Popen(
            [sys.executable, environments.__file__, file], env=env, stderr=subprocess.DEVNULL
        )
        pip = until(lambda: asks(psutil.Process(making.pid), silent.getsockname()[1]), SECONDS)
        yield making, pip, file
        with contextlib.suppress(psutil.NoSuchProcess):
            pip.kill()
        making.kill()
        making.wait()


def asks(process, port):
    """Return the child that is connected to a port."""
    for child in process.children(recursive=True):
        with contextlib.suppress(psutil.Error):
            if any(one.raddr and one.raddr.port == port for one in child.net_connections()):
                return child
    return None


def test_whoever_is_told_to_end_leaves_no_pip_behind(tmp_path):
    with hanging(tmp_path) as (making, pip, _):
        making.send_signal(signal.SIGTERM)

        assert making.wait(30) == 143
        assert until(lambda: not pip.is_running(), SECONDS)


def test_nobody_makes_it_anew_while_the_pip_of_one_that_was_killed_still_writes(tmp_path):
    with hanging(tmp_path) as (making, pip, file):
        making.kill()
        making.wait()
        said = tmp_path / "said"
        with said.open("w") as shown:
            env = {**os.environ, "PIP_NO_INDEX": "1"}
            second = subprocess.Popen(
                [sys.executable, environments.__file__, file], env=env, stderr=shown
            )
        time.sleep(1)
        waits = said.read_text()
        pip.kill()
        second.wait(60)

        assert waits == ""
        assert said.read_text().startswith("Setting up baker")


def test_looking_makes_nothing_and_finds_what_stands(tmp_path):
    file = lock(tmp_path)

    assert environments.look(file) is None
    assert not environments.cache().exists()
    made = environments.ensure(file)
    assert environments.look(file) == made
