"""Take a site down again, last made first, the lease at the end; then say what is left."""

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from infra.provision import inventory
from infra.provision.cloud import asking, lease, terraform
from infra.provision.ledger import Ledger
from infra.provision.setting import Setting

Say = Callable[[str, str], None]
KEPT = (
    "kept on purpose: the key pair, the security groups that were there before, "
    "the application credential, pinned host keys, and all logs"
)


def run(setting: Setting, ledger: Ledger, tell: Say) -> dict[str, list[str]]:
    """Remove what was made; return what bears the site's name in the project all the same.

    Nothing happens twice: what is gone already is passed over.
    """
    work = _plan(setting, ledger, tell)
    pools = lease.pools(setting).values()
    leased = [pool for pool in pools if lease.find(setting, pool)]
    names = ", ".join(pool.name for pool in leased) or "no lease"
    if work:
        lines, what = work.shown()
        tell("terraform", "\n".join(lines))
        setting.agree(f"{what} of site {setting.site.name}, and then {names}?")
        work.apply()
        tell("terraform", "everything in its state is gone")
    elif leased:
        setting.agree(f"Delete {names} of site {setting.site.name}?")
    for pool in leased:
        lease.delete(setting, pool, lambda said: tell("lease", said))
        tell("lease", f"{pool.name} is gone")
    if not leased:
        tell("lease", "there is none")
    inventory.forget(setting)
    if (work_folder := setting.folder / "terraform").exists():
        shutil.rmtree(work_folder)
    ledger.forget()
    return leftovers(setting)


def leftovers(setting: Setting) -> dict[str, list[str]]:
    """List what bears the site's name in the project."""
    found: Mapping[str, Any] = asking.ask(
        setting.clouds_file, setting.openstack["cloud"], "leftovers", suffix=setting.suffix
    )
    return {kind: list(names) for kind, names in found.items() if names}


def _plan(setting: Setting, ledger: Ledger, tell: Say) -> terraform.Work | None:
    folder: Path = setting.folder / "terraform"
    if not (folder / "site.auto.tfvars.json").exists():
        tell("terraform", "it has made nothing here")
        return None
    work = terraform.Work(setting, ledger.log("destroy"), lambda said: tell("terraform", said))
    work.begin()
    if not work.resources():
        tell("terraform", "its state is empty")
        return None
    work.plan("-destroy")
    return work
