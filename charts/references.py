"""Whether objects that name one another agree: selectors, ports, volumes, accounts, routes.

A rule takes all objects of a site and yields an object with what is wrong there. A rule
that looks for another object stays silent where none of that kind was given, so that an
environment can be checked without the platform.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from charts import pods
from charts.manifests import Manifest
from charts.pods import Pod

Finding = tuple[Manifest, str]
Objects = Sequence[Manifest]


def selectors_match_their_own_pods(objects: Objects) -> Iterator[Finding]:
    """Hold spec.selector of workloads against the labels of their pods."""
    for pod in pods.every(objects):
        if pod.owner.kind == "Job":
            continue
        wanted = (pod.owner.data["spec"].get("selector") or {}).get("matchLabels") or {}
        if not wanted:
            yield pod.owner, "spec.selector.matchLabels is empty: it would own every pod"
        if missing := _missing(wanted, pod.labels):
            yield pod.owner, f"its pods lack {missing}, which its selector asks for"


def services_find_pods(objects: Objects) -> Iterator[Finding]:
    """Hold a Service's selector and target ports against the pods of its namespace."""
    for service in _kind(objects, "Service"):
        selector = service.data["spec"].get("selector") or {}
        found = _selected(objects, service.namespace, selector)
        if not found:
            yield service, f"its selector ({_pairs(selector)}) finds no pod in {service.namespace}"
        for port in service.data["spec"].get("ports") or []:
            target = port.get("targetPort", port.get("port"))
            for pod in found:
                if target not in pod.ports:
                    yield service, f"{pod.owner} has no port {target}"


def policies_find_pods(objects: Objects) -> Iterator[Finding]:
    """Hold a NetworkPolicy's podSelector and ports against the pods of its namespace."""
    for policy in _kind(objects, "NetworkPolicy"):
        selector = (policy.data["spec"].get("podSelector") or {}).get("matchLabels") or {}
        found = _selected(objects, policy.namespace, selector)
        if not found:
            yield policy, f"its podSelector ({_pairs(selector)}) finds no pod"
        for rule in policy.data["spec"].get("ingress") or []:
            for port in rule.get("ports") or []:
                for pod in found:
                    if port.get("port") not in pod.ports:
                        yield policy, f"{pod.owner} has no port {port.get('port')}"


def probes_ask_ports_that_exist(objects: Objects) -> Iterator[Finding]:
    """Hold the ports of probes against those of their container."""
    for pod in pods.every(objects):
        for container in pod.containers:
            for name in ("startupProbe", "readinessProbe", "livenessProbe"):
                port = ((container.get(name) or {}).get("httpGet") or {}).get("port")
                if port is not None and port not in pod.ports:
                    yield pod.owner, f"{name} asks port {port}, which no container has"


def mounts_name_volumes(objects: Objects) -> Iterator[Finding]:
    """Hold volumeMounts against volumes, both ways, and claims against claims."""
    claims = {(claim.namespace, claim.name) for claim in _kind(objects, "PersistentVolumeClaim")}
    for pod in pods.every(objects):
        volumes = {volume["name"]: volume for volume in pod.spec.get("volumes") or []}
        templates = pod.owner.data["spec"].get("volumeClaimTemplates") or []
        known = volumes.keys() | {claim["metadata"]["name"] for claim in templates}
        mounted = {
            mount["name"]
            for container in pod.containers
            for mount in container.get("volumeMounts") or []
        }
        for name in sorted(mounted - known):
            yield pod.owner, f"it mounts {name}, and has no such volume"
        for name in sorted(known - mounted):
            yield pod.owner, f"nothing mounts its volume {name}"
        for volume in volumes.values():
            claim = (volume.get("persistentVolumeClaim") or {}).get("claimName")
            if claim and (pod.owner.namespace, claim) not in claims:
                yield pod.owner, f"it asks for the claim {claim}, which is not there"


