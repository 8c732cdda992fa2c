"""Driving Terraform: its variables, its plan in words, and that only this plan is applied."""

import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from infra.provision.cloud import lease, terraform
from infra.provision.errors import StageError
from tests.waiting import until

KVM = Path(terraform.SOURCE)
RESERVED = "b3d710ad-5b44-4d5b-a064-8d2869dbfbdc"
LEASED = {"lease": {"nodes": {"reservation": RESERVED}, "gpu": {"reservation": "other"}}}


def test_every_variable_that_is_handed_over_is_known_there(setting):
    known = set(re.findall(r'^variable "(\w+)"', (KVM / "variables.tf").read_text(), re.M))

    assert terraform.variables(setting, LEASED).keys() <= known
    assert known - terraform.variables(setting, LEASED).keys() == {"public_key"}


def test_nothing_is_typed_twice(setting):
    given = terraform.variables(setting, LEASED)

    assert given["reservation"] == RESERVED
    assert given["head"] == "node1"
    assert given["nodes"]["node3"] == "192.168.1.13"


def test_a_gpu_pool_gets_the_reservation_of_its_own_lease(setting):
    setting.openstack["gpu"] = {"cloud": "uc", "flavor": "g1", "image": "CUDA", "count": 2}

    assert terraform.variables(setting, LEASED)["gpu"] == {
        "cloud": "uc", "reservation": "other", "image": "CUDA", "count": 2,
        "shared_network": "sharednet1",
    }  # fmt: skip
    assert lease.pools(setting)["gpu"] == lease.Pool("lease_mlops_lab_gpu", "uc", "g1", 2, 12)


def test_the_state_lies_beside_the_ledger_unless_the_site_says_otherwise(setting):
    assert terraform.backend(setting) == {
        "local": {"path": str(setting.folder / "terraform.tfstate")}
    }
    setting.openstack["backend"] = {"http": {"address": "https://state"}}

    assert terraform.backend(setting) == {"http": {"address": "https://state"}}


def change(address, *actions, mode="managed"):
    return {"address": address, "mode": mode, "change": {"actions": list(actions)}}


def test_a_plan_is_told_line_by_line_and_in_a_few_words():
    lines, said = terraform.summary(
        [
            change("a.new", "create"),
            change("a.same", "no-op"),
            change("b.old", "delete", "create"),
            change("c.gone", "delete"),
            change("data.d", "read", mode="data"),
        ]
    )

    assert lines == ["create   a.new", "replace  b.old", "destroy  c.gone"]
    assert said == "Create 1, destroy 1, replace 1"


@pytest.fixture
def work(setting, tmp_path, monkeypatch):
    """Terraform that writes its arguments down, with a plan of one line."""
    program = tmp_path / "bin" / "terraform"
    program.parent.mkdir()
    program.write_text(
        f'#!/bin/sh\necho "$@" >> {tmp_path}/ran\n'
        'case $1 in plan) echo one > saved.plan; exit 2;; show) echo "{}";; esac\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    setting.folder.mkdir()
    made = terraform.Work(setting, tmp_path / "log", lambda _: None)
    made.prepare({"suffix": "lab"})
    return made


def ran(tmp_path):
    return (tmp_path / "ran").read_text().splitlines()


def test_the_plan_that_was_shown_is_applied_and_nothing_else(work, tmp_path):
    assert work.plan()
    work.shown()
    work.apply()

    assert re.fullmatch(r"apply .* saved\.plan", ran(tmp_path)[-1])


def test_another_plan_than_was_shown_is_not_applied(work, tmp_path):
    work.plan()
    work.shown()
    (work.folder / "saved.plan").write_text("two")

    with pytest.raises(StageError, match="is not the plan that was shown"):
        work.apply()
    assert not any(line.startswith("apply") for line in ran(tmp_path))


def test_a_plan_that_nobody_saw_is_not_applied(work):
    work.plan()

    with pytest.raises(StageError, match="is not the plan that was shown"):
        work.apply()


def test_a_terraform_that_outlived_its_killed_command_ends_before_the_next_begins(
    work, setting, tmp_path
):
    slow = (
        "#!/bin/sh\n"
        f"touch {tmp_path}/began\n"
        f"while [ ! -e {tmp_path}/go ]; do sleep 0.05; done\n"
        f"sleep 1; echo killed >> {tmp_path}/ran\n"
    )
    (tmp_path / "bin/slow").write_text(slow)
    (tmp_path / "bin/slow").chmod(0o755)
    code = (
        "from pathlib import Path\n"
        "from infra.provision import command\n"
        f"command.run('terraform', ['slow'], folder=Path({str(work.folder)!r}), env="
        f"{{'PATH': {os.environ['PATH']!r}}}, log=Path({str(tmp_path / 'other')!r}), tell=print)"
    )
    killed = subprocess.Popen([sys.executable, "-c", code], cwd=Path(__file__).parents[4])
    until((tmp_path / "began").exists)
    killed.kill()
    killed.wait()
    said = []
    waiting = terraform.Work(setting, tmp_path / "log", said.append)

    with ThreadPoolExecutor() as pool:
        plan = pool.submit(waiting.plan)
        try:
            until(lambda: said)
            assert not plan.done()
        finally:
            (tmp_path / "go").touch()  # so that it ends, whatever this test finds
        assert plan.result(timeout=20)

    assert str(said[0]) == "terraform of a run that was cut off ends its work"
    assert [line.split()[0] for line in ran(tmp_path)[-2:]] == ["killed", "plan"]


def test_a_failure_shows_what_terraform_said_and_where_the_rest_is(work, tmp_path):
    (tmp_path / "bin" / "terraform").write_text("#!/bin/sh\necho Quota exceeded\nexit 1\n")

    with pytest.raises(StageError, match=r"(?s)ended with 1.*Quota exceeded.*all of it: "):
        work.plan()


def test_files_that_we_no_longer_have_do_not_linger(work, setting):
    (work.folder / "old.tf").write_text("")

    work.prepare({})

    assert not (work.folder / "old.tf").exists()
    assert {file.name for file in KVM.glob("*.tf")} <= {f.name for f in work.folder.glob("*.tf")}
