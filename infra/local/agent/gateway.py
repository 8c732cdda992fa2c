"""Traefik's configuration, made of Services, HTTPRoutes and the replicas that are ready.

Pure: manifests and addresses in, configuration out. Each Service has an entry point of its
own with a fixed address, so callers never notice that a replica came or went.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from infra.local.desired.manifests import Manifest, matches
from infra.local.processes.replicas import Replica, host_ports
from infra.local.site import Site, service_key

WEB = "web"
MARK = "generation-"
Fragment = dict[str, Any]


@dataclass(frozen=True)
class Backend:
    """A Service behind a route, and its share."""

    namespace: str
    service: str
    port: int | None
    weight: int


def static(site: Site, dynamic_folder: str) -> dict[str, Any]:
    """Return what Traefik is told when it starts: its entry points, and where to look."""
    patient = {"respondingTimeouts": {"readTimeout": 0}, "lifeCycle": {"graceTimeOut": 5}}

    def entry(port: int) -> dict[str, Any]:
        strict = {"aliasHeadersStrategy": "delete"}
        return {"address": f"127.0.0.1:{port}", "transport": patient, "http": strict}

    slots = {f"slot-{port - site.ports.base}": entry(port) for port in site.ports.slots}
    return {
        "global": {"checkNewVersion": False, "sendAnonymousUsage": False},
        "log": {"level": "WARN", "noColor": True},
        "api": {"insecure": True, "dashboard": False},
        "entryPoints": {
            WEB: entry(site.ports.gateway),
            "traefik": entry(site.ports.gateway_api),
            **slots,
        },
        # Shorter than a server's own patience with an idle connection: nothing is sent on
        # a connection that the other side is about to close.
        "serversTransport": {"forwardingTimeouts": {"idleConnTimeout": "2s"}},
        "providers": {
            "providersThrottleDuration": "20ms",
            "file": {"directory": dynamic_folder, "watch": True},
        },
    }


def endpoints(service: Manifest, port: Mapping[str, Any], replicas: Iterable[Replica]) -> list[str]:
    """Return the addresses of the ready replicas behind one port of a Service."""
    selector = service.spec.get("selector") or {}
    target = port.get("targetPort", port["port"])
    return sorted(
        f"http://127.0.0.1:{host_ports(replica)[target]}"
        for replica in replicas
        if replica.namespace == service.namespace
        and replica.serves
        and selector
        and matches(selector, replica.labels)
        and target in host_ports(replica)
    )


def dynamic(
    site: Site,
    services: Sequence[Manifest],
    routes: Sequence[Manifest],
    replicas: Sequence[Replica],
) -> dict[str, Any]:
    """Return what Traefik serves now, with a mark that tells this configuration from others."""
    http: dict[str, Fragment] = {"routers": {}, "services": {}, "middlewares": {}}
    http["middlewares"]["again"] = {"retry": {"attempts": 4, "initialInterval": "50ms"}}
    alive = _add_services(http, site, services, replicas)
    for route in routes:
        for index, rule in enumerate(route.spec.get("rules") or []):
            _add_rule(http, route, index, rule, alive)
    text = json.dumps(http, sort_keys=True)
    mark = f"{MARK}{hashlib.sha256(text.encode()).hexdigest()[:16]}"
    http["middlewares"][mark] = {"headers": {"customResponseHeaders": {"X-Generation": mark}}}
    return {"http": {name: part for name, part in http.items() if part}}


def mark_of(config: Mapping[str, Any]) -> str:
    """Return the mark of a configuration."""
    names: list[str] = list(config["http"]["middlewares"])
    return next(name for name in names if name.startswith(MARK))


def _add_services(
    http: dict[str, Fragment],
    site: Site,
    services: Sequence[Manifest],
    replicas: Sequence[Replica],
) -> set[str]:
    alive = set()
    for service in services:
        for number, port in enumerate(service.spec.get("ports") or []):
            name = balancer(service.namespace, service.name, port["port"])
            addresses = endpoints(service, port, replicas)
            if addresses:
                alive.add(name)
            servers = [{"url": address} for address in addresses]
            http["services"][name] = {"loadBalancer": {"servers": servers}}
            key = service_key(service.namespace, service.name, str(port["port"]) if number else "")
            if key in site.slots:
                http["routers"][f"slot-{name}"] = {
                    "entryPoints": [f"slot-{site.slots[key]}"],
                    "rule": "PathPrefix(`/`)",
                    "service": name,
                    "middlewares": ["again"],
                }
    return alive


def balancer(namespace: str, service: str, port: int | None) -> str:
    """Return Traefik's name for one port of a Service."""
    return f"{namespace}-{service}-{port}"