def accounts_exist(objects: Objects) -> Iterator[Finding]:
    """Hold the accounts of pods and bindings against the ServiceAccounts."""
    accounts = {(account.namespace, account.name) for account in _kind(objects, "ServiceAccount")}
    for pod in pods.every(objects):
        name = pod.spec.get("serviceAccountName")
        if (pod.owner.namespace, name) not in accounts:
            yield pod.owner, f"its account {name} is not there"
    for binding in _kind(objects, "RoleBinding", "ClusterRoleBinding"):
        for subject in binding.data.get("subjects") or []:
            if (subject.get("namespace"), subject.get("name")) not in accounts:
                yield binding, f"it binds the account {subject.get('name')}, which is not there"


def bindings_name_roles(objects: Objects) -> Iterator[Finding]:
    """Hold roleRef against the Roles of the namespace and the ClusterRoles."""
    roles = {(role.kind, role.namespace, role.name) for role in objects}
    for binding in _kind(objects, "RoleBinding", "ClusterRoleBinding"):
        ref = binding.data.get("roleRef") or {}
        namespace = binding.namespace if ref.get("kind") == "Role" else None
        if (ref.get("kind"), namespace, ref.get("name")) not in roles:
            yield binding, f"its {ref.get('kind')} {ref.get('name')} is not there"


def routes_lead_somewhere(objects: Objects) -> Iterator[Finding]:
    """Hold an HTTPRoute against its Gateway, Services, ports, grants and weights."""
    gateways = {(gateway.namespace, gateway.name) for gateway in _kind(objects, "Gateway")}
    for route in _kind(objects, "HTTPRoute"):
        for parent in route.data["spec"].get("parentRefs") or []:
            if (parent.get("namespace", route.namespace), parent.get("name")) not in gateways:
                yield route, f"its Gateway {parent.get('name')} is not there"
        for rule in route.data["spec"].get("rules") or []:
            backends = rule.get("backendRefs") or []
            if sum(backend.get("weight", 1) for backend in backends) == 0:
                yield route, "all its weights are 0: nobody would be answered"
            for backend in backends:
                yield from ((route, problem) for problem in _backend(objects, route, backend))


def _backend(objects: Objects, route: Manifest, backend: dict[str, Any]) -> Iterator[str]:
    namespace = backend.get("namespace", route.namespace)
    services = _kind(objects, "Service")
    if not any(service.namespace == namespace for service in services):
        return
    found = [s for s in services if (s.namespace, s.name) == (namespace, backend.get("name"))]
    if not found:
        yield f"there is no Service {namespace}/{backend.get('name')}"
        return
    if backend.get("port") not in [port["port"] for port in found[0].data["spec"]["ports"]]:
        yield f"{found[0]} has no port {backend.get('port')}"
    if namespace != route.namespace and not any(
        _grants(grant, route, found[0]) for grant in _kind(objects, "ReferenceGrant")
    ):
        yield f"no ReferenceGrant in {namespace} lets it reach {found[0]}"


def _grants(grant: Manifest, route: Manifest, service: Manifest) -> bool:
    spec = grant.data["spec"]
    return (
        grant.namespace == service.namespace
        and any(source.get("namespace") == route.namespace for source in spec["from"])
        and any(target.get("name", service.name) == service.name for target in spec["to"])
    )


Rule = Callable[[Objects], Iterator[Finding]]
RULES: tuple[Rule, ...] = (
    selectors_match_their_own_pods,
    services_find_pods,
    policies_find_pods,
    probes_ask_ports_that_exist,
    mounts_name_volumes,
    accounts_exist,
    bindings_name_roles,
    routes_lead_somewhere,
)


def _selected(objects: Objects, namespace: str | None, labels: dict[str, str]) -> list[Pod]:
    return [
        pod
        for pod in pods.every(objects)
        if pod.owner.namespace == namespace and not _missing(labels, pod.labels)
    ]


def _kind(objects: Objects, *kinds: str) -> list[Manifest]:
    return [manifest for manifest in objects if manifest.kind in kinds]


def _missing(wanted: dict[str, str], labels: dict[str, str]) -> str:
    return _pairs({key: value for key, value in wanted.items() if labels.get(key) != value})


def _pairs(labels: dict[str, str]) -> str:
    return ", ".join(f"{key}={value}" for key, value in sorted(labels.items()))
