"""What a cloud must have before anything is made in it: judged from facts, asked of it once."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from infra.provision.preflight.findings import Finding, nearest
from infra.provision.setting import Setting

NEAR = timedelta(hours=2)


def judge(
    setting: Setting, facts: Mapping[str, Any], ours: bool, public_key: str | None
) -> Iterator[Finding]:
    """Yield what Terraform would stumble over.

    Args:
        setting: The site.
        facts: What the cloud answered.
        ours: Whether what bears the site's name is known to be our own.
        public_key: The key that the operator logs in with.
    """
    given = setting.openstack
    yield from _named("openstack", given, facts, pool=given["floating_pool"])
    yield from _groups(setting, facts)
    yield from _key(setting, given["cloud"], facts, public_key)
    yield from _names_are_free(setting, facts, ours)
    yield from _quota(facts, _needs(setting, facts))
    if given.get("container") and not facts["services"]["object-store"]:
        yield Finding("openstack.container", "this cloud has no object store; take the key out")
    if given.get("volume_gib") and not facts["services"]["block-storage"]:
        yield Finding("openstack.volume_gib", "this cloud has no block storage; take the key out")


def judge_pool(
    setting: Setting, facts: Mapping[str, Any], public_key: str | None
) -> Iterator[Finding]:
    """Yield what the GPU pool would stumble over, on a cloud of its own or on the same."""
    gpu = setting.openstack["gpu"]
    network = gpu.get("shared_network", setting.openstack["shared_network"])
    yield from _named("openstack.gpu", {**gpu, "shared_network": network}, facts)
    if gpu["cloud"] == setting.openstack["cloud"]:
        return  # the nodes' own judgement counts these servers too
    yield from _key(setting, gpu["cloud"], facts, public_key)
    yield from _quota(facts, _pool_needs(setting, facts))


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


def remaining(
    lease: Mapping[str, Any] | None, now: datetime, *, long: bool = False
) -> Iterator[Finding]:
    """Judge the time that an existing lease has left.

    Args:
        lease: What Blazar says of it.
        now: The time.
        long: Whether this walk comes to a stage that takes an hour.
    """
    if lease is None or lease["status"] != "ACTIVE":
        return
    left = datetime.fromisoformat(lease["ends"]) - now
    if left < NEAR:
        minutes = int(left.total_seconds() // 60)
        sentence = f"{lease['name']} ends in {minutes} min, and its servers with it: "
        sentence += f"invoke lease.extend{', for Kubespray takes up to an hour' if long else ''}"
        yield Finding("lease", sentence, bad=minutes < 30)


def _named(
    path: str, given: Mapping[str, Any], facts: Mapping[str, Any], pool: str = ""
) -> Iterator[Finding]:
    wanted = [
        ("shared_network", given["shared_network"], facts["networks"], "network"),
        ("image", given["image"], facts["images"], "image"),
        ("flavor", given["flavor"], list(facts["flavors"]), "flavor"),
        *([("floating_pool", pool, facts["external"], "external network")] if pool else []),
    ]
    for key, name, known, kind in wanted:
        if name not in known:
            yield Finding(f"{path}.{key}", f"there is no {kind} {name}; {nearest(name, known)}")


def _groups(setting: Setting, facts: Mapping[str, Any]) -> Iterator[Finding]:
    given = setting.openstack
    for name in given["security_groups"]:
        if name not in facts["groups"]:
            yield Finding(
                "openstack.security_groups",
                f"there is no security group {name}; {nearest(name, facts['groups'])}. "
                f"Make it: openstack --os-cloud {given['cloud']} security group create {name}, "
                "and give it its rule",
            )


def _key(
    setting: Setting, cloud: str, facts: Mapping[str, Any], public: str | None
) -> Iterator[Finding]:
    name = setting.openstack["key_pair"]
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


def _names_are_free(setting: Setting, facts: Mapping[str, Any], ours: bool) -> Iterator[Finding]:
    taken = [
        f"{kind} {name}"
        for kind, names in facts["bearing"].items()
        for name in names
        if kind not in ("image", "key pair")  # those are never made here
    ]
    if taken and not ours:
        yield Finding(
            "names",
            f"{', '.join(taken)} exist already, and not by this ledger: somebody else uses the "
            f"names that end in mlops-{setting.suffix} in this project. Name another "
            "openstack.suffix, or remove those",
        )


def _needs(setting: Setting, facts: Mapping[str, Any]) -> dict[str, int]:
    """Count what the site still has to get from the project's quota."""
    given, there = setting.openstack, facts["bearing"]
    names = [f"{node.name}-mlops-{setting.suffix}" for node in setting.site.nodes]
    missing = len(set(names) - set(there["server"]))
    flavor = facts["flavors"].get(given["flavor"], {"cpus": 0, "ram": 0})
    first = missing == len(names)
    volume = given.get("volume_gib", 0) if not there["volume"] else 0
    needs = {
        "instances": missing,
        "cores": missing * flavor["cpus"],
        "ram": missing * flavor["ram"],
        "ports": 2 * len(names) if first else 0,
        "networks": int(first),
        "floating IPs": int(first),
        "security groups": int(first and bool(given.get("open_ports"))),
        "volumes": int(bool(volume)),
        "GiB of volumes": volume,
    }
    if given.get("gpu", {}).get("cloud") == given["cloud"]:
        for name, need in _pool_needs(setting, facts).items():
            needs[name] += need
    return needs


def _pool_needs(setting: Setting, facts: Mapping[str, Any]) -> dict[str, int]:
    gpu = setting.openstack["gpu"]
    names = {f"gpu{number + 1}-mlops-{setting.suffix}" for number in range(gpu["count"])}
    missing = len(names - set(facts["bearing"]["server"]))
    flavor = facts["flavors"].get(gpu["flavor"], {"cpus": 0, "ram": 0})
    return {
        "instances": missing,
        "cores": missing * flavor["cpus"],
        "ram": missing * flavor["ram"],
        "ports": missing,
    }


def _quota(facts: Mapping[str, Any], needs: Mapping[str, int]) -> Iterator[Finding]:
    for name, need in needs.items():
        used, limit = facts["quota"].get(name, (0, -1))
        if need and 0 <= limit < used + need:
            yield Finding(
                "quota",
                f"{need} {name} are needed, and of {limit} only {max(0, limit - used)} are free. "
                "Remove what nobody uses, or ask for more",
            )
