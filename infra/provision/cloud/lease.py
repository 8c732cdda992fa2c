"""The lease: machines set aside for us, whose reservation is the flavor that nodes get."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from infra.provision.cloud import asking
from infra.provision.setting import Setting, Tell

DEADLINE = 300.0
SHORT = timedelta(hours=2)
HOURS = 12
NODES, GPU = "nodes", "gpu"


@dataclass(frozen=True)
class Pool:
    """Machines that one lease sets aside."""

    name: str
    cloud: str
    flavor: str
    amount: int
    hours: int


def pools(setting: Setting) -> dict[str, Pool]:
    """Return what the site leases: its nodes, and servers with GPUs where it has some."""
    given = setting.openstack
    hours = given.get("lease_hours", HOURS)
    nodes = len(setting.site.nodes)
    found = {NODES: Pool(setting.lease_name, given["lease_cloud"], given["flavor"], nodes, hours)}
    if gpu := given.get("gpu"):
        name, hours = f"{setting.lease_name}_gpu", gpu.get("lease_hours", hours)
        cloud = gpu.get("lease_cloud", gpu["cloud"])
        found[GPU] = Pool(name, cloud, gpu["flavor"], gpu["count"], hours)
    return found


def inputs(setting: Setting, _results: Mapping[str, Any]) -> dict[str, Any]:
    """What the leases depend on; how long they last is no reason to make them anew."""
    return {name: asdict(replace(pool, hours=0)) for name, pool in pools(setting).items()}


def run(setting: Setting, _results: Mapping[str, Any], tell: Tell) -> dict[str, Any]:
    """Create each lease or take the one of its name, and wait until it is ACTIVE."""
    return {name: _ensure(setting, pool, tell) for name, pool in pools(setting).items()}


def _ensure(setting: Setting, pool: Pool, tell: Tell) -> dict[str, Any]:
    if find(setting, pool) is None:
        what = f"{pool.amount} × {pool.flavor} for {pool.hours} h as {pool.name}"
        setting.agree(f"Lease {what}?")
    facts = {key: value for key, value in asdict(pool).items() if key != "cloud"}
    answer: dict[str, Any] = asking.ask(
        setting.clouds_file, pool.cloud, "lease-ensure", tell, deadline=DEADLINE, **facts
    )
    return answer


def outdated(setting: Setting, result: Mapping[str, Any]) -> str | None:
    """Say why an earlier lease does not hold any more, or None."""
    for name, pool in pools(setting).items():
        found = find(setting, pool)
        if found is None:
            return f"lease {pool.name} is gone"
        if found["lease"] != result[name]["lease"]:
            return f"there is another lease {pool.name} now"
        if found["status"] != "ACTIVE":
            return f"lease {pool.name} is {found['status']}"
        if found["ends"] != result[name]["ends"]:
            return f"lease {pool.name} ends at {found['ends']} now"
    return None


def find(setting: Setting, pool: Pool) -> dict[str, Any] | None:
    """Look a lease up by its name."""
    found: dict[str, Any] | None = _ask(setting, pool, "lease-find")
    return found


def extend(setting: Setting, pool: Pool, hours: int) -> dict[str, Any]:
    """Move a lease's end by some hours."""
    extended: dict[str, Any] = _ask(setting, pool, "lease-extend", hours=hours)
    return extended


def delete(setting: Setting, pool: Pool, tell: Tell) -> int:
    """Delete a lease; return how many there were."""
    return int(_ask(setting, pool, "lease-delete", tell, deadline=DEADLINE))


def left(lease: Mapping[str, Any], now: datetime | None = None) -> str:
    """Say how long a lease lasts, with a warning when that is short."""
    time = datetime.fromisoformat(lease["ends"]) - (now or datetime.now(UTC))
    minutes = max(0, int(time.total_seconds() // 60))
    said = (
        f"lease {lease['name']} is {lease['status']}, {minutes // 60} h {minutes % 60:02} min left"
    )
    return f"{said}: extend it (invoke lease.extend)" if time < SHORT else said


def _ask(setting: Setting, pool: Pool, verb: str, tell: Tell = lambda _: None, **words: Any) -> Any:
    return asking.ask(setting.clouds_file, pool.cloud, verb, tell, name=pool.name, **words)
