"""The Terraform files of infra/kvm, held against mocks: no cloud is asked."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.terraform.provider import build

ROOT = Path(__file__).parents[2]
# The first test waits for the provider, which takes minutes to build on a new machine.
pytestmark = pytest.mark.timeout(900)
KVM = ROOT / "infra" / "kvm"


@pytest.fixture(scope="module")
def terraform(tmp_path_factory):
    """Terraform in a copy of infra/kvm, with the provider from its mirror."""
    if shutil.which("terraform") is None:
        pytest.skip("needs terraform; `invoke provision` says which, and where from")
    if reason := build.why_not():
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("kvm")
    for file in KVM.iterdir():
        shutil.copy(file, folder)
    for file in Path(__file__).parent.glob("*.tftest.hcl"):
        shutil.copy(file, folder)
    settings = folder / "terraformrc"
    settings.write_text(build.settings(build.mirror()))
    env = {"PATH": os.environ["PATH"], "HOME": str(folder), "TF_CLI_CONFIG_FILE": str(settings)}

    def run(*words):
        return subprocess.run(
            ["terraform", *words], cwd=folder, env=env, capture_output=True, text=True, check=False
        )

    assert run("init", "-input=false").returncode == 0
    yield run
    shutil.rmtree(folder)


def test_every_refusal_holds_and_a_good_site_is_planned(terraform):
    done = terraform("test", "-json")

    events = [json.loads(line) for line in done.stdout.splitlines()]
    runs = {e["test_run"]["run"]: e["test_run"]["status"] for e in events
            if e["type"] == "test_run" and "status" in e["test_run"]}  # fmt: skip
    said = [e["@message"] for e in events if e["@level"] == "error"]
    assert {name for name, status in runs.items() if status != "pass"} == set(), said
    assert len(runs) == 18


def test_the_files_are_formatted(terraform):
    done = terraform("fmt", "-check", "-diff", str(KVM), str(Path(__file__).parent))

    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("variable", "value", "sentence"),
    [
        pytest.param("reservation", '"m1.large"', "UUID that the lease stage", id="flavor"),
        pytest.param("suffix", '"project_38"', "small letters, digits and dashes", id="suffix"),
        pytest.param("public_key", '"-----BEGIN"', "a private key must never stand", id="key"),
        pytest.param("head", '"node9"', "head names no node", id="head"),
    ],
)
def test_a_refusal_says_what_to_write(terraform, variable, value, sentence):
    good = {
        "cloud": '"none"', "suffix": '"lab"', "head": '"a"', "image": '"i"', "key_pair": '"k"',
        "nodes": '{a="192.168.1.11"}', "shared_network": '"s"', "floating_pool": '"p"',
        "security_groups": '["g"]', "reservation": '"b3d710ad-5b44-4d5b-a064-8d2869dbfbdc"',
    }  # fmt: skip
    words = [f"-var={name}={text}" for name, text in {**good, variable: value}.items()]
    plain = [word.replace('"', "") if word[-1] == '"' else word for word in words]

    done = terraform("plan", "-input=false", "-no-color", *plain)

    assert done.returncode == 1
    assert sentence in re.sub(r"[\s│]+", " ", done.stderr)


def test_every_variable_has_a_type_and_a_description():
    blocks = re.split(r'^variable "', (KVM / "variables.tf").read_text(), flags=re.M)[1:]

    for block in blocks:
        name = block.partition('"')[0]
        assert re.search(r"^  type +=", block, re.M), name
        assert re.search(r"^  description +=", block, re.M), name
        assert re.search(r"^  validation \{", block, re.M), name
    assert len(blocks) == 16
