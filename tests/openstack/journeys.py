"""What people do with a cloud, from its beginning to its end; test_way.py says what each shows.

They begin with the cloud and go side by side.
"""

import json
import random
import re
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from tests.openstack import people
from tests.openstack.cloud import Cloud
from tests.openstack.facts import (
    addresses,
    alive,
    nothing_is_left,
    resources,
    servers,
)
from tests.openstack.joined import joined
from tests.waiting import until

UNTIL = ("--until", "inventory", "--yes")
KILLS = 4


@dataclass(frozen=True)
class Start:
    """What a journey begins with."""

    cloud: Cloud
    terraform: Path
    folder: Path

    def person(self, name, **openstack):
        facts = {"flavor": "m1.small", **openstack}
        return people.make(self.cloud, self.terraform, self.folder, name, facts)


def journey(way):
    """Remove what a way has left, however it went."""

    def went(start):
        travellers = []
        try:
            way(start, travellers)
        finally:
            for me in travellers:
                me.tidies()

    return went


@journey
def there_and_back(start, travellers):
    """Plan, make, change nothing, replace a node, extend, keep the volume, go on, remove."""
    me = start.person("way", volume_gib=2)
    travellers.append(me)

    me.types("provision", *UNTIL)
    made = servers(me)
    assert len(resources(me)) == 14
    assert set(made) == {"node1", "node2", "node3"}
    assert addresses(start.cloud, made) == people.NODES
    assert "192.168.1.12" in (me.state / "inventory.yaml").read_text()
    floating = json.loads((me.state / "outputs.json").read_text())["floating_ip"]["value"]
    assert floating in (me.state / "ssh_config").read_text()

    again = me.types("provision", *UNTIL)
    assert re.search(r"^terraform .* stands: done", again, re.M)
    assert "no change" in me.types("provision", "--only", "terraform", "--yes")

    me.types("provision", "--replace", "node3", *UNTIL)
    after = servers(me)
    assert {name for name in made if after[name] != made[name]} == {"node3"}
    assert set(after.values()) == set(alive(start.cloud, "way"))

    assert "2 h" in me.types("lease.show")
    assert "7 h" in me.types("lease.extend", "--hours", "5", "--yes")
    assert "7 h" in me.types("status", code=1)  # no machine answers there
    assert re.search(r"^lease .* stands: done", me.types("provision", *UNTIL), re.M)

    refused = me.types("destroy", code=2)
    assert "Nobody is here to ask; say --yes." in refused
    assert "destroy  openstack_compute_instance_v2" in refused
    assert set(after.values()) == set(alive(start.cloud, "way"))

    end = me.types("destroy", "--keep-volume", "--yes")
    assert end.index("openstack_compute_instance_v2") < end.index("lease_mlops_way is gone")
    assert "kept on purpose: volume data-mlops-way" in end
    assert "left over" not in end
    assert alive(start.cloud, "way") == []
    assert len(resources(me)) == 1

    whole = me.types("destroy", "--yes")
    assert "destroy  openstack_blockstorage_volume_v3" in whole
    assert "left over" not in whole
    assert nothing_is_left(start.cloud, "way")
    assert "there is none" in me.types("destroy", "--yes")


@journey
def killed(start, travellers):
    """Be killed at any instant, and go on."""
    me = start.person("killed")
    travellers.append(me)
    chance = random.Random(5)

    for _ in range(KILLS):
        process = me.starts("provision", *UNTIL)
        time.sleep(chance.uniform(1, 14))
        process.send_signal(signal.SIGKILL)
        process.communicate()
    said = me.types("provision", *UNTIL)

    assert "inventory" in said
    assert len(resources(me)) == 12
    assert len(alive(start.cloud, "killed")) == 3
    me.types("destroy", "--yes")
    assert nothing_is_left(start.cloud, "killed")


@journey
def drifted(start, travellers):
    """Find what others deleted, build it again, and destroy what is half gone."""
    me = start.person("drift")
    travellers.append(me)
    me.types("provision", *UNTIL)
    made = servers(me)
    start.cloud.member().ask("DELETE", "nova", f"/v2.1/servers/{made['node2']}")

    me.types("provision", "--from", "terraform", *UNTIL)

    after = servers(me)
    assert {name for name in made if after[name] != made[name]} == {"node2"}

    me.types("lease.delete", "--yes")  # and Blazar deletes its servers
    until(lambda: not alive(start.cloud, "drift"), seconds=60, every=0.2)
    assert "left over" not in me.types("destroy", "--yes")
    assert nothing_is_left(start.cloud, "drift")


@journey
def with_gpus(start, travellers):
    """Lease a pool of its own; see in the end what is not ours."""
    gpu = {"cloud": "kvm-lease", "flavor": "m1.small", "image": "CC-Ubuntu22.04", "count": 1}
    me = start.person("gpu", gpu=gpu)
    travellers.append(me)

    me.types("provision", *UNTIL)

    assert "lease_mlops_gpu_gpu is ACTIVE" in me.types("lease.show")
    assert len(resources(me)) == 13
    assert len(alive(start.cloud, "gpu")) == 4

    member = start.cloud.member()
    network = member.ask("GET", "neutron", "/v2.0/networks?name=sharednet1")["networks"][0]["id"]
    facts = {"name": "mine-mlops-gpu", "network_id": network}
    port = member.ask("POST", "neutron", "/v2.0/ports", {"port": facts})["port"]["id"]
    said = me.types("destroy", "--yes", code=1)
    assert "left over: port mine-mlops-gpu" in said
    member.ask("DELETE", "neutron", f"/v2.0/ports/{port}")
    assert nothing_is_left(start.cloud, "gpu")


ALL = {
    "joined": journey(joined),
    "there and back": there_and_back,
    "killed": killed,
    "drifted": drifted,
    "with GPUs": with_gpus,
}
