"""Write down a site's nodes for Ansible, OpenSSH and testinfra, and log in on one."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from invoke import Context, Exit, task

if TYPE_CHECKING:
    from infra.sites.site import Site

ROOT = Path(__file__).resolve().parents[2]


@task(
    help={
        "site": "a site's name, or the path of its file",
        "outputs": "file with what `terraform output -json` printed",
    }
)
def inventory(_c: Context, site: str = "", outputs: str = "") -> None:
    """Write a site's inventory, ssh_config and hosts file from its one source."""
    from infra.errors import ProvisionError

    try:
        chosen, folder, changed = _write(site, outputs)
    except ProvisionError as error:
        raise Exit(str(error), error.code) from error
    print(f"{folder}: {', '.join(changed) or 'nothing'} changed, {len(chosen.nodes)} nodes.")


@task(positional=["node"], help={"node": "its name in the site's file", "site": "name or path"})
def ssh(_c: Context, node: str, site: str = "") -> None:
    """Log in on a node, with the keys that were pinned."""
    from infra.errors import ProvisionError, UnknownNodeError

    try:
        chosen, folder, _changed = _write(site, "", made=True)
        if node not in (names := [known.name for known in chosen.nodes]):
            raise UnknownNodeError(chosen.name, node, names)
    except ProvisionError as error:
        raise Exit(str(error), error.code) from error
    os.execvp("ssh", ["ssh", "-F", str(folder / "ssh_config"), node])


def _write(site: str, outputs: str, made: bool = False) -> "tuple[Site, Path, list[str]]":
    from infra.inventory import current, files

    state = Path(os.environ.get("GOURMET_STATE") or ROOT / ".local")
    if outputs:
        from infra.sites import reading

        chosen = current.keep(reading.load(site, _from("")), _from(outputs), state)
    else:
        load = current.load_made if made else current.load
        chosen = load(site, _from(""), state)
    folder = current.folder_of(state, chosen.name)
    return chosen, folder, files.write(chosen, folder)


def _from(path: str) -> Path:
    return Path(os.environ.get("GOURMET_FROM", ".")) / path


TOP = {"ssh": ssh}
