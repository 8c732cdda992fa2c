"""Judge an inventory with its settings: every fault at once, before Ansible starts."""

from collections.abc import Sequence
from pathlib import Path

from infra.kubespray import declared, pin
from infra.kubespray.case import Case
from infra.kubespray.faults import Fault
from infra.kubespray.rules import (
    combinations,
    groups,
    hosts,
    names,
    promises,
    ranges,
    variables,
)
from infra.sites.site import Site

RULES = tuple(
    rule
    for module in (groups, hosts, ranges, variables, combinations, names, promises)
    for rule in module.RULES
)


def faults(
    inventory: Path, folders: Sequence[Path] = (pin.GROUP_VARS,), site: Site | None = None
) -> list[Fault]:
    """Return all that is wrong with an inventory and its folders of group_vars."""
    found = declared.read(inventory, folders)
    case = Case(found, pin.accepts(), site)
    said = [*found.faults, *(fault for rule in RULES for fault in rule(case))]
    return sorted(dict.fromkeys(said), key=lambda fault: _place(fault.where))


def _place(where: str) -> tuple[str, int]:
    file, _colon, line = where.rpartition(":")
    return (file, int(line)) if line.isdigit() else (where, 0)
