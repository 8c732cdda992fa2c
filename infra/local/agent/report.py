"""What the agent tells about itself: the site's status, and objects with their status."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from infra.local.agent import gateway
from infra.local.agent.deployments import HEALTHY, Deployments
from infra.local.agent.jobs import Jobs
from infra.local.desired.manifests import Desired, Manifest
from infra.local.desired.rollout import strategy
from infra.local.processes import pods
from infra.local.processes.replicas import RUNNING, Replica
from infra.local.site import Site, service_key, url
from infra.local.supervisor.supervision import Process


def moment(seconds: float | None) -> str | None:
    """Return a time as people and machines write it."""
    if seconds is None:
        return None
    text = datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def namespaces(
    site: Site, desired: Desired, deployments: Deployments, processes: Mapping[str, Process]
) -> dict[str, Any]:
    """Return what runs, by namespace."""
    found: dict[str, Any] = {}
    for item in desired.objects:
        name = item.name if item.kind == "Namespace" else item.namespace
        if name and item.kind in ("Namespace", "Deployment", "Service", "Job"):
            found.setdefault(name, {"deployments": {}, "services": {}})
    for item in desired.of("Deployment").values():
        found[item.namespace]["deployments"][item.name] = deployment(item, deployments, processes)
    for item in desired.of("Service").values():
        address = site.slot_url(service_key(item.namespace, item.name))
        found[item.namespace]["services"][item.name] = {"url": address}
    return found


def deployment(
    item: Manifest, deployments: Deployments, processes: Mapping[str, Process]
) -> dict[str, Any]:
    """Return one Deployment and its replicas; drained ones belong to the past."""
    health = deployments.health(item)
    store = deployments.keeper.store
    members = [
        replica
        for replica in store.of("Deployment", item.namespace, item.name)
        if not replica.retiring or (replica.been_ready and replica.name not in deployments.drained)
    ]
    template = item.template
    return {
        "health": health.word,
        "message": health.message,
        "image": pods.container_of(item.spec["template"])["image"],
        "revision": item.revision,
        "desired": strategy(item.spec).desired,
        "ready": sum(r.ready for r in members if r.template == template and not r.retiring),
        "replicas": [one_replica(replica, deployments, processes) for replica in members],
    }


def one_replica(
    replica: Replica, deployments: Deployments, processes: Mapping[str, Process]
) -> dict[str, Any]:
    """Return one replica."""
    process = processes.get(replica.name)
    runs = replica.state == RUNNING and process is not None and process.runs
    return {
        "name": replica.name,
        "url": replica.url,
        "pid": process.pid if runs and process else None,
        "ready": replica.ready,
        "restarts": replica.restarts,
        "state": replica.state,
        "reason": replica.reason or ("" if runs and replica.ready else replica.last_reason),
        "message": replica.message,
        "lastReason": replica.last_reason,
        "exitCode": replica.exit_code,
        "memory": deployments.keeper.held.get(replica.name, 0),
        "memoryLimit": pods.memory_limit(replica.container),
        "startedAt": moment(replica.started),
        "image": replica.image,
        "revision": replica.revision,
        "retiring": replica.retiring,
    }


def routes(site: Site, desired: Desired) -> list[dict[str, Any]]:
    """Return the routes of the gateway with their backends."""
    return [
        {
            "name": route.name,
            "namespace": route.namespace,
            "url": url(site.ports.gateway),
            "backends": [
                {"namespace": b.namespace, "service": b.service, "weight": b.weight}
                for rule in route.spec.get("rules") or []
                for b in gateway.backends(route, rule)
            ],
        }
        for route in desired.of("HTTPRoute").values()
    ]


def object_with_status(item: Manifest, deployments: Deployments, jobs: Jobs) -> dict[str, Any]:
    """Return an object as a Kubernetes API would show it."""
    status: dict[str, Any] = {}
    if item.kind == "Deployment":
        status = _deployment_status(item, deployments)
    elif item.kind == "Job":
        status = _job_status(item, jobs)
    elif item.kind in ("Namespace", "PersistentVolumeClaim"):
        status = {"phase": "Active" if item.kind == "Namespace" else "Bound"}
    metadata = {**(item.data.get("metadata") or {}), "generation": 1}
    return {**item.data, "metadata": metadata, **({"status": status} if status else {})}


def _condition(kind: str, met: bool, reason: str, message: str) -> dict[str, Any]:
    return {"type": kind, "status": str(met), "reason": reason, "message": message}


def _deployment_status(item: Manifest, deployments: Deployments) -> dict[str, Any]:
    health = deployments.health(item)
    template = item.template
    store = deployments.keeper.store
    members = [r for r in store.of("Deployment", item.namespace, item.name) if not r.retiring]
    updated = [replica for replica in members if replica.template == template]
    ready = sum(replica.ready for replica in members)
    plan = strategy(item.spec)
    good = health.word == HEALTHY
    return {
        "observedGeneration": 1,
        "replicas": len(members),
        "updatedReplicas": len(updated),
        "readyReplicas": ready,
        "availableReplicas": ready,
        "unavailableReplicas": max(0, plan.desired - ready),
        "conditions": [
            _condition("Available", ready >= plan.desired - plan.unavailable, health.word, ""),
            _condition("Progressing", health.word != "Degraded", health.word, health.message),
            _condition("Healthy", good, health.word, health.message),
        ],
    }


def _job_status(item: Manifest, jobs: Jobs) -> dict[str, Any]:
    record = jobs.records.get(item.key)
    if record is None:
        return {"active": 0}
    status: dict[str, Any] = {
        "startTime": moment(record.began),
        "failed": record.failed,
        "active": int(record.state == "Running"),
        "succeeded": int(record.state == "Complete"),
    }
    if record.state != "Running":
        status["conditions"] = [_condition(record.state, True, record.state, record.message)]
    return status
