"""Open the dashboards of a site on this machine, for as long as one looks at them."""

import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from invoke import Context, Exit, task

if TYPE_CHECKING:
    from infra.sites.site import Site

ROOT = Path(__file__).resolve().parents[2]


@task(help={"site": "a site's name, or the path of its file"})
def tunnel(_c: Context, site: str = "") -> None:
    """Open the dashboards of a site here, until Ctrl-C."""
    from infra.errors import ProvisionError

    def end(*_: object) -> None:
        raise KeyboardInterrupt

    # A closed terminal closes the forwards too, and Ctrl-C does where a script ignores it.
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, end)
    try:
        _open(site)
    except ProvisionError as error:
        raise Exit(str(error), error.code) from error
    except KeyboardInterrupt:
        print("\nClosed.", flush=True)
        raise Exit(code=130) from None


def _open(name: str) -> None:
    from infra.inventory import current, files
    from infra.tunnel import dashboards, forwards
    from infra.tunnel.services import listed

    state = Path(os.environ.get("GOURMET_STATE") or ROOT / ".local")
    site = current.load_made(name, Path(os.environ.get("GOURMET_FROM", ".")), state)
    if site.kind == "local":
        raise Exit("The local site is on this machine already: invoke status says where.", 2)
    folder = current.folder_of(state, site.name)
    files.write(site, folder)
    node = _control_plane(site)
    found = list(dashboards.doors(listed(folder / "ssh_config", node, site)))
    if not found:
        known = ", ".join(one.name for one in dashboards.DASHBOARDS)
        raise Exit(f"{node}'s cluster has none of {known}: invoke provision brings them.", 1)
    with forwards.opened(folder / "ssh_config", node, [door.forward for door in found]) as way:
        dashboards.wait(way, found, lambda said: print(f"… {said}", file=sys.stderr, flush=True))
        for door in found:
            print(f"{door.dashboard.name:<15} {door.url}", flush=True)
        print("Ctrl-C closes them.", flush=True)
        way.stay()


def _control_plane(site: "Site") -> str:
    return next(node.name for node in site.nodes if "control-plane" in node.roles)


TOP = {"tunnel": tunnel}
