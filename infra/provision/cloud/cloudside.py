"""What is asked of OpenStack, in an environment of its own (requirements.txt beside it).

Reads requests, a line of JSON each; prints lines of JSON: what it waits for, then one answer.
"""

import json
import sys
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import openstack
from blazarclient import client as blazar
from blazarclient.exception import BlazarClientException
from keystoneauth1.exceptions import ClientException  # type: ignore[import-not-found]
from openstack.exceptions import SDKException

from infra.inventory import console
from infra.provision.cloud import survey

POLL = 1.0
ENDED = ("TERMINATED", "ERROR")
# Two leases that begin at once get one number from Placement, and on MySQL the second is refused:
# it takes the duplicate number for a duplicate name, which is not tried again.
CLASH = "Failed to create resource class"
TRIES = 5


class RefusedError(Exception):
    """We will not ask for this; the message says why."""


def lease_find(cloud: openstack.connection.Connection, words: dict[str, Any]) -> Any:
    """Find a lease by name."""
    for lease in _blazar(cloud).lease.list():
        if lease["name"] == words["name"]:
            return _lease(lease)
    return None


def lease_ensure(cloud: openstack.connection.Connection, words: dict[str, Any]) -> Any:
    """Create a lease, or take the one of that name, and wait until it is ACTIVE."""
    leases = _blazar(cloud).lease
    alive = _alive(leases, words)
    lease = alive[0] if alive else _create(cloud, leases, words)
    if alive:
        _must_suit(alive[0], words)
    return _lease(_wait_active(leases, lease["id"], words["deadline"]), reused=bool(alive))


def lease_extend(cloud: openstack.connection.Connection, words: dict[str, Any]) -> Any:
    """Move a lease's end."""
    leases = _blazar(cloud).lease
    found = lease_find(cloud, words)
    if found is None:
        raise RefusedError(f"there is no lease {words['name']}")
    end = datetime.fromisoformat(found["ends"]) + timedelta(hours=words["hours"])
    leases.update(found["lease"], end_date=f"{end:%Y-%m-%d %H:%M}")
    return _lease(leases.get(found["lease"]))


def lease_delete(cloud: openstack.connection.Connection, words: dict[str, Any]) -> Any:
    """Delete a lease and wait until it is gone."""
    leases = _blazar(cloud).lease
    found = [lease for lease in leases.list() if lease["name"] == words["name"]]
    for lease in found:
        leases.delete(lease["id"])
        _wait_gone(leases, lease["id"], words["deadline"])
    return len(found)


def consoles(cloud: openstack.connection.Connection, words: dict[str, Any]) -> dict[str, str]:
    """Return what each server has printed while it booted; nothing for one that cannot tell.

    A server that boots prints its keys last, so that is waited for.
    """
    deadline = time.monotonic() + words["deadline"]
    found: dict[str, str] = {}
    boots = dict(words["servers"])
    while boots:
        for name, server in list(boots.items()):
            printed = _printed(cloud, server)
            found[name] = printed or ""
            if printed is None or console.is_told(printed):
                del boots[name]
        if not boots or time.monotonic() > deadline:
            break
        _say({"waiting": f"the console of {', '.join(boots)} shows no host key yet"})
        time.sleep(POLL)
    return found


def _printed(cloud: openstack.connection.Connection, server: str) -> str | None:
    try:
        return str(cloud.compute.get_server_console_output(server)["output"] or "")
    except SDKException:
        return None


def _create(cloud: openstack.connection.Connection, leases: Any, words: dict[str, Any]) -> Any:
    flavor = cloud.compute.find_flavor(words["flavor"], ignore_missing=True)
    if flavor is None:
        raise RefusedError(f"there is no flavor {words['flavor']} to reserve")
    reservation = {
        "resource_type": "flavor:instance",
        "flavor_id": flavor.id,
        "amount": words["amount"],
        "affinity": None,
    }
    # Blazar counts in minutes; an end of a whole number of hours from now never comes too early.
    end = datetime.now(UTC) + timedelta(hours=words["hours"], minutes=1)
    tried = 0
    while True:
        tried += 1
        try:
            return leases.create(words["name"], "now", f"{end:%Y-%m-%d %H:%M}", [reservation], [])
        except BlazarClientException as error:
            if CLASH not in str(error) or tried == TRIES:
                raise
        _say({"waiting": "another lease began in the same instant; this one is made again"})
        _alive(leases, words)


