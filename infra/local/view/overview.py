"""What serves where: Git, replicas, registry and gateway side by side, and who of them lies."""

import http.client
import json
import urllib.parse
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from typing import Any

from infra.local.errors import NotRunningError
from infra.local.site import APP, ENVIRONMENTS, Site, namespace_of, service_key
from infra.local.view import client, locks, registry
from infra.local.view.locks import Held, Holder

MISSING, HEALTHY = "Missing", "Healthy"
LOOKS = 3


@dataclass(frozen=True)
class Answer:
    """What one replica says of itself at /version; None where it says nothing."""

    replica: str
    version: int | None
    digest: str | None
    commit: str | None
    heard: bool = True


@dataclass(frozen=True)
class Environment:
    """One environment as people ask for it."""

    name: str
    version: int | None
    digest: str | None
    alias: int | None
    commit: str | None
    health: str
    traffic: float
    url: str | None
    problems: tuple[str, ...]
    in_progress: Holder | None = None


@dataclass(frozen=True)
class Overview:
    """The whole site."""

    site: str
    environments: tuple[Environment, ...]
    addresses: Mapping[str, str]

    def as_json(self) -> dict[str, Any]:
        """Return the overview as `status --json` prints it."""
        rows = [{**asdict(row), "problems": list(row.problems)} for row in self.environments]
        return {"site": self.site, "environments": rows, "addresses": dict(self.addresses)}


def look(site: Site) -> Overview:
    """Ask all parts of a running site, again if Git or a lock moved meanwhile.

    Raises:
        NotRunningError: the agent does not answer.
    """
    before = locks.read(site.state)
    for _ in range(LOOKS):
        found = _look(site, before)
        after = locks.read(site.state)
        if after.objects == before.objects:
            break
        before = after
    holders = {**before.holders, **after.holders}
    rows = [_with_progress(row, holders.get(row.name)) for row in found.environments]
    return replace(found, environments=tuple(rows))


def _with_progress(row: Environment, holder: Holder | None) -> Environment:
    """Say who is changing an environment: what disagrees meanwhile is no lie."""
    if holder is None:
        return row
    if holder.alive:
        return replace(row, in_progress=holder, problems=())
    left = (
        f"{row.name} was held by {holder}, and its process is dead: what it left is neither "
        f"finished nor undone. {_repair(row.name)}"
    )
    return replace(row, in_progress=holder, problems=(left, *row.problems))


def _look(site: Site, held: Held) -> Overview:
    status = client.status(site)
    if status is None:
        raise NotRunningError(site.state.folder)
    aliases = registry.aliases(site.addresses["mlflow"])
    shares = traffic(status["routes"], alive(status))
    gateway = site.addresses["gateway"]
    closed = not client.answers(site.ports.gateway_api, "/api/version")
    if closed:
        shares = dict.fromkeys(shares, 0.0)
    rows = [
        _with_share(_environment(site, name, status, aliases, shares), held, status)
        for name in ENVIRONMENTS
    ]
    if closed:
        why = f"the gateway does not answer at {gateway}: ./run invoke logs gateway"
        rows = [replace(row, problems=(*row.problems, why)) for row in rows]
    addresses = {"gateway": gateway, "app": f"{gateway}/", "mlflow": site.addresses["mlflow"]}
    return Overview(site.name, tuple(rows), addresses)


def _environment(
    site: Site,
    name: str,
    status: Mapping[str, Any],
    aliases: Mapping[str, int] | None,
    shares: Mapping[str, float],
) -> Environment:
    found = status["namespaces"].get(namespace_of(name), {}).get("deployments", {}).get(APP)
    replicas = [replica for replica in (found or {}).get("replicas", []) if replica["ready"]]
    with ThreadPoolExecutor(max_workers=8) as pool:
        answers = list(pool.map(ask, replicas))
    current = [
        answer for answer, replica in zip(answers, replicas, strict=True) if not replica["retiring"]
    ]
    alias = (aliases or {}).get(name)
    problems = [
        *_of_release(name, found, status["error"]),
        *_of_replicas(name, found, current),
        *_of_alias(name, current, alias, known=aliases is not None, url=site.addresses["mlflow"]),
        *(_of_traffic(name, status, shares.get(namespace_of(name), 0.0)) if found else []),
    ]
    return Environment(
        name=name,
        version=_one(answer.version for answer in current),
        digest=_one(answer.digest for answer in current),
        alias=alias,
        commit=_one(answer.commit for answer in current),
        health=found["health"] if found else MISSING,
        traffic=shares.get(namespace_of(name), 0.0),
        url=site.slot_url(service_key(namespace_of(name), APP)),
        problems=tuple(problems),
    )


