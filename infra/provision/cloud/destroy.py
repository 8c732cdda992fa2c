"""Take a site down again, last made first, the lease at the end; then say what is left."""

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.provision import inventory
from infra.provision.cloud import asking, lease, terraform
from infra.provision.ledger import Ledger
from infra.provision.setting import Setting

Say = Callable[[str, str], None]
VOLUME = "openstack_blockstorage_volume_v3.data"
KEPT = (
    "the key pair and the security groups that were there before",
    "the application credential",
    "all logs and the old ledger",
)


@dataclass(frozen=True)
class End:
    """What is there all the same.

    Attributes:
        left: What bears the site's name, by kind.
        kept: What was left on purpose.
    """

    left: dict[str, list[str]]
    kept: tuple[str, ...]


def run(setting: Setting, ledger: Ledger, tell: Say, keep_volume: bool = False) -> End:
    """Remove what was made.

    Nothing happens twice: what is gone already is passed over.

    Args:
        setting: The site.
        ledger: Its records, which begin anew.
        tell: Hears what happens.
        keep_volume: Leave the data volume, for nodes that are made later.
    """
    work = plan(setting, ledger, tell, keep_volume)
    pools = reversed(lease.pools(setting).values())
    leased = [pool for pool in pools if lease.find(setting, pool)]
    names = ", ".join(pool.name for pool in leased) or "no lease"
    if work:
        lines, what = work.shown()
        tell("terraform", "\n".join(lines))
        setting.agree(f"{what} of site {setting.site.name}, and then {names}?")
        work.apply()
        tell("terraform", "everything in that plan is gone")
    elif leased:
        setting.agree(f"Delete {names} of site {setting.site.name}?")
    for pool in leased:
        lease.delete(setting, pool, lambda said: tell("lease", said))
        tell("lease", f"{pool.name} is gone")
    if not leased:
        tell("lease", "there is none")
    volume = keep_volume and _has_volume(setting, ledger, tell)
    inventory.forget(setting)
    if not volume and (work_folder := setting.folder / "terraform").exists():
        shutil.rmtree(work_folder)
    ledger.forget()
    return _end(setting, volume)


def _end(setting: Setting, volume: bool) -> End:
    left, name = leftovers(setting), f"data-mlops-{setting.suffix}"
    given = setting.openstack["key_pair"]
    left["key pair"] = [each for each in left.get("key pair", ()) if each != given]
    kept: tuple[str, ...] = KEPT
    if volume:
        left["volume"] = [each for each in left.get("volume", ()) if each != name]
        kept = (f"volume {name}, which the next provision takes up again", *KEPT)
    return End({kind: names for kind, names in left.items() if names}, kept)


def leftovers(setting: Setting) -> dict[str, list[str]]:
    """List what bears the site's name, on each cloud that it uses."""
    given, found = setting.openstack, dict[str, list[str]]()
    for cloud in dict.fromkeys([given["cloud"], given.get("gpu", given)["cloud"]]):
        there: Mapping[str, Any] = asking.ask(
            setting.clouds_file, cloud, "leftovers", suffix=setting.suffix
        )
        for kind, names in there.items():
            known = found.setdefault(kind, [])
            known += [name for name in names if name not in known]
    return {kind: names for kind, names in found.items() if names}


def plan(setting: Setting, ledger: Ledger, tell: Say, keep_volume: bool) -> terraform.Work | None:
    """Have Terraform plan what it would remove; None where that is nothing."""
    work = _work(setting, ledger, tell)
    if work is None:
        tell("terraform", "it has made nothing here")
        return None
    there = work.resources()
    goes = [name for name in there if not (keep_volume and name.startswith(VOLUME))]
    if not goes:
        tell("terraform", "only the volume is there" if there else "its state is empty")
        return None
    some = [f"-target={name}" for name in goes] if len(goes) < len(there) else []
    work.plan("-destroy", *some)
    return work


def _has_volume(setting: Setting, ledger: Ledger, tell: Say) -> bool:
    work = _work(setting, ledger, tell)
    return work is not None and any(name.startswith(VOLUME) for name in work.resources())


def _work(setting: Setting, ledger: Ledger, tell: Say) -> terraform.Work | None:
    folder: Path = setting.folder / "terraform"
    if not (folder / "site.auto.tfvars.json").exists():
        return None
    work = terraform.Work(setting, ledger.log("destroy"), lambda said: tell("terraform", said))
    work.begin()
    return work
