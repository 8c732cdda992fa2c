"""Prepare the nodes: run playbooks/prepare.yml with what the site's file says of them."""

import re
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from infra.provision import plays
from infra.provision.setting import Setting, Tell
from infra.sites.site import Site

PLAYBOOK = plays.PLAYBOOKS / "prepare.yml"
# Where the data volume is mounted on the head node.
VOLUME_PATH = "/mnt/data"
AT_LEAST = re.compile(r"([a-z0-9_.-]+)>=(\d+)")


def inputs(setting: Setting, results: Mapping[str, Any]) -> dict[str, Any]:
    """What the play depends on: its own text, the nodes, and what it is told of them."""
    return {
        "play": plays.texts(PLAYBOOK),
        "nodes": _nodes(setting),
        "servers": servers(results),
        "facts": {**facts(setting.site), **volume(setting, results)},
    }


def run(setting: Setting, results: Mapping[str, Any], tell: Tell, log: Path) -> dict[str, Any]:
    """Run the play, and return what it did to each node."""
    play = plays.Play("prepare", PLAYBOOK, {**facts(setting.site), **volume(setting, results)})
    return {"recap": plays.run(play, setting, tell, log)}


def servers(results: Mapping[str, Any]) -> Any:
    """Return the identity of each server that Terraform made: one built anew is bare again."""
    made = results.get("terraform") or {}
    return made.get("outputs", {}).get("servers", {}).get("value")


def volume(setting: Setting, results: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the roles are told of the data volume; nothing where the site has none."""
    made = (results.get("terraform") or {}).get("outputs", {}).get("volume", {}).get("value")
    place = volume_place(setting.site)
    if not made or place is None:
        return {}
    return {"volume_id": made, "volume_host": place["host"], "volume_path": place["path"]}


def volume_place(site: Site) -> dict[str, str] | None:
    """Name the node that has the data volume and where it is mounted, if the site has one."""
    given = site.openstack or {}
    if not given.get("volume_gib"):
        return None
    head = site.jump or site.nodes[0]
    return {"host": head.name, "path": given.get("volume_path", VOLUME_PATH)}


def facts(site: Site) -> dict[str, Any]:
    """Return what the roles are told of a site; all else stands in their defaults."""
    return {
        "clock_timezone": site.needs.timezone,
        "dns_name": site.network.dns_name,
        "dns_servers": list(site.network.dns_servers),
        "firewall_state": site.needs.firewall,
        "kernel_modules": list(site.needs.modules),
        "kernel_sysctls_at_least": at_least(site.needs.sysctls),
        "network_ipv6": site.network.ipv6,
        "registry_mirror": site.registry.mirror,
        "registry_mirror_optional": site.registry.optional,
        "users_declared": [asdict(user) for user in site.users],
    }


def at_least(wishes: tuple[str, ...]) -> dict[str, int]:
    """Return the settings that a site wants no lower than a value."""
    found = (AT_LEAST.fullmatch(wish) for wish in wishes)
    return {match[1]: int(match[2]) for match in found if match}


def _nodes(setting: Setting) -> list[tuple[str, str]]:
    return [(node.name, node.address) for node in setting.site.nodes]
