"""A lease is extended: the ledger takes its new end, and the platform is told of it."""

from dataclasses import replace
from typing import Any

from infra.provision import ledger as book
from infra.provision import stages, walk
from infra.provision.cloud import lease
from infra.provision.errors import BusyError, StageError, WishError
from infra.provision.ledger import DONE, Ledger, Record
from infra.provision.setting import Setting
from infra.provision.walk import Say, Wish

PLATFORM = "platform"


def hours(said: str) -> int:
    """Read how many hours a lease is to last longer.

    Raises:
        WishError: it is no whole number above zero.
    """
    if said.isascii() and said.isdigit() and int(said):
        return int(said)
    what = f"--hours {said} is no whole number above zero, and a lease only gets longer"
    raise WishError(what, "Say how many more, such as --hours 6")


def run(setting: Setting, ledger: Ledger, more: int, tell: Say) -> None:
    """Extend every lease of a site by some hours, and renew what is said of their end.

    Raises:
        CloudError: OpenStack refused.
        StageError: the leases last longer, and the platform could not be told.
    """
    extended = {}
    for name, pool in lease.pools(setting).items():
        extended[name] = lease.extend(setting, pool, more)
        tell("lease", lease.left(extended[name]))
    try:
        with book.held(ledger.folder, setting.site.name):
            _renew(setting, ledger, extended, tell)
    except BusyError as error:
        tell("lease", f"the next `invoke provision` tells the platform, for now: {error}")


def _renew(setting: Setting, ledger: Ledger, extended: dict[str, Any], tell: Say) -> None:
    before = ledger.latest()
    leased, platform = before.get("lease"), before.get(PLATFORM)
    if leased is None or leased.state != DONE:
        return
    told = _stands(setting, before)
    result = {name: {**leased.result.get(name, {}), **facts} for name, facts in extended.items()}
    ledger.write(replace(leased, result=result, at=book.now()))
    if platform is None:
        return
    if not told:
        tell(PLATFORM, f"is told by the next `invoke provision --site {setting.site.name}`")
        return
    alone = setting.on((PLATFORM,))
    try:
        walk.go(stages.of(setting), alone, ledger, tell, Wish(only=PLATFORM))
    except StageError as error:
        what = f"the lease is extended, and the platform could not be told: {error}"
        todo = f"Then: invoke provision --site {setting.site.name} --only {PLATFORM}"
        raise StageError("lease", what.rstrip("."), todo) from error


def _stands(setting: Setting, records: dict[str, Record]) -> bool:
    """Tell whether all that the platform is made from is as it was, so that nothing else moves."""
    stage = next(stage for stage in stages.of(setting) if stage.name == PLATFORM)
    results = {name: record.result for name, record in records.items()}
    return not walk.decide(stage, setting, results, records.get(PLATFORM)).runs
