"""Ansible outside Kubespray's window is refused before it starts."""

import sys
from pathlib import Path

import pytest

from infra.kubespray import pin
from infra.kubespray.rules import programs

GOOD = dict.fromkeys(programs.NEEDED, "1.0")


def said(python=(3, 11, 7), **packages):
    have = programs.Programs("env", python, {**GOOD, **packages})
    return [str(fault) for fault in programs.judge(have, pin.pin(), pin.accepts())]


def test_a_release_inside_the_window_is_accepted():
    assert said(**{"ansible-core": "2.18.19"}) == []


@pytest.mark.parametrize("version", ["2.17.14", "2.19.0", "2.16.9", "2.20.1"])
def test_a_release_outside_the_window_is_refused(version):
    assert said(**{"ansible-core": version}) == [
        f"env: ansible-core is {version}, and Kubespray v2.31.0 takes 2.18.0 up to, but not "
        "including, 2.19.0. Pin one inside that window in playbooks/kubespray/requirements.in."
    ]


def test_a_python_that_is_too_old_is_refused():
    (sentence,) = said(python=(3, 10, 4), **{"ansible-core": "2.18.1"})

    assert "Python is 3.10.4, and the Ansible of Kubespray v2.31.0 needs 3.11" in sentence


def test_what_its_filters_need_must_be_there():
    assert [s.split(", ")[0] for s in said(**{"ansible-core": "2.18.1", "netaddr": None})] == [
        "env: it has no netaddr"
    ]


def test_a_real_environment_is_asked_what_it_has():
    found = programs.ask(Path(sys.executable))

    assert found.python == sys.version_info[:3]
    assert found.packages["ansible-core"] is None
    assert any("no ansible-core" in str(f) for f in programs.judge(found, pin.pin(), pin.accepts()))


def test_the_lock_is_inside_the_window():
    lock = pin.REQUIREMENTS.read_text()
    version = lock.partition("\nansible-core==")[2].split()[0]

    assert said(**{"ansible-core": version}) == []
