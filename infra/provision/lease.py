"""The lease: machines set aside for us, whose reservation is the flavor that nodes get."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from infra.provision import asking
from infra.provision.setting import Setting, Tell

DEADLINE = 300.0
SHORT = timedelta(hours=2)
HOURS = 12


def inputs(setting: Setting, _results: Mapping[str, Any]) -> dict[str, Any]:
    """What the lease depends on."""
    return {
        "cloud": setting.openstack["lease_cloud"],
        "name": setting.lease_name,
        "flavor": setting.openstack["flavor"],
        "amount": len(setting.site.nodes),
    }


def run(setting: Setting, results: Mapping[str, Any], tell: Tell) -> dict[str, Any]:
    """Create the lease or take the one of its name, and wait until it is ACTIVE."""
    wanted = inputs(setting, results)
    hours = setting.openstack.get("lease_hours", HOURS)
    if find(setting) is None:
        setting.agree(
            f"Lease {wanted['amount']} × {wanted['flavor']} for {hours} h as {wanted['name']}?"
        )
    answer: dict[str, Any] = asking.ask(
        setting.clouds_file,
        wanted["cloud"],
        "lease-ensure",
        tell,
        hours=hours,
        deadline=DEADLINE,
        **{key: wanted[key] for key in ("name", "flavor", "amount")},
    )
    return answer


def outdated(setting: Setting, result: Mapping[str, Any]) -> str | None:
    """Say why an earlier lease does not hold any more, or None."""
    lease = find(setting)
    if lease is None:
        return f"lease {result['name']} is gone"
    if lease["lease"] != result["lease"]:
        return f"there is another lease {result['name']} now"
    return None if lease["status"] == "ACTIVE" else f"lease {result['name']} is {lease['status']}"


def find(setting: Setting) -> dict[str, Any] | None:
    """Look the lease up by its name."""
    found: dict[str, Any] | None = _ask(setting, "lease-find")
    return found


def extend(setting: Setting, hours: int) -> dict[str, Any]:
    """Move the lease's end by some hours."""
    extended: dict[str, Any] = _ask(setting, "lease-extend", hours=hours)
    return extended


def delete(setting: Setting, tell: Tell) -> int:
    """Delete the lease; return how many there were."""
    return int(_ask(setting, "lease-delete", tell, deadline=DEADLINE))


def left(lease: Mapping[str, Any], now: datetime | None = None) -> str:
    """Say how long a lease lasts, with a warning when that is short."""
    time = datetime.fromisoformat(lease["ends"]) - (now or datetime.now(UTC))
    minutes = max(0, int(time.total_seconds() // 60))
    said = (
        f"lease {lease['name']} is {lease['status']}, {minutes // 60} h {minutes % 60:02} min left"
    )
    return f"{said}: extend it (invoke lease.extend)" if time < SHORT else said


def _ask(setting: Setting, verb: str, tell: Tell = lambda _: None, **words: Any) -> Any:
    cloud, name = setting.openstack["lease_cloud"], setting.lease_name
    return asking.ask(setting.clouds_file, cloud, verb, tell, name=name, **words)
