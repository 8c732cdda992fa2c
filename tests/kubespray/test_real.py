"""The real Kubespray on real machines, through our stage, as far as it gets without a network.

Needs KUBESPRAY_HOME, and what test machines need; skips without.
"""

import pytest

from infra.inventory import files
from infra.kubespray import checkout, ways
from infra.nodes import inspection
from infra.provision import kubespray
from infra.provision.errors import StageError
from infra.provision.setting import Setting
from infra.sites import reading
from tests.hosts import machines


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_it_validates_bootstraps_and_stops_in_words_where_it_needs_the_internet(
    home, three_hosts, tmp_path, monkeypatch
):
    needs = {**machines.NEEDS, "memory_gib": 2}
    site = reading.read(three_hosts.write_site(tmp_path / "lab.yaml", needs=needs))
    setting = Setting(site, tmp_path / "state", None, yes=True)
    files.write(site, setting.folder)
    inspection.inspect(site, setting.folder / "known_hosts")
    monkeypatch.setenv(checkout.GIVEN, str(home))
    monkeypatch.setattr(ways.must_reach, "__defaults__", ((("127.0.0.1", 22),),))
    said: list[str] = []

    with pytest.raises(StageError) as stop:
        kubespray.run(setting, {}, said.append, tmp_path / "log")

    roles = [sentence.partition(" (")[0] for sentence in said if "(from task" in sentence]
    assert roles == ["dynamic_groups", "validate_inventory", "bootstrap_os", "system_packages"]
    words = str(stop.value)
    assert "cluster.yml ended (failed) at system_packages ► Manage packages failed on " in words
    assert "node1: No package matching 'apparmor' is available" in words
