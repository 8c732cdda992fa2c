"""The files that Ansible, SSH and the tests of nodes read, from Terraform's outputs."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from infra.inventory import console, files
from infra.inventory import terraform as made
from infra.inventory.current import KEPT
from infra.provision.cloud import asking
from infra.provision.errors import CloudError
from infra.provision.ledger import fingerprint
from infra.provision.setting import Setting, Tell
from infra.sites.site import Site

# The server that each pinned key belongs to: a server built anew has another key.
PINNED = "servers.json"
KNOWN_HOSTS = "known_hosts"
# How long a server may boot until it has printed its keys.
CONSOLE_SECONDS = 120.0
WRITTEN = ("inventory.yaml", "ssh_config", "hosts", "testinfra")


def inputs(setting: Setting, results: Mapping[str, Any]) -> dict[str, Any]:
    """What the files depend on, and what lies there."""
    texts = files.texts(filled(setting, results), setting.folder)
    return {"texts": fingerprint(texts), "outputs": results.get("terraform")}


def run(setting: Setting, results: Mapping[str, Any], tell: Tell, _log: Path) -> dict[str, Any]:
    """Write the files of the site."""
    site = filled(setting, results)
    if setting.site.kind == "openstack":
        text = json.dumps(results["terraform"]["outputs"], indent=2) + "\n"
        (setting.folder / KEPT).write_text(text, encoding="utf-8")
    changed = files.write(site, setting.folder)
    if setting.site.kind == "openstack":
        _keys(setting, site, results["terraform"]["outputs"]["servers"]["value"], tell)
    tell(f"{', '.join(changed) or 'nothing'} written in {setting.folder}")
    return {"folder": str(setting.folder)}


def _keys(setting: Setting, site: Site, servers: Mapping[str, str], tell: Tell) -> None:
    """Let go of the keys of servers that are gone, and take those that a console has printed."""
    kept = setting.folder / PINNED
    before = json.loads(kept.read_text(encoding="utf-8")) if kept.exists() else {}
    new = {name: server for name, server in servers.items() if before.get(name) != server}
    if not new:
        return
    try:
        printed = asking.ask(
            setting.clouds_file, setting.openstack["cloud"], "consoles", tell, servers=new,
            deadline=CONSOLE_SECONDS,
        )  # fmt: skip
    except CloudError:
        printed = {}  # then each key is pinned on first contact
    for node in site.nodes:
        if node.name in new:
            port = site.port_of(node)
            host = node.reached_at if port == 22 else f"[{node.reached_at}]:{port}"
            found = console.keys(printed.get(node.name, ""))
            if not found and node.name not in before:
                continue  # what a person pinned beforehand stands
            console.pin(setting.folder / KNOWN_HOSTS, [host], found)
            how = "from its console" if found else f"on {site.ssh.host_keys}"
            tell(f"{node.name} is a new server; its key is pinned {how}")
    half = kept.with_name(f".{PINNED}.new")
    half.write_text(json.dumps(dict(servers)), encoding="utf-8")
    half.replace(kept)


def outdated(setting: Setting, result: Mapping[str, Any]) -> str | None:
    """Say that the files are gone, if they are."""
    folder = Path(result["folder"])
    wanted = [*WRITTEN, *([KEPT] if setting.site.kind == "openstack" else [])]
    gone = [name for name in wanted if not (folder / name).exists()]
    return f"{', '.join(gone)} are gone from {folder}" if gone else None


def made_at(setting: Setting) -> float:
    """Tell when the newest server was first seen; long ago where none is made here."""
    kept = setting.folder / PINNED
    return kept.stat().st_mtime if kept.exists() else 0.0


def forget(setting: Setting) -> None:
    """Remove the files of nodes which are gone, their keys and the way to their cluster too."""
    for name in (*WRITTEN, KEPT, PINNED, KNOWN_HOSTS, "kubeconfig", "audit.json"):
        (setting.folder / name).unlink(missing_ok=True)


def filled(setting: Setting, results: Mapping[str, Any]) -> Site:
    """Return the site with the addresses that Terraform put out."""
    if setting.site.kind != "openstack":
        return setting.site
    return made.fill(setting.site, results["terraform"]["outputs"])
