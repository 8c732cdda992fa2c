"""Traefik's configuration, made of plain manifests and replicas."""

import time

import pytest

from infra.local.agent import gateway
from infra.local.desired.manifests import Manifest
from infra.local.ports import Block
from infra.local.processes.replicas import Replica
from infra.local.site import Site, new
from infra.local.state import State
from tests.local.conftest import app, route

IMAGE = "registry.local/app@sha256:" + "0" * 64


@pytest.fixture
def site(tmp_path):
    return new(State(tmp_path), Block(20000))


def service(environment):
    data = app(IMAGE, environment)[1]
    return Manifest("Service", data["metadata"]["namespace"], "gourmetgram-app", data, "f")


def replica(environment, port, *, ready=True, retiring=False):
    deployment = app(IMAGE, environment)[0]
    template = deployment["spec"]["template"]
    return Replica(
        name=f"{environment}-{port}",
        namespace=deployment["metadata"]["namespace"],
        kind="Deployment",
        owner="gourmetgram-app",
        template="t",
        revision="r",
        image=IMAGE,
        labels=template["metadata"]["labels"],
        pod=template,
        ports={"8000": port},
        created=time.time(),
        ready=ready,
        retiring=retiring,
    )


def http(site, replicas, weights=(90, 10)):
    data = route(*weights)[0]
    routes = [Manifest("HTTPRoute", "gourmetgram-platform", "gourmetgram", data, "f")]
    services = [service("production"), service("canary")]
    return gateway.dynamic(site, services, routes, replicas)["http"]


def shares(config):
    weighted = config["services"]["route-gourmetgram-platform-gourmetgram-0"]["weighted"]
    return {one["name"].split("-")[1]: one["weight"] for one in weighted["services"]}


def servers(config, environment):
    name = f"gourmetgram-{environment}-gourmetgram-app-80"
    return [one["url"] for one in config["services"][name]["loadBalancer"]["servers"]]


def test_only_replicas_that_are_ready_and_not_leaving_get_requests(site):
    replicas = [
        replica("production", 1),
        replica("production", 2, ready=False),
        replica("production", 3, retiring=True),
        replica("canary", 4),
    ]

    config = http(site, replicas)

    assert servers(config, "production") == ["http://127.0.0.1:1"]
    assert servers(config, "canary") == ["http://127.0.0.1:4"]


def test_weights_are_those_of_the_route(site):
    config = http(site, [replica("production", 1), replica("canary", 2)])

    assert shares(config) == {"production": 90, "canary": 10}


def test_a_weight_of_zero_gets_nothing(site):
    config = http(site, [replica("production", 1), replica("canary", 2)], (100, 0))

    assert shares(config) == {"production": 100}


def test_a_dead_backend_gets_nothing_while_another_lives(site):
    assert shares(http(site, [replica("production", 1)])) == {"production": 90}
    assert shares(http(site, [])) == {"production": 90, "canary": 10}


def test_a_mirror_gets_copies_beside_the_answer(site):
    data = route(100, 0)[0]
    to = {"name": "gourmetgram-app", "namespace": "gourmetgram-canary", "port": 80}
    data["spec"]["rules"][0]["filters"] = [
        {"type": "RequestMirror", "requestMirror": {"backendRef": to, "percent": 20}}
    ]
    routes = [Manifest("HTTPRoute", "gourmetgram-platform", "gourmetgram", data, "f")]
    services = [service("production"), service("canary")]

    config = gateway.dynamic(site, services, routes, [replica("production", 1)])["http"]

    name = "route-gourmetgram-platform-gourmetgram-0"
    copies = [{"name": "gourmetgram-canary-gourmetgram-app-80", "percent": 20}]
    mirroring = {"service": name, "mirrors": copies}
    assert config["services"][f"{name}-mirror"] == {"mirroring": mirroring}
    assert config["routers"][f"{name}-0"]["service"] == f"{name}-mirror"


def test_each_service_has_an_entry_point_of_its_own(site):
    routers = http(site, [])["routers"]

    slot = routers["slot-gourmetgram-canary-gourmetgram-app-80"]
    assert slot["entryPoints"] == [f"slot-{site.slots['gourmetgram-canary/gourmetgram-app']}"]
    static = gateway.static(site, "folder")["entryPoints"]
    assert slot["entryPoints"][0] in static
    assert all(entry["address"].startswith("127.0.0.1:") for entry in static.values())


def test_the_mark_tells_two_configurations_apart_and_is_the_same_for_the_same(site):
    def mark(replicas):
        return gateway.mark_of({"http": http(site, replicas)})

    assert mark([replica("canary", 1)]) == mark([replica("canary", 1)])
    assert mark([replica("canary", 1)]) != mark([replica("canary", 2)])


@pytest.mark.parametrize(
    ("match", "rule"),
    [
        ({}, "PathPrefix(`/`)"),
        ({"path": {"value": "/api"}}, "(Path(`/api`) || PathPrefix(`/api/`))"),
        ({"path": {"type": "Exact", "value": "/x"}}, "Path(`/x`)"),
        (
            {"method": "POST", "headers": [{"name": "A", "value": "b"}]},
            "PathPrefix(`/`) && Method(`POST`) && Header(`A`, `b`)",
        ),
    ],
)
def test_a_match_is_said_in_traefiks_words(match, rule):
    assert gateway.matcher(match, []) == rule


def test_a_site_hands_out_addresses_until_they_end_and_keeps_them(site):
    first = site.with_slot("a/b")

    assert isinstance(first, Site)
    assert first.with_slot("a/b") is first
    full = first
    while (more := full.with_slot(f"x/{len(full.slots)}")) is not None:
        full = more
    assert len(set(full.slots.values())) == len(full.slots) == len(site.ports.slots)
