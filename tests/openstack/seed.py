"""What the test cloud holds before anybody uses it: users, catalog, image, flavors, networks."""

import json
import time
import urllib.request
from collections.abc import Mapping
from typing import Any

from tests.openstack.layout import COMPUTE, PASSWORD, REGION, Layout
from tests.waiting import until

PATHS = {
    "glance": ("image", ""),
    "placement": ("placement", ""),
    "nova": ("compute", "/v2.1"),
    "neutron": ("network", ""),
    "cinder": ("volumev3", "/v3/%(project_id)s"),
    "blazar": ("reservation", "/v1"),
}
FLAVORS = (("m1.small", 2048, 1, 20), ("m1.medium", 4096, 2, 40), ("m1.large", 8192, 4, 40))
GROUPS = {"allow-ssh": 22, "allow-http-80": 80}
IMAGES = ("CC-Ubuntu24.04", "CC-Ubuntu22.04")
PROJECT = "mlops"
USER = "operator"


class Caller:
    """Asks the APIs with one token."""

    def __init__(self, at: Layout, user: str = "admin", project: str = "admin") -> None:
        self._at = at
        self._token = ""
        identity = {
            "methods": ["password"],
            "password": {"user": {"name": user, "domain": {"id": "default"}, "password": PASSWORD}},
        }
        scope = {"project": {"name": project, "domain": {"id": "default"}}}
        body = {"auth": {"identity": identity, "scope": scope}}
        headers, _ = self._send("POST", f"{at.identity}/auth/tokens", body)
        self._token = headers["X-Subject-Token"]

    def ask(self, method: str, service: str, path: str, body: object = None) -> Any:
        """Send a request and return the answer's JSON."""
        return self._send(method, self._at.url(service, path), body)[1]

    def _send(self, method: str, url: str, body: object) -> tuple[Mapping[str, str], Any]:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode() if body else None
        kind = "application/octet-stream" if isinstance(body, bytes) else "application/json"
        headers = {"Content-Type": kind, "Accept": "application/json", "X-Auth-Token": self._token}
        request = urllib.request.Request(url, data=raw, method=method, headers=headers)
        with urllib.request.urlopen(request, timeout=120) as answer:
            text = answer.read()
            return answer.headers, json.loads(text) if text else None


def identities(at: Layout) -> None:
    """Make the services' users, the catalog, and a project with one plain member."""
    admin = Caller(at)

    def make(kind: str, **facts: object) -> str:
        return str(admin.ask("POST", "keystone", f"/v3/{kind}s", {kind: facts})[kind]["id"])

    answer = admin.ask("GET", "keystone", "/v3/roles")
    roles = {role["name"]: role["id"] for role in answer["roles"]}
    service = make("project", name="service", domain_id="default")
    for name, (kind, path) in PATHS.items():
        user = make("user", name=name, password=PASSWORD, domain_id="default")
        for role in ("admin", "service"):
            _grant(admin, service, user, roles[role])
        listed = make("service", name=name, type=kind)
        for interface in ("public", "internal", "admin"):
            make(
                "endpoint", interface=interface, url=at.url(name, path), service_id=listed,
                region_id=REGION,
            )  # fmt: skip
    project = make("project", name=PROJECT, domain_id="default")
    user = make("user", name=USER, password=PASSWORD, domain_id="default")
    _grant(admin, project, user, roles["member"])


def _grant(admin: Caller, project: str, user: str, role: str) -> None:
    admin.ask("PUT", "keystone", f"/v3/projects/{project}/users/{user}/roles/{role}")


def resources(at: Layout, public: str = "203.0.113.0/24") -> None:
    """Make images, flavors and networks, and give every compute host to Blazar."""
    admin = Caller(at)
    for name in IMAGES:
        facts = {"name": name, "disk_format": "raw", "container_format": "bare"}
        image = admin.ask("POST", "glance", "/v2/images", {**facts, "visibility": "public"})
        admin.ask("PUT", "glance", f"/v2/images/{image['id']}/file", b"\0" * 65536)
    for name, ram, cpus, disk in FLAVORS:
        flavor = {"name": name, "ram": ram, "vcpus": cpus, "disk": disk}
        admin.ask("POST", "nova", "/v2.1/flavors", {"flavor": flavor})
    _networks(admin, public)
    _groups(Caller(at, USER, PROJECT))
    _wait_for_hosts(admin)
    _wait_for_volumes(admin)
    admin.ask("POST", "nova", "/v2.1/os-aggregates", {"aggregate": {"name": "freepool"}})
    for host in COMPUTE:
        admin.ask("POST", "blazar", "/v1/os-hosts", {"name": host})


def _networks(admin: Caller, public: str) -> None:
    def make(kind: str, **facts: object) -> str:
        return str(admin.ask("POST", "neutron", f"/v2.0/{kind}s", {kind: facts})[kind]["id"])

    flat = {"provider:network_type": "flat"}
    outside = make(
        "network", name="public", **{"router:external": True}, **flat,
        **{"provider:physical_network": "public"},
    )  # fmt: skip
    make("subnet", network_id=outside, name="public", cidr=public, ip_version=4, enable_dhcp=False)
    shared = make(
        "network", name="sharednet1", shared=True, **flat,
        **{"provider:physical_network": "shared"},
    )  # fmt: skip
    inside = make("subnet", network_id=shared, name="shared", cidr="10.56.0.0/22", ip_version=4)
    gateway = {"network_id": outside}
    router = make("router", name="gateway", external_gateway_info=gateway)
    path = f"/v2.0/routers/{router}/add_router_interface"
    admin.ask("PUT", "neutron", path, {"subnet_id": inside})


def _groups(member: Caller) -> None:
    for name, port in GROUPS.items():
        path = "/v2.0/security-groups"
        group = member.ask("POST", "neutron", path, {"security_group": {"name": name}})
        rule = {
            "security_group_id": group["security_group"]["id"],
            "direction": "ingress",
            "protocol": "tcp",
            "port_range_min": port,
            "port_range_max": port,
        }
        member.ask("POST", "neutron", "/v2.0/security-group-rules", {"security_group_rule": rule})


def _wait_for_hosts(admin: Caller, seconds: float = 180) -> None:
    deadline = time.monotonic() + seconds
    while missing := set(COMPUTE) - _ready_hosts(admin):
        if time.monotonic() > deadline:
            raise AssertionError(f"nova never saw {', '.join(sorted(missing))}")
        time.sleep(0.5)


def _wait_for_volumes(admin: Caller) -> None:
    """Wait until Cinder's scheduler knows where volumes go: before that, each ends in error."""

    def pools() -> Any:
        return admin.ask("GET", "cinder", "/v3/scheduler-stats/get_pools")["pools"]

    until(pools, seconds=60, what="cinder-scheduler sees cinder-volume", every=0.5)


def _ready_hosts(admin: Caller) -> set[str]:
    services = admin.ask("GET", "nova", "/v2.1/os-services")["services"]
    up = {each["host"] for each in services if each["state"] == "up"}
    if not any(each["binary"] == "nova-scheduler" and each["state"] == "up" for each in services):
        return set()
    listed = admin.ask("GET", "nova", "/v2.1/os-hypervisors")["hypervisors"]
    known = admin.ask("GET", "placement", "/resource_providers")["resource_providers"]
    hosts = {each["hypervisor_hostname"] for each in listed}
    return up & hosts & {each["name"] for each in known}
