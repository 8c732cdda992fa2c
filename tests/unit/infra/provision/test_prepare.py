"""When nodes are prepared again, and what a failed play says."""

from dataclasses import replace

import pytest

from infra.provision import plays, prepare
from infra.provision.ledger import fingerprint
from infra.provision.setting import Setting
from infra.sites.site import Needs, Node, Site, User

SITE = Site(
    "lab",
    "openstack",
    nodes=(Node("node1", "192.168.1.11", ("worker",)),),
    needs=Needs(sysctls=("vm.overcommit_memory!=2", "fs.inotify.max_user_instances>=128")),
    users=(User("ada", ("ssh-ed25519 AAAA ada",), sudo=True),),
)


def given(site, tmp_path, server="a"):
    """What the stage depends on, with one server of this id."""
    made = {"terraform": {"outputs": {"servers": {"value": {"node1": server}}}}}
    return fingerprint(prepare.inputs(Setting(site, tmp_path, None), made))


def test_a_server_built_anew_is_prepared_again(tmp_path):
    assert given(SITE, tmp_path, "a") != given(SITE, tmp_path, "b")


@pytest.mark.parametrize(
    "change", [{"users": ()}, {"nodes": ()}, {"needs": Needs(timezone="Europe/Rome")}]
)
def test_a_change_of_the_site_prepares_its_nodes_again(tmp_path, change):
    assert given(SITE, tmp_path) != given(replace(SITE, **change), tmp_path)


def test_machines_that_no_terraform_made_are_prepared_once(tmp_path):
    setting = Setting(replace(SITE, kind="hosts"), tmp_path, None)

    assert prepare.inputs(setting, {}) == prepare.inputs(setting, {})


def test_the_play_is_told_of_the_volume_that_terraform_made(tmp_path):
    given = {"volume_gib": 1, "volume_path": "/srv/photos"}
    setting = Setting(replace(SITE, openstack=given), tmp_path, None)
    made = {"terraform": {"outputs": {"volume": {"value": "v1"}}}}

    assert prepare.volume(setting, made) == {
        "volume_id": "v1", "volume_host": "node1", "volume_path": "/srv/photos"
    }  # fmt: skip
    assert prepare.volume(setting, {"terraform": {"outputs": {"volume": {"value": None}}}}) == {}
    assert prepare.inputs(setting, made) != prepare.inputs(setting, {})


def test_only_lower_bounds_of_settings_are_for_the_play_to_raise():
    assert prepare.at_least(SITE.needs.sysctls) == {"fs.inotify.max_user_instances": 128}


def test_what_failed_alike_on_several_nodes_is_said_once():
    found = [
        ("node1", "Install", "no space\n"),
        ("node2", "Install", "no space"),
        ("node3", "Install", "gone"),
    ]

    assert plays.failures(found) == ["node1, node2: Install: no space", "node3: Install: gone"]
