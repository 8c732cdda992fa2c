"""A site as it is now: its file, and what Terraform last put out for it."""

import json
from pathlib import Path

from infra.errors import NotMadeError, OutputsError
from infra.inventory import terraform
from infra.sites import reading
from infra.sites.site import Site

# What Terraform put out, in a site's own folder.
KEPT = "outputs.json"


def folder_of(state: Path, site: str) -> Path:
    """Return where a site's own files lie."""
    return state / "sites" / site


def load(name: str, relative_to: Path, state: Path) -> Site:
    """Read a site and fill in the outputs that were kept for it, if any were.

    Raises:
        ProvisionError: the file has mistakes, or the outputs do not fit it.
    """
    site = reading.load(name, relative_to)
    return load_filled(site, folder_of(state, site.name))


def load_made(name: str, relative_to: Path, state: Path) -> Site:
    """Read a site whose nodes somebody wants to reach.

    Raises:
        NotMadeError: Terraform makes them, and has not done so here.
        ProvisionError: as of `load`.
    """
    site = load(name, relative_to, state)
    if site.kind == "openstack" and not (folder_of(state, site.name) / KEPT).exists():
        raise NotMadeError(site.name)
    return site


def load_filled(site: Site, folder: Path) -> Site:
    """Fill in the outputs that are kept in a site's folder, if any are.

    Raises:
        OutputsError: they do not fit the site.
    """
    kept = folder / KEPT
    return _filled(site, kept) if kept.exists() else site


def keep(site: Site, outputs: Path, state: Path) -> Site:
    """Fill a site in with Terraform's outputs, and keep them for the next time.

    Raises:
        OutputsError: they do not fit the site's file; then nothing is kept.
    """
    filled = _filled(site, outputs)
    folder = folder_of(state, site.name)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / KEPT).write_text(outputs.read_text(encoding="utf-8"), encoding="utf-8")
    return filled


def _filled(site: Site, file: Path) -> Site:
    try:
        outputs = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise OutputsError(site.name, f"{file} cannot be read ({error})") from error
    return terraform.fill(site, outputs if isinstance(outputs, dict) else {})