def backends(route: Manifest, rule: Mapping[str, Any]) -> list[Backend]:
    """Return the backends of a rule with their weights."""
    return [
        Backend(
            reference.get("namespace") or route.namespace,
            reference["name"],
            reference.get("port"),
            reference.get("weight", 1),
        )
        for reference in rule.get("backendRefs") or []
    ]


def sharing(shares: Sequence[Backend], alive: set[str]) -> list[Backend]:
    """Return the backends that get traffic: those with a weight, and of them the living.

    A backend without a ready replica gets none as long as another has one; users need not
    meet a canary that crashes.
    """
    weighted = [share for share in shares if share.weight > 0]
    living = [s for s in weighted if balancer(s.namespace, s.service, s.port) in alive]
    return living or weighted


def _add_rule(
    http: dict[str, Fragment],
    route: Manifest,
    index: int,
    rule: Mapping[str, Any],
    alive: set[str],
) -> None:
    name = f"route-{route.namespace}-{route.name}-{index}"
    shares = sharing(backends(route, rule), alive)
    weighted = [
        {"name": balancer(share.namespace, share.service, share.port), "weight": share.weight}
        for share in shares
        if balancer(share.namespace, share.service, share.port) in http["services"]
    ]
    if not weighted:
        return
    http["services"][name] = {"weighted": {"services": weighted}}
    entry = _add_mirrors(http, route, name, rule.get("filters") or [])
    filters = _add_filters(http, name, rule.get("filters") or [])
    hosts = route.spec.get("hostnames") or []
    for number, match in enumerate(rule.get("matches") or [{}]):
        http["routers"][f"{name}-{number}"] = {
            "entryPoints": [WEB],
            "rule": matcher(match, hosts),
            "service": entry,
            "middlewares": ["again", *filters],
        }


def _add_mirrors(
    http: dict[str, Fragment], route: Manifest, name: str, filters: Sequence[Mapping[str, Any]]
) -> str:
    """Send copies of requests where the filters say; return the service to enter by."""
    mirrors = []
    for text in filters:
        if mirror := text.get("requestMirror"):
            to = mirror["backendRef"]
            copy = balancer(to.get("namespace") or route.namespace, to["name"], to["port"])
            if copy in http["services"]:
                mirrors.append({"name": copy, "percent": mirror.get("percent", 100)})
    if not mirrors:
        return name
    http["services"][f"{name}-mirror"] = {"mirroring": {"service": name, "mirrors": mirrors}}
    return f"{name}-mirror"


def matcher(match: Mapping[str, Any], hosts: Sequence[str]) -> str:
    """Return a match of an HTTPRoute in Traefik's words."""
    path = match.get("path") or {}
    value = path.get("value", "/")
    kinds = {"Exact": f"Path(`{value}`)", "RegularExpression": f"PathRegexp(`{value}`)"}
    parts = [kinds.get(path.get("type", "PathPrefix")) or _prefix(value)]
    if match.get("method"):
        parts.append(f"Method(`{match['method']}`)")
    for header in match.get("headers") or []:
        word = "HeaderRegexp" if header.get("type") == "RegularExpression" else "Header"
        parts.append(f"{word}(`{header['name']}`, `{header['value']}`)")
    if hosts:
        parts.append("(" + " || ".join(f"Host(`{host}`)" for host in hosts) + ")")
    return " && ".join(parts)


def _prefix(value: str) -> str:
    bare = value.rstrip("/")
    return f"(Path(`{bare}`) || PathPrefix(`{bare}/`))" if bare else "PathPrefix(`/`)"


def _add_filters(
    http: dict[str, Fragment], name: str, filters: Sequence[Mapping[str, Any]]
) -> list[str]:
    used = []
    for number, text in enumerate(filters):
        if body := _middleware(text):
            used.append(f"{name}-{number}")
            http["middlewares"][used[-1]] = body
    return used


def _middleware(text: Mapping[str, Any]) -> dict[str, Any]:
    for field, setting in (
        ("requestHeaderModifier", "customRequestHeaders"),
        ("responseHeaderModifier", "customResponseHeaders"),
    ):
        if change := text.get(field):
            values = {h["name"]: h["value"] for h in (change.get("set") or [])}
            values |= {h["name"]: h["value"] for h in (change.get("add") or [])}
            values |= dict.fromkeys(change.get("remove") or [], "")
            return {"headers": {setting: values}}
    path = (text.get("urlRewrite") or {}).get("path") or {}
    if "replaceFullPath" in path:
        return {"replacePath": {"path": path["replaceFullPath"]}}
    return {}