def _alive(leases: Any, words: dict[str, Any]) -> list[Any]:
    """Delete the leases of that name that have ended, and return the others."""
    known = [lease for lease in leases.list() if lease["name"] == words["name"]]
    for lease in known:
        if lease["status"] in ENDED:
            leases.delete(lease["id"])
            _wait_gone(leases, lease["id"], words["deadline"])
    return [lease for lease in known if lease["status"] not in ENDED]


def _must_suit(lease: dict[str, Any], words: dict[str, Any]) -> None:
    (reservation, *_) = lease["reservations"]
    if int(reservation["amount"]) < words["amount"]:
        raise RefusedError(
            f"lease {words['name']} exists and holds {reservation['amount']} servers, and "
            f"{words['amount']} are needed. Delete it (invoke lease.delete) and run this again"
        )


def _wait_active(leases: Any, identifier: str, seconds: float) -> Any:
    deadline = time.monotonic() + seconds
    while (lease := leases.get(identifier))["status"] != "ACTIVE":
        if lease["status"] in ENDED:
            raise RefusedError(
                f"Blazar says {lease['status']} of lease {lease['name']}: it found no hosts, or "
                "could not set them aside. Try another time or fewer nodes"
            )
        if time.monotonic() > deadline:
            raise RefusedError(
                f"lease {lease['name']} was {lease['status']} after {seconds:.0f} s and not ACTIVE"
            )
        _say({"waiting": f"lease {lease['name']} is {lease['status']}"})
        time.sleep(POLL)
    return lease


def _wait_gone(leases: Any, identifier: str, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while True:
        left = [lease for lease in leases.list() if lease["id"] == identifier]
        if not left:
            return
        if time.monotonic() > deadline:
            raise RefusedError(f"lease {left[0]['name']} is still {left[0]['status']}")
        _say({"waiting": f"lease {left[0]['name']} is {left[0]['status']}"})
        time.sleep(POLL)


def _lease(lease: dict[str, Any], **more: Any) -> dict[str, Any]:
    end = datetime.fromisoformat(lease["end_date"].replace("Z", "")).replace(tzinfo=UTC)
    return {
        "lease": lease["id"],
        "name": lease["name"],
        "status": lease["status"],
        "ends": end.isoformat(),
        "reservation": lease["reservations"][0]["id"],
        "amount": int(lease["reservations"][0]["amount"]),
        **more,
    }


def _blazar(cloud: openstack.connection.Connection) -> Any:
    return blazar.Client(
        session=cloud.session, service_type="reservation", region_name=cloud.config.region_name
    )


def _say(line: dict[str, Any]) -> None:
    print(json.dumps(line, default=str), flush=True)


VERBS = {
    "facts": survey.facts,
    "lease-find": lease_find,
    "lease-ensure": lease_ensure,
    "lease-extend": lease_extend,
    "lease-delete": lease_delete,
    "leftovers": survey.leftovers,
    "consoles": consoles,
}


def main() -> None:
    """Answer one request after another."""
    known: dict[str, openstack.connection.Connection] = {}
    for line in sys.stdin:
        request = json.loads(line)
        name = request["cloud"]
        try:
            cloud = known.pop(name, None) or openstack.connect(cloud=name)
            _say({"result": VERBS[request["verb"]](cloud, request["words"])})
            known[name] = cloud
        except (RefusedError, SDKException, ClientException, BlazarClientException) as error:
            _say({"error": " ".join(str(error).split()) or type(error).__name__})


if __name__ == "__main__":
    main()