def ask(replica: Mapping[str, Any]) -> Answer:
    """Ask one replica what it is."""
    port = urllib.parse.urlsplit(replica["url"] or "").port
    code, body = client.request(port, "/version") if port else (0, b"")
    try:
        said = json.loads(body) if code == http.client.OK else None
    except ValueError:
        said = None
    if not isinstance(said, dict):
        return Answer(replica["name"], None, None, None, heard=False)
    return Answer(replica["name"], said.get("version"), said.get("digest"), said.get("commit"))


def alive(status: Mapping[str, Any]) -> set[str]:
    """Return the namespaces whose app has a replica that can answer."""
    return {
        namespace
        for namespace, held in status["namespaces"].items()
        if any(r["ready"] for r in held["deployments"].get(APP, {}).get("replicas", []))
    }


def traffic(routes: Sequence[Mapping[str, Any]], living: set[str]) -> dict[str, float]:
    """Return each namespace's share of live traffic, as the gateway hands it out now."""
    weights: dict[str, int] = {}
    for route in routes:
        for backend in route["backends"]:
            if backend["service"] == APP:
                namespace = backend["namespace"]
                weights[namespace] = weights.get(namespace, 0) + backend["weight"]
    served = {name: weight for name, weight in weights.items() if name in living}
    total = sum(served.values())
    return {name: served.get(name, 0) / total if total else 0.0 for name in weights}


def _one(values: Iterable[Any]) -> Any:
    found = list(values)
    return found[0] if found and all(value == found[0] for value in found) else None


def _of_release(name: str, found: Mapping[str, Any] | None, error: str | None) -> list[str]:
    problems = []
    if error:
        problems.append(
            f"Git's newest commit is refused, and what ran before goes on: {error}. "
            "Commit a good one, or take it back with git revert"
        )
    if found is None:
        problems.append(f"{name} holds no release. Make one: ./run invoke up")
    elif found["health"] != HEALTHY:
        advice = f"Read on: ./run invoke logs {name}"
        problems.append(f"{name} is {found['health']}: {found['message'].rstrip('.')}. {advice}")
    return problems


def _of_replicas(
    name: str, found: Mapping[str, Any] | None, answers: Sequence[Answer]
) -> list[str]:
    if found is None:
        return []
    problems = [
        f"replica {a.replica} does not say what it is at /version: ./run invoke logs {name}"
        for a in answers
        if not a.heard
    ]
    heard = [answer for answer in answers if answer.heard]
    for fact in ("version", "digest"):
        values = {str(getattr(answer, fact)) for answer in heard}
        if len(values) > 1:
            listed = " and ".join(sorted(values))
            problems.append(f"the replicas of {name} answer with different {fact}s: {listed}")
    wanted = found["image"].partition("@")[2]
    for answer in heard:
        if answer.digest != wanted:
            problems.append(
                f"Git says {name} is {wanted}, and replica {answer.replica} says it is "
                f"{answer.digest}. {_repair(name)}"
            )
    return problems


def _of_alias(
    name: str, answers: Sequence[Answer], alias: int | None, *, known: bool, url: str
) -> list[str]:
    if not known:
        return [
            f"MLflow does not answer at {url}, so aliases are unknown: ./run invoke logs mlflow"
        ]
    version = _one(answer.version for answer in answers)
    if not answers or version == alias:
        return []
    repair = _repair(name)
    if alias is None:
        return [f"version {version} serves in {name} and the alias {name} names none. {repair}"]
    serves = "no version of the registry" if version is None else f"version {version}"
    return [f"the alias {name} names version {alias}, and what serves is {serves}. {repair}"]


def _of_traffic(name: str, status: Mapping[str, Any], share: float) -> list[str]:
    namespace = namespace_of(name)
    weights = _weights(status)
    if not weights.get(namespace):
        return []
    promised = weights[namespace] / sum(weights.values())
    if abs(promised - share) < 1e-9:
        return []
    return [
        f"{name} should get {promised:.0%} of the traffic and gets {share:.0%}, "
        "because an environment has no replica that is ready"
    ]


def _with_share(row: Environment, held: Held, status: Mapping[str, Any]) -> Environment:
    """Hold the share of traffic that Git fixes against what the route hands out."""
    wanted = held.shares.get(row.name)
    weights = _weights(status)
    total = sum(weights.values())
    if wanted is None or not total:
        return row
    given = 100 * weights.get(namespace_of(row.name), 0) / total
    if abs(given - wanted) < 1e-9:
        return row
    lie = f"Git says {row.name} gets {wanted} % of the traffic, and the route says {given:.0f} %"
    return replace(row, problems=(*row.problems, f"{lie}. {_repair(row.name)}"))


def _weights(status: Mapping[str, Any]) -> dict[str, int]:
    return {
        backend["namespace"]: backend["weight"]
        for route in status["routes"]
        for backend in route["backends"]
        if backend["service"] == APP
    }


def _repair(name: str) -> str:
    return f"Mend it: ./run invoke repair {name}"
