"""The files that Ansible, SSH and the tests of nodes read, from Terraform's outputs."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from infra.inventory import files
from infra.inventory import terraform as made
from infra.provision.ledger import fingerprint
from infra.provision.setting import Setting, Tell
from infra.sites.site import Site

# Where `invoke check-nodes` and `invoke ssh` look for what Terraform put out.
KEPT = "outputs.json"
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
    tell(f"{', '.join(changed) or 'nothing'} written in {setting.folder}")
    return {"folder": str(setting.folder)}


def outdated(setting: Setting, result: Mapping[str, Any]) -> str | None:
    """Say that the files are gone, if they are."""
    folder = Path(result["folder"])
    wanted = [*WRITTEN, *([KEPT] if setting.site.kind == "openstack" else [])]
    gone = [name for name in wanted if not (folder / name).exists()]
    return f"{', '.join(gone)} are gone from {folder}" if gone else None


def forget(setting: Setting) -> None:
    """Remove the files that name nodes which are gone; pinned host keys stay."""
    for name in (*WRITTEN, KEPT):
        (setting.folder / name).unlink(missing_ok=True)


def filled(setting: Setting, results: Mapping[str, Any]) -> Site:
    """Return the site with the addresses that Terraform put out."""
    if setting.site.kind != "openstack":
        return setting.site
    return made.fill(setting.site, results["terraform"]["outputs"])
