"""The files that Ansible, SSH and the tests of nodes read, from Terraform's outputs."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from infra.inventory import files
from infra.inventory import terraform as made
from infra.provision.ledger import fingerprint
from infra.provision.setting import Setting, Tell
from infra.sites.site import Site


def inputs(setting: Setting, results: Mapping[str, Any]) -> dict[str, Any]:
    """What the files depend on, and what lies there."""
    return {"texts": fingerprint(files.texts(_site(setting, results), setting.folder))}


def run(setting: Setting, results: Mapping[str, Any], tell: Tell, _log: Path) -> dict[str, Any]:
    """Write the files of the site."""
    changed = files.write(_site(setting, results), setting.folder)
    tell(f"{', '.join(changed) or 'nothing'} written in {setting.folder}")
    return {"folder": str(setting.folder)}


def outdated(setting: Setting, result: Mapping[str, Any]) -> str | None:
    """Say that the files are gone, if they are."""
    there = (Path(result["folder"]) / "inventory.yaml").exists()
    return None if there else f"its files are gone from {result['folder']}"


def _site(setting: Setting, results: Mapping[str, Any]) -> Site:
    if setting.site.kind != "openstack":
        return setting.site
    return made.fill(setting.site, results["terraform"]["outputs"])
