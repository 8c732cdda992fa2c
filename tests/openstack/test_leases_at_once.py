"""Leases that fail only because others come and go meanwhile are made all the same.

Placement numbers two that begin at one instant alike, and refuses one; Blazar answers 500 where it
reads of another that is half gone, or its manager takes longer than a minute.
"""

import subprocess
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from threading import Event
from urllib.error import HTTPError

import pytest

from infra.provision.cloud import asking
from infra.provision.errors import CloudError
from tests.openstack import databases
from tests.spoiling import Spoiler
from tests.waiting import until

# The first test of a session waits for the cloud, and on a new machine for its packages.
pytestmark = pytest.mark.timeout(1500)
NUMBERED = "insert into resource_classes (id, name) select greatest(max(id), 9999) + 1, 'CUSTOM_X'"
NUMBERS, REGION = count(1), "Spoiled"
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


@pytest.fixture
def ensure(person):
    """Ask for a lease; return it, and what was heard meanwhile. It is deleted afterwards."""
    me, names = person(f"at-once-{next(NUMBERS)}"), []
    file = me.folder / "clouds.yaml"

    def ensures(name, tell=lambda: None, region=None):
        if region:
            me.clouds["kvm-lease"]["region_name"] = region
            me.write()
        heard = []
        names.append(name)

        def hear(waiting):
            heard.append(str(waiting))
            tell()

        words = {"flavor": "m1.small", "amount": 1, "hours": 1, "deadline": 60}
        return asking.ask(file, "kvm-lease", "lease-ensure", hear, name=name, **words), heard

    yield ensures
    for name in names:
        asking.ask(file, "kvm-lease", "lease-delete", name=name, deadline=60)


@pytest.fixture(scope="module")
def spoiled(cloud):
    """Stand between people and Blazar, in a region of that name."""
    between = Spoiler(cloud.at.url("blazar"))
    admin = cloud.admin()
    listed = admin.ask("GET", "keystone", "/v3/services")["services"]
    services = {each["name"]: each["id"] for each in listed}
    admin.ask("POST", "keystone", "/v3/regions", {"region": {"id": REGION}})
    for name, url in (("blazar", f"{between.url}/v1"), ("nova", cloud.at.url("nova", "/v2.1"))):
        facts = {"interface": "public", "url": url, "region_id": REGION}
        endpoint = {"endpoint": {**facts, "service_id": services[name]}}
        admin.ask("POST", "keystone", "/v3/endpoints", endpoint)
    yield between
    between.stop()


def of_name(cloud, name):
    leases = cloud.member().ask("GET", "blazar", "/v1/leases")["leases"]
    return [each["status"] for each in leases if each["name"] == name]


def test_a_lease_that_begins_in_the_instant_of_another_is_made_all_the_same(cloud, ensure):
    name = "lease_at_once"

    with ThreadPoolExecutor(1) as pool, another(cloud.at) as other:
        made = pool.submit(ensure, name)
        until(lambda: waits(cloud, name), seconds=40, what="it waits", every=0.3)
        other("commit")
        lease, heard = made.result(120)

    assert lease["status"] == "ACTIVE"
    assert any("another lease began in the same instant" in each for each in heard)


def test_one_that_is_given_up_while_it_is_waited_for_is_made_again(cloud, ensure):
    name = "lease_of_the_killed"
    facts = {"resource_type": "flavor:instance", "amount": 1, "affinity": None}
    flavors = cloud.member().ask("GET", "nova", "/v2.1/flavors")["flavors"]
    (flavor,) = (each["id"] for each in flavors if each["name"] == "m1.small")
    asked = {
        "name": name, "start_date": "now", "events": [], "before_end_date": None,
        "end_date": f"{datetime.now(UTC) + timedelta(hours=1):%Y-%m-%d %H:%M}",
        "reservations": [{**facts, "flavor_id": flavor}],
    }  # fmt: skip

    with ThreadPoolExecutor(2) as pool, another(cloud.at) as other:
        killed = pool.submit(cloud.member().ask, "POST", "blazar", "/v1/leases", asked)
        until(lambda: waits(cloud, name), seconds=40, what="it waits", every=0.3)
        found = Event()
        made = pool.submit(ensure, name, found.set)
        assert found.wait(40)
        other("commit")
        with pytest.raises(HTTPError) as refused:
            killed.result(120)
        refused.value.close()
        lease, heard = made.result(120)

    assert lease["status"] == "ACTIVE"
    assert any("was given up while it was made; it is made again" in each for each in heard)
    assert of_name(cloud, name) == ["ACTIVE"]


@pytest.mark.parametrize("done", [False, True], ids=["not made", "made"])
def test_an_answer_that_does_not_come_is_asked_for_again_and_makes_one_lease(
    cloud, ensure, spoiled, done
):
    name = "lease_of_500"
    spoiled.spoil("error", 2, done=done)  # the first asks what there is, the second makes it

    lease, heard = ensure(name, spoiled.heal, REGION)

    assert "Blazar answers ERROR" in heard[0]
    assert lease["status"] == "ACTIVE"
    assert of_name(cloud, name) == ["ACTIVE"]


def test_a_blazar_that_never_answers_is_told_in_its_words(ensure, spoiled):
    spoiled.spoil("error", 1)

    try:
        with pytest.raises(CloudError, match="cloud kvm-lease: ERROR: "):
            ensure("lease_of_nobody", region=REGION)
    finally:
        spoiled.heal()  # for what is tidied up afterwards, too
