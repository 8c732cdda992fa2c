"""Two leases that begin at one instant: Placement numbers both alike, and refuses one."""

import subprocess
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from infra.provision.cloud import asking
from tests.openstack import databases
from tests.waiting import until

# The first test of a session waits for the cloud, and on a new machine for its packages.
pytestmark = pytest.mark.timeout(1500)
NUMBERED = "insert into resource_classes (id, name) select greatest(max(id), 9999) + 1, 'CUSTOM_X'"
WAITING = "select trx_query from information_schema.innodb_trx where trx_state = 'LOCK WAIT'"


@contextmanager
def another(at):
    """Stand for somebody else's lease: it has taken the next number, and nobody sees that yet."""
    line = ["mariadb", "--no-defaults", *databases.client(at), "--unbuffered", "placement"]
    other = subprocess.Popen(line, stdin=subprocess.PIPE, text=True)

    def says(*statements):
        other.stdin.write("".join(f"{each};\n" for each in statements))
        other.stdin.flush()

    try:
        says("begin", f"{NUMBERED} from resource_classes")
        yield says
    finally:
        says("rollback", "delete from resource_classes where name = 'CUSTOM_X'")
        other.communicate(timeout=30)


def waits(cloud, name):
    """Tell whether a lease waits for another's number, as those of others here may do, too.

    InnoDB looks anew after a tenth of a second only.
    """
    leases = cloud.member().ask("GET", "blazar", "/v1/leases")["leases"]
    ours = [r["id"] for each in leases if each["name"] == name for r in each["reservations"]]
    line = ["mariadb", "--no-defaults", *databases.client(cloud.at), "--skip-column-names"]
    said = subprocess.run(line, input=WAITING, capture_output=True, text=True, check=True)
    return any(identifier.upper().replace("-", "_") in said.stdout for identifier in ours)


def test_a_lease_that_begins_in_the_instant_of_another_is_made_all_the_same(cloud, person):
    file, heard = person("at-once").folder / "clouds.yaml", []
    words = {"name": "lease_at_once", "flavor": "m1.small", "amount": 1, "hours": 1}

    with ThreadPoolExecutor(1) as pool, another(cloud.at) as other:
        made = pool.submit(
            asking.ask, file, "kvm-lease", "lease-ensure", heard.append, deadline=60, **words
        )
        until(lambda: waits(cloud, words["name"]), seconds=40, what="it waits", every=0.3)
        other("commit")
        lease = made.result(120)
    asking.ask(file, "kvm-lease", "lease-delete", name=words["name"], deadline=60)

    assert lease["status"] == "ACTIVE"
    assert not lease["reused"]
    assert any("another lease began in the same instant" in str(each) for each in heard)
