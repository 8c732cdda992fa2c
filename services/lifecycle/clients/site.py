"""What a site runs in an environment, as the site's own API and the replicas tell it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services.lifecycle.clients import web
from services.lifecycle.settings import namespace

APP = "gourmetgram-app"


@dataclass(frozen=True)
class Replica:
    """One running copy of the app; while a rollout goes on, of the old image or the new."""

    name: str
    image: str
    url: str
    ready: bool
    restarts: int
    state: str
    reason: str
    memory: int
    memory_limit: int | None


@dataclass(frozen=True)
class Deployment:
    """The app in one environment."""

    health: str
    message: str
    image: str
    desired: int
    replicas: tuple[Replica, ...]


@dataclass(frozen=True)
class Answer:
    """What one replica says it serves, or why it says nothing."""

    replica: str
    version: int | None = None
    digest: str = ""
    silence: str = ""


def deployment(site_api: str, environment: str) -> Deployment | None:
    """Return what the site runs, or None where it runs nothing."""
    status = web.get(f"{site_api}/v1/status")
    here = status["namespaces"].get(namespace(environment), {})
    found = here.get("deployments", {}).get(APP)
    return None if found is None else _deployment(found)


def shares(site_api: str) -> dict[str, float]:
    """Return the share of live traffic that routes give each namespace."""
    weights: dict[str, int] = {}
    for route in web.get(f"{site_api}/v1/status").get("routes", []):
        for backend in route["backends"]:
            if backend["service"] == APP:
                name = backend["namespace"]
                weights[name] = weights.get(name, 0) + backend["weight"]
    total = sum(weights.values())
    return {name: weight / total if total else 0.0 for name, weight in weights.items()}


def answers(replicas: tuple[Replica, ...]) -> list[Answer]:
    """Ask every replica for what it serves."""
    return [_ask(replica) for replica in replicas]


def _ask(replica: Replica) -> Answer:
    try:
        said = web.get(f"{replica.url}/version", deadline=2.0)
        return Answer(replica.name, version=said["version"], digest=said["digest"])
    except web.NoAnswerError as error:
        return Answer(replica.name, silence=str(error))
    except (KeyError, TypeError):
        return Answer(replica.name, silence=f"{replica.url}/version is no version")


def _deployment(found: Mapping[str, Any]) -> Deployment:
    return Deployment(
        health=found["health"],
        message=found["message"],
        image=found["image"],
        desired=found["desired"],
        replicas=tuple(_replica(each, found["image"]) for each in found["replicas"]),
    )


def _replica(found: Mapping[str, Any], image: str) -> Replica:
    return Replica(
        name=found["name"],
        image=found.get("image", image),
        url=found["url"],
        ready=found["ready"],
        restarts=found["restarts"],
        state=found["state"],
        reason=found["reason"],
        memory=found["memory"],
        memory_limit=found["memoryLimit"],
    )
