"""What a project holds and may hold: what preflight judges, and what `destroy` lists.

It runs in the environment of the client libraries (cloudside.py).
"""

from typing import Any

import openstack


def facts(cloud: openstack.connection.Connection, words: dict[str, Any]) -> dict[str, Any]:
    """Collect what preflight judges."""
    access = cloud.session.auth.get_access(cloud.session)
    compute = cloud.compute
    limits = compute.get_limits().absolute
    key = compute.find_keypair(words["key_pair"], ignore_missing=True)
    return {
        "project": access.project_name,
        "project_id": access.project_id,
        "user": access.username,
        "expires": _expiry(cloud, access),
        "key": key.public_key if key else None,
        "networks": [n.name for n in cloud.network.networks()],
        "external": [n.name for n in cloud.network.networks(is_router_external=True)],
        "images": [i.name for i in cloud.image.images()],
        "flavors": {f.name: {"cpus": f.vcpus, "ram": f.ram} for f in compute.flavors()},
        "groups": [g.name for g in cloud.network.security_groups()],
        "bearing": leftovers(cloud, words),
        "services": {kind: cloud.has_service(kind) for kind in ("block-storage", "object-store")},
        "quota": {
            "instances": [limits.instances_used, limits.instances],
            "cores": [limits.total_cores_used, limits.total_cores],
            "ram": [limits.total_ram_used, limits.total_ram],
            **_network_quota(cloud, access.project_id),
            **_volume_quota(cloud),
        },
    }


def _expiry(cloud: openstack.connection.Connection, access: Any) -> str | None:
    identifier = getattr(access, "application_credential_id", None)
    if not identifier:
        return None
    credential = cloud.identity.get_application_credential(access.user_id, identifier)
    return str(credential.expires_at) if credential.expires_at else None


def _network_quota(cloud: openstack.connection.Connection, project: str) -> dict[str, list[int]]:
    quota = cloud.network.get_quota(project, details=True)
    found = {}
    for name, attribute in (
        ("networks", "networks"),
        ("ports", "ports"),
        ("floating IPs", "floating_ips"),
        ("security groups", "security_groups"),
    ):
        detail = getattr(quota, attribute)
        found[name] = [int(detail["used"]) + int(detail["reserved"]), int(detail["limit"])]
    return found


def _volume_quota(cloud: openstack.connection.Connection) -> dict[str, list[int]]:
    if not cloud.has_service("block-storage"):
        return {}
    limits = cloud.block_storage.get_limits().absolute
    return {
        "volumes": [limits.total_volumes_used, limits.max_total_volumes],
        "GiB of volumes": [limits.total_gigabytes_used, limits.max_total_volume_gigabytes],
    }


def leftovers(cloud: openstack.connection.Connection, words: dict[str, Any]) -> dict[str, Any]:
    """List what bears our name in the project."""
    end = f"mlops-{words['suffix']}"

    def ours(things: Any) -> list[str]:
        return sorted(thing.name for thing in things if _bears(thing.name or "", end))

    floating = [ip.floating_ip_address for ip in cloud.network.ips() if ip.description == end]
    volumes = ours(cloud.block_storage.volumes()) if cloud.has_service("block-storage") else []
    return {
        "server": ours(cloud.compute.servers()),
        "port": ours(cloud.network.ports()),
        "floating ip": sorted(floating),
        "network": ours(cloud.network.networks()),
        "subnet": ours(cloud.network.subnets()),
        "security group": ours(cloud.network.security_groups()),
        "volume": volumes,
        "image": ours(cloud.image.images(visibility="private")),
        "key pair": ours(cloud.compute.keypairs()),
    }


def _bears(name: str, end: str) -> bool:
    """Tell whether a name ends in ours as a whole, so that site `b` takes nothing of `a-b`."""
    return name == end or name.endswith(f"-{end}")
