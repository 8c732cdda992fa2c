"""What lies where in a container's own file system."""

from pathlib import Path

import pytest

from workflows.runner.machine.box import Box, Mount


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "box"


def test_tmp_is_a_folder_of_its_own(folder: Path) -> None:
    box = Box(folder)
    box.prepare()

    assert box.host_path("/tmp/a/b") == folder / "tmp/a/b"
    arguments = box.arguments()
    assert arguments[arguments.index("/tmp") - 1] == str(folder / "tmp")


def test_a_mount_wins_over_everything_the_longest_one_first(folder: Path, tmp_path: Path) -> None:
    outer, inner = tmp_path / "outer", tmp_path / "inner"
    box = Box(folder, mounts=[Mount(outer, "/data"), Mount(inner, "/data/in")])
    box.prepare()

    assert box.host_path("/data/x") == outer / "x"
    assert box.host_path("/data/in/x") == inner / "x"
    assert box.host_path("/data/in") == inner


def test_a_path_that_this_machine_lacks_is_private(folder: Path) -> None:
    box = Box(folder, declared=["/no-such-folder/here/out"])
    box.prepare()

    assert box.host_path("/no-such-folder/here/out") == folder / "root/no-such-folder/here/out"
    assert box.arguments()[:3] == ["--bind", str(folder / "root"), "/"]


def test_a_declared_path_in_a_folder_of_this_machine_is_private_too(folder: Path) -> None:
    box = Box(folder, declared=["/usr/share/made-by-a-step"])
    box.prepare()

    assert box.host_path("/usr/share/made-by-a-step") == folder / "root/usr/share/made-by-a-step"
    assert {"/usr", "/usr/share"} <= box.opened


def test_what_is_not_declared_is_this_machines(folder: Path) -> None:
    box = Box(folder)
    box.prepare()

    assert box.host_path("/usr/bin/env") == Path("/usr/bin/env")
    assert not (folder / "root").exists()


def test_a_visible_folder_below_tmp_stays_where_it_is(folder: Path) -> None:
    box = Box(folder, visible=("/tmp/seen",))
    box.prepare()

    assert box.host_path("/tmp/seen/x") == Path("/tmp/seen/x")
    assert box.host_path("/tmp/other") == folder / "tmp/other"


def test_entries_of_an_image_lie_over_those_of_the_machine(folder: Path, tmp_path: Path) -> None:
    rootfs = tmp_path / "rootfs"
    (rootfs / "app").mkdir(parents=True)
    box = Box(folder, rootfs=rootfs)
    box.prepare()

    assert box.host_path("/app/main.py") == rootfs / "app/main.py"
    assert box.arguments()[box.arguments().index("/app") - 1] == str(rootfs / "app")
