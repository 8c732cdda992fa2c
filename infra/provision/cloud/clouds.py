"""clouds.yaml: where it lies, and what its entries are."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

CREDENTIAL = "v3applicationcredential"
# Nothing of these may decide which cloud is asked, or what Terraform is told.
OVERRIDES = ("OS_", "TF_VAR_", "TF_CLI_ARGS", "TF_WORKSPACE", "TF_DATA_DIR")
KEPT = ("OS_CLIENT_CONFIG_FILE",)


@dataclass(frozen=True)
class Clouds:
    """A file of cloud entries."""

    file: Path
    entries: Mapping[str, Mapping[str, Any]]
    broken: str = ""

    def is_credential(self, name: str) -> bool:
        """Tell whether an entry logs in with an application credential."""
        entry = self.entries[name]
        auth = entry.get("auth") or {}
        return entry.get("auth_type") == CREDENTIAL or "application_credential_id" in auth


def places(environ: Mapping[str, str], here: Path) -> list[Path]:
    """Return where openstacksdk and Terraform look, first to last."""
    named = environ.get("OS_CLIENT_CONFIG_FILE")
    usual = [here, Path.home() / ".config" / "openstack", Path("/etc/openstack")]
    return [*([here / named] if named else []), *(folder / "clouds.yaml" for folder in usual)]


def find(environ: Mapping[str, str], here: Path) -> Clouds | None:
    """Read the first clouds.yaml there is."""
    for file in places(environ, here):
        if file.is_file():
            return read(file.resolve())
    return None


def read(file: Path) -> Clouds:
    """Read a file of cloud entries; what is wrong with it as a whole stands in `broken`."""
    try:
        data = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        return Clouds(file, {}, f"it is not YAML ({' '.join(str(error).split())[:120]})")
    entries = data.get("clouds") if isinstance(data, dict) else None
    if not isinstance(entries, dict) or not all(isinstance(e, dict) for e in entries.values()):
        return Clouds(file, {}, "it has no mapping `clouds:` of names to entries")
    return Clouds(file, entries)


def environment(file: Path | None) -> dict[str, str]:
    """Return our environment without what would override clouds.yaml or Terraform's variables."""
    clean = {key: val for key, val in os.environ.items() if not key.startswith(OVERRIDES)}
    if file:
        clean["OS_CLIENT_CONFIG_FILE"] = str(file)
    return clean


def overriding(environ: Mapping[str, str]) -> list[str]:
    """Name the variables that we leave aside."""
    return sorted(key for key in environ if key.startswith(OVERRIDES) and key not in KEPT)
