"""What destroy, lease.extend and lease.delete would remove or change; nothing is."""

from datetime import datetime, timedelta
from typing import Any

from infra.provision.cloud import destroy, lease
from infra.provision.ledger import Ledger
from infra.provision.setting import Setting

Facts = dict[str, Any]


def destroying(
    setting: Setting, ledger: Ledger, tell: destroy.Say, *, keep_volume: bool = False
) -> Facts:
    """Have Terraform plan, and look the leases up."""
    work = destroy.plan(setting, ledger, tell, keep_volume)
    lines, what = work.shown() if work else ([], "")
    return {
        "site": setting.site.name,
        "resources": lines,
        "says": what,
        "leases": [found["name"] for found in _found(setting)],
        "keeps": list(destroy.KEPT),
        "keeps_volume": keep_volume,
    }


def extending(setting: Setting, hours: int) -> Facts:
    """Say when each lease ends, and when it then would."""
    there, more = _found(setting), timedelta(hours=hours)
    leases = [
        {
            "name": found["name"],
            "status": found["status"],
            "ends": found["ends"],
            "would_end": (datetime.fromisoformat(found["ends"]) + more).isoformat(),
        }
        for found in there
    ]
    missing = _missing(setting, there)
    return {"site": setting.site.name, "hours": hours, "leases": leases, "missing": missing}


def deleting(setting: Setting) -> Facts:
    """Name the leases, and the servers that go with them."""
    there = _found(setting)
    return {
        "site": setting.site.name,
        "leases": [{name: found[name] for name in ("name", "status", "ends")} for found in there],
        "servers": destroy.leftovers(setting).get("server", []) if there else [],
        "missing": _missing(setting, there),
    }


def _found(setting: Setting) -> list[Facts]:
    asked = (lease.find(setting, pool) for pool in lease.pools(setting).values())
    return [found for found in asked if found]


def _missing(setting: Setting, there: list[Facts]) -> list[str]:
    names = {found["name"] for found in there}
    return [pool.name for pool in lease.pools(setting).values() if pool.name not in names]


def told_destroying(facts: Facts) -> list[str]:
    """Write it for a person."""
    lines = [*facts["resources"], *(f"delete   lease {name}" for name in facts["leases"])]
    if not lines:
        return [f"Nothing would be removed: site {facts['site']} has neither resources nor lease."]
    option = " --keep-volume" if facts["keeps_volume"] else ""
    kept = ["the data volume"] if facts["keeps_volume"] else []
    return [
        f"Site {facts['site']}: {facts['says'] or 'only leases'}",
        *lines,
        *(f"kept     {what}" for what in (*kept, *facts["keeps"])),
        f"Nothing was changed. Do it: invoke destroy --site {facts['site']}{option}",
    ]


def told_extending(facts: Facts) -> list[str]:
    """Write it for a person."""
    site, hours = facts["site"], facts["hours"]
    lines = [
        f"{each['name']} is {each['status']} until {each['ends']}; then until {each['would_end']}"
        for each in facts["leases"]
    ]
    last = f"Nothing was changed. Do it: invoke lease.extend --site {site} --hours {hours}"
    return [*lines, *_told_missing(facts), *([last] if lines else [])]


def told_deleting(facts: Facts) -> list[str]:
    """Write it for a person."""
    lines = [f"delete   lease {each['name']} ({each['status']})" for each in facts["leases"]]
    lines += [f"lose     server {name}" for name in facts["servers"]]
    last = f"Nothing was changed. Do it: invoke lease.delete --site {facts['site']}"
    return [*lines, *_told_missing(facts), *([last] if lines else [])]


def _told_missing(facts: Facts) -> list[str]:
    return [f"There is no lease {name}." for name in facts["missing"]]
