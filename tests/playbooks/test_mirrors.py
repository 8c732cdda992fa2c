"""The texts that containerd and Docker are given, without a node."""

import importlib.util
import tomllib

import pytest

from tests.playbooks.lab import PLAYBOOKS

FILE = PLAYBOOKS / "roles/registry/filter_plugins/mirrors.py"
SPEC = importlib.util.spec_from_file_location("mirrors", FILE)
mirrors = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(mirrors)

HUB, ONE, TWO = "https://registry-1.docker.io", "http://one:5000", "http://two:5000"
OTHERS = 'server = "https://other"\n\n[host."https://somebody"]\n  skip_verify = true\n'
KUBESPRAYS = f'server = "{HUB}"\n[host."{ONE}"]\n  capabilities = ["pull","resolve"]\n'


@pytest.mark.parametrize("text", ["", OTHERS, "# a comment\n", '[host."https://x"]\n'])
@pytest.mark.parametrize("mirror", [ONE, TWO])
def test_a_mirror_put_in_twice_or_after_another_stands_there_once(text, mirror):
    once = mirrors.with_mirror(text, HUB, ONE)
    twice = mirrors.with_mirror(mirrors.with_mirror(once, HUB, mirror), HUB, mirror)

    hosts = tomllib.loads(twice)["host"]
    assert mirror in hosts
    assert (ONE in hosts) == (mirror == ONE)
    assert tomllib.loads(twice)["server"] == tomllib.loads(text).get("server", HUB)


@pytest.mark.parametrize("text", ["", OTHERS, KUBESPRAYS])
def test_a_mirror_taken_out_leaves_what_was_there_before(text):
    back = mirrors.with_mirror(mirrors.with_mirror(text, HUB, TWO), HUB, "")

    assert back.strip() == text.strip()


def test_a_mirror_that_an_installer_has_named_is_not_named_again():
    assert mirrors.with_mirror(KUBESPRAYS, HUB, ONE) == KUBESPRAYS


def test_docker_keeps_its_other_settings_and_mirrors():
    text = '{"debug": true, "registry-mirrors": ["https://old"]}'

    wished = mirrors.with_docker_mirror(text, ONE)

    assert '"debug": true' in wished
    assert wished.index(ONE) < wished.index("https://old")
    assert mirrors.with_docker_mirror(wished, ONE) == ""
    assert mirrors.with_docker_mirror(text, "") == ""
