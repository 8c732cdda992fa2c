"""What Terraform put out, held against the site's file: addresses that stand in no file."""

import dataclasses
import ipaddress
from collections.abc import Mapping
from typing import Any

from infra.errors import OutputsError
from infra.sites.site import Site

# The outputs of infra/kvm: name of each node ► its private address; where the jump host answers.
NODES = "nodes"
FLOATING_IP = "floating_ip"


def fill(site: Site, outputs: Mapping[str, Any]) -> Site:
    """Return the site with what `terraform output -json` says of its nodes.

    Raises:
        OutputsError: an output is missing, or differs from what the site's file declares.
    """
    made = _value(site, outputs, NODES)
    if not isinstance(made, Mapping):
        raise OutputsError(site.name, f"`{NODES}` is no mapping of names to addresses")
    declared = {node.name: node.address for node in site.nodes}
    if missing := sorted(declared.keys() - made.keys()):
        raise OutputsError(site.name, f"it made no {', '.join(missing)}")
    if strange := sorted(made.keys() - declared.keys()):
        raise OutputsError(site.name, f"the file knows no {', '.join(strange)}")
    for name, address in declared.items():
        if made[name] != address:
            raise OutputsError(site.name, f"{name} has {made[name]}, and the file says {address}")
    outside = str(_value(site, outputs, FLOATING_IP))
    try:
        ipaddress.ip_address(outside)
    except ValueError:
        raise OutputsError(site.name, f"`{FLOATING_IP}` is {outside!r}, no address") from None
    nodes = tuple(
        dataclasses.replace(node, ssh_address=outside) if node.jump else node for node in site.nodes
    )
    return dataclasses.replace(site, nodes=nodes)


def _value(site: Site, outputs: Mapping[str, Any], name: str) -> Any:
    found = outputs.get(name)
    if not isinstance(found, Mapping) or "value" not in found:
        raise OutputsError(site.name, f"there is no output `{name}`")
    return found["value"]
