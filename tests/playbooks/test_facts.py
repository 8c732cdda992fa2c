"""What the roles read of a node in one task, asked of the machine that runs the tests."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from services import environments
from tests.playbooks.lab import LOCK, PLAYBOOKS


def ask(folder, **asked):
    """Run the module as Ansible runs it, and return its answer."""
    beside = environments.ensure(LOCK) / "bin"
    done = subprocess.run(
        [beside / "ansible", "-i", "localhost,", "-c", "local", "-t", folder, "localhost",
         "-e", f"ansible_python_interpreter={Path(sys.executable).resolve()}",
         "-M", PLAYBOOKS / "roles/facts/library", "-m", "node_facts", "-a", json.dumps(asked)],
        cwd=folder, capture_output=True, text=True, check=False,
        env={**os.environ, "ANSIBLE_HOME": str(folder), "PATH": f"{beside}:{os.environ['PATH']}"},
    )  # fmt: skip
    return json.loads((folder / "localhost").read_text()), done


def test_a_file_is_read_a_link_followed_and_what_is_not_there_is_said_to_be_missing(tmp_path):
    (tmp_path / "here").write_text("one\ntwo\n")
    (tmp_path / "away").symlink_to("nowhere")
    paths = {name: str(tmp_path / name) for name in ("here", "away", "none", ".")}

    said, _done = ask(tmp_path, paths=list(paths.values()), globs=[f"{tmp_path}/he*"])

    node = said["ansible_facts"]["node"]
    assert {name: node["paths"][path] for name, path in paths.items()} == {
        "here": {"here": True, "link": "", "text": "one\ntwo\n"},
        "away": {"here": True, "link": "nowhere", "text": ""},
        "none": {"here": False, "link": "", "text": ""},
        ".": {"here": True, "link": "", "text": ""},
    }
    assert node["globs"] == {f"{tmp_path}/he*": [paths["here"]]}
    assert not said["changed"]


def test_settings_groups_accounts_and_modules_that_do_not_exist_are_left_out(tmp_path):
    said, _done = ask(
        tmp_path,
        sysctls=["kernel.ostype", "kernel.never"],
        groups=["root", "never"],
        accounts=["root", "never"],
        interfaces=["never"],
        modules=["proc"],
    )

    node = said["ansible_facts"]["node"]
    assert node["sysctls"] == {"kernel.ostype": "Linux"}
    assert node["groups"] == {"root": []}
    assert node["accounts"] == ["root"]
    assert node["interfaces"] == {}
    assert node["missing_modules"] == []


@pytest.mark.skipif(not shutil.which("dpkg-query"), reason="no Debian: no dpkg-query")
def test_packages_that_are_not_installed_are_named(tmp_path):
    said, _done = ask(tmp_path, packages=["dpkg", "no-such-package"])

    assert said["ansible_facts"]["node"]["missing_packages"] == ["no-such-package"]


def test_a_file_that_cannot_be_read_fails_the_task_by_its_name(tmp_path):
    said, done = ask(tmp_path, paths=["/proc/self/mem"])

    assert done.returncode != 0
    assert said["msg"] == "/proc/self/mem cannot be read: Input/output error"


def test_a_file_that_is_not_utf_8_fails_the_task_with_its_line_before_anything_is_written_back(
    tmp_path,
):
    file = tmp_path / "daemon.json"
    file.write_bytes(b'{\n"who": "Ren\xe9"}\n')

    said, done = ask(tmp_path, paths=[str(file)])

    assert done.returncode != 0
    assert said["msg"] == f"{file}:2: is not UTF-8. Mend that line by hand"


@pytest.mark.skipif(not shutil.which("modprobe"), reason="needs modprobe: apt-get install kmod")
def test_a_kernel_module_that_nobody_has_fails_the_task_by_its_name(tmp_path):
    said, done = ask(tmp_path, modules=["no_such_module"])

    assert done.returncode != 0
    assert "no_such_module" in said["msg"]


@pytest.mark.skipif(Path("/run/systemd/system").exists(), reason="systemd answers here")
def test_a_node_whose_systemd_does_not_answer_is_told(tmp_path):
    said, done = ask(tmp_path, units=["chrony", "swap.target"])

    assert done.returncode != 0
    assert said["msg"] == "systemctl show does not answer. Is systemd this node's init?"
