"""Which stages each kind of site has, in which order, and what a rebuilt server means to them."""

import pytest

from infra.provision import stages
from infra.provision.setting import Setting
from infra.sites import reading

NODES = ["node-checks", "prepare", "kubespray", "after-cluster"]
CLUSTER = ["platform", "environments", "workflow-templates", "audit"]


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("kvm", ["preflight", "lease", "terraform", "inventory", *NODES, *CLUSTER]),
        ("hosts", ["preflight", "inventory", *NODES, *CLUSTER]),
        ("microk8s", ["preflight", "inventory", "node-checks", "prepare", "after-cluster",
                      *CLUSTER]),
    ],
)  # fmt: skip
def test_the_stages_of_a_site(tmp_path, name, wanted):
    found = stages.of(Setting(reading.load(name), tmp_path, None))

    assert [stage.name for stage in found] == wanted
    assert all(stage.run and stage.inputs for stage in found)


def test_this_machine_has_no_stages(tmp_path):
    assert stages.of(Setting(reading.load("local"), tmp_path, None)) == ()


@pytest.mark.parametrize("name", ["prepare", "kubespray", "after-cluster", "audit"])
def test_a_server_that_was_built_anew_is_another_input(setting, name):
    stage = next(stage for stage in stages.of(setting) if stage.name == name)
    setting.folder.mkdir()

    def given(server):
        nodes = {node.name: node.address for node in setting.site.nodes}
        outputs = {"nodes": {"value": nodes}, "floating_ip": {"value": "192.0.2.1"},
                   "servers": {"value": {"node1": server}}}  # fmt: skip
        return stage.inputs(setting, {"terraform": {"outputs": outputs}})

    assert given("a") == given("a")
    assert given("a") != given("b")
