"""What a cloud must have before anything is made in it: judged from facts, asked of it once."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from infra.provision.preflight.offline import Finding, nearest
from infra.provision.setting import Setting

NEAR = timedelta(hours=2)


def judge(
    setting: Setting, facts: Mapping[str, Any], ours: bool, public_key: str | None
) -> Iterator[Finding]:
    """Yield what Terraform would stumble over.

    Args:
        setting: The site.
        facts: What the cloud answered.
        ours: Whether servers with our names are known to be our own.
        public_key: The key that the operator logs in with.
    """
    yield from _named(setting, facts)
    yield from _key(setting, facts, public_key)
    yield from _servers(setting, facts, ours)
    yield from _quota(setting, facts)


def credential(
    facts: Mapping[str, Any], cloud: str, until: datetime, now: datetime
) -> Iterator[Finding]:
    """Judge how long an application credential lives."""
    if facts["expires"] is None:
        return
    ends = datetime.fromisoformat(facts["expires"])
    ends = ends if ends.tzinfo else ends.replace(tzinfo=UTC)
    if ends < until:
        left = max(timedelta(0), ends - now)
        yield Finding(
            f"cloud {cloud}",
            f"its application credential expires at {ends:%Y-%m-%d %H:%M} UTC, in "
            f"{left.total_seconds() / 3600:.1f} h, and the lease lasts until "
            f"{until:%Y-%m-%d %H:%M}. Make one that lives longer, or it cannot be cleaned up",
        )


def projects(lease: Mapping[str, Any], made: Mapping[str, Any]) -> Iterator[Finding]:
    """Judge whether the lease and the servers belong to one project."""
    if lease["project_id"] != made["project_id"]:
        yield Finding(
            "clouds.yaml",
            f"the lease would be made in project {lease['project']} and the servers in "
            f"{made['project']}, which may not use it. Name entries of one project",
        )


def remaining(lease: Mapping[str, Any] | None, now: datetime) -> Iterator[Finding]:
    """Judge the time that an existing lease has left."""
    if lease is None or lease["status"] != "ACTIVE":
        return
    left = datetime.fromisoformat(lease["ends"]) - now
    if left < NEAR:
        minutes = int(left.total_seconds() // 60)
        sentence = f"{lease['name']} ends in {minutes} min, and its servers with it: "
        yield Finding("lease", sentence + "invoke lease.extend", bad=minutes < 30)


def _named(setting: Setting, facts: Mapping[str, Any]) -> Iterator[Finding]:
    given = setting.openstack
    wanted = [
        ("shared_network", given["shared_network"], facts["networks"], "network"),
        ("floating_pool", given["floating_pool"], facts["external"], "external network"),
        ("image", given["image"], facts["images"], "image"),
        ("flavor", given["flavor"], list(facts["flavors"]), "flavor"),
    ]
    for key, name, known, kind in wanted:
        if name not in known:
            yield Finding(f"openstack.{key}", f"there is no {kind} {name}; {nearest(name, known)}")
    for name in given["security_groups"]:
        if name not in facts["groups"]:
            yield Finding(
                "openstack.security_groups",
                f"there is no security group {name}; {nearest(name, facts['groups'])}. "
                f"Make it: openstack --os-cloud {given['cloud']} security group create {name}, "
                "and give it its rule",
            )


def _key(setting: Setting, facts: Mapping[str, Any], public: str | None) -> Iterator[Finding]:
    name, cloud = setting.openstack["key_pair"], setting.openstack["cloud"]
    if facts["key"] is None:
        yield Finding(
            "openstack.key_pair",
            f"the cloud does not know {name}: openstack --os-cloud {cloud} keypair create "
            f"--public-key {setting.site.ssh.key}.pub {name}",
        )
    elif public and " ".join(facts["key"].split()[:2]) != public:
        yield Finding(
            "openstack.key_pair",
            f"{name} is another key than {setting.site.ssh.key}, so nobody could log in. "
            "Name the right key in ssh.key, or register it under another name",
        )


def _servers(setting: Setting, facts: Mapping[str, Any], ours: bool) -> Iterator[Finding]:
    taken = sorted(set(_names(setting)) & set(facts["servers"]))
    if taken and not ours:
        yield Finding(
            "names",
            f"{', '.join(taken)} exist already, and not by this ledger: somebody else uses the "
            "site's name in this project. Take another name for the site",
        )


def _quota(setting: Setting, facts: Mapping[str, Any]) -> Iterator[Finding]:
    missing = len(set(_names(setting)) - set(facts["servers"]))
    flavor = facts["flavors"].get(setting.openstack["flavor"], {"cpus": 0, "ram": 0})
    first = missing == len(setting.site.nodes)
    needs = {
        "instances": missing,
        "cores": missing * flavor["cpus"],
        "ram": missing * flavor["ram"],
        "ports": 2 * len(setting.site.nodes) if first else 0,
        "networks": int(first),
        "floating IPs": int(first),
    }
    for name, need in needs.items():
        used, limit = facts["quota"][name]
        if need and 0 <= limit < used + need:
            yield Finding(
                "quota",
                f"{need} {name} are needed, and of {limit} only {max(0, limit - used)} are free. "
                "Remove what nobody uses, or ask for more",
            )


def _names(setting: Setting) -> list[str]:
    return [f"{node.name}-mlops-{setting.suffix}" for node in setting.site.nodes]
