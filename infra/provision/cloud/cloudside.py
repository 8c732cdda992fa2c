"""What is asked of OpenStack, in an environment of its own (requirements.txt beside it).

Reads requests, a line of JSON each; prints lines of JSON: what it waits for, then one answer.
"""

import functools
import json
import random
import sys
import time
from collections.abc import Callable
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
# Blazar reads others' leases while they come and go, and answers 500 where one is half gone, or
# where its manager did not answer within a minute.
UNKNOWN, GONE = 500, 404
TRIES = 6
LONGEST = 8.0


class RefusedError(Exception):
    """We will not ask for this; the message says why."""


class TakenBackError(BlazarClientException):  # type: ignore[misc]
    """A lease that we found while it was made did not come to be."""


def lease_find(cloud: openstack.connection.Connection, words: dict[str, Any]) -> Any:
    """Find a lease by name."""
    found = _patiently(_named, _blazar(cloud).lease, words)
    return _lease(found[0]) if found else None


def lease_ensure(cloud: openstack.connection.Connection, words: dict[str, Any]) -> Any:
    """Create a lease, or take the one of that name, and wait until it is ACTIVE."""
    leases = _blazar(cloud).lease

    def ensure() -> Any:
        # An answer that did not come says nothing of the lease: it may be there by now.
        alive = _alive(leases, words)
        if alive:
            _must_suit(alive[0], words)
        lease = alive[0] if alive else _create(cloud, leases, words)
        return _wait_active(leases, lease, words["deadline"])

    return _lease(_patiently(ensure))


def lease_extend(cloud: openstack.connection.Connection, words: dict[str, Any]) -> Any:
    """Move a lease's end."""
    leases = _blazar(cloud).lease
    found = lease_find(cloud, words)
    if found is None:
        raise RefusedError(f"there is no lease {words['name']}")
    end = datetime.fromisoformat(found["ends"]) + timedelta(hours=words["hours"])
    moved = functools.partial(leases.update, end_date=f"{end:%Y-%m-%d %H:%M}")
    _patiently(moved, found["lease"])  # asked twice, it ends no later
    return _lease(_patiently(leases.get, found["lease"]))


def lease_delete(cloud: openstack.connection.Connection, words: dict[str, Any]) -> Any:
    """Delete a lease and wait until it is gone."""
    leases = _blazar(cloud).lease
    found = _patiently(_named, leases, words)
    for lease in found:
        _patiently(_delete, leases, lease, words["deadline"])
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
    return leases.create(words["name"], "now", f"{end:%Y-%m-%d %H:%M}", [reservation], [])


def _alive(leases: Any, words: dict[str, Any]) -> list[Any]:
    """Delete the leases of that name that have ended, and return the others."""
    known = _named(leases, words)
    for lease in known:
        if lease["status"] in ENDED:
            _delete(leases, lease, words["deadline"])
    return [lease for lease in known if lease["status"] not in ENDED]


def _named(leases: Any, words: dict[str, Any]) -> list[Any]:
    return [lease for lease in leases.list() if lease["name"] == words["name"]]


def _delete(leases: Any, lease: dict[str, Any], seconds: float) -> None:
    try:
        leases.delete(lease["id"])
    except BlazarClientException as error:
        if error.kwargs["code"] != GONE:
            raise
    _wait_gone(leases, lease["id"], seconds)


def _patiently(ask: Callable[..., Any], *words: Any) -> Any:
    """Ask Blazar again what fails only because others' leases come and go meanwhile.

    Who failed together waits unlike: in step they would fail together again.
    """
    for tried in range(1, TRIES):
        try:
            return ask(*words)
        except BlazarClientException as error:
            if (why := _passing(error)) is None:
                raise
        _say({"waiting": why})
        time.sleep(random.uniform(0, min(2.0**tried, LONGEST)))
    return ask(*words)


def _passing(error: BlazarClientException) -> str | None:
    if CLASH in str(error):
        return "another lease began in the same instant; this one is made again"
    if isinstance(error, TakenBackError):
        return f"{error}; it is made again"
    if error.kwargs["code"] == UNKNOWN:
        return f"Blazar answers {error}; it is asked again"
    return None


def _must_suit(lease: dict[str, Any], words: dict[str, Any]) -> None:
    for reservation in lease["reservations"][:1]:  # none yet where it has only begun
        if int(reservation["amount"]) < words["amount"]:
            raise RefusedError(
                f"lease {words['name']} exists and holds {reservation['amount']} servers, and "
                f"{words['amount']} are needed. Delete it (invoke lease.delete) and run this again"
            )


def _wait_active(leases: Any, lease: dict[str, Any], seconds: float) -> Any:
    deadline = time.monotonic() + seconds
    while (lease := _found(leases, lease))["status"] != "ACTIVE":
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


def _found(leases: Any, lease: dict[str, Any]) -> Any:
    try:
        return leases.get(lease["id"])
    except BlazarClientException as error:
        if error.kwargs["code"] == GONE:
            raise TakenBackError(f"lease {lease['name']} was given up while it was made") from error
        raise


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


def _lease(lease: Any) -> dict[str, Any]:
    end = datetime.fromisoformat(lease["end_date"].replace("Z", "")).replace(tzinfo=UTC)
    (reservation,) = lease["reservations"][:1] or [{"id": None, "amount": 0}]  # where it has begun
    return {
        "lease": lease["id"],
        "name": lease["name"],
        "status": lease["status"],
        "ends": end.isoformat(),
        "reservation": reservation["id"],
        "amount": int(reservation["amount"]),
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
