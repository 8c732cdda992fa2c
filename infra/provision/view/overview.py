"""A site with nodes at a glance: its lease, its nodes, its stages, its last audit."""

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from infra.provision.cloud import lease
from infra.provision.errors import CloudError
from infra.provision.ledger import DONE, Ledger
from infra.provision.setting import Setting

if TYPE_CHECKING:
    from rich.console import Console

AUDIT = "audit.json"
OLD = timedelta(days=7)


@dataclass(frozen=True)
class Node:
    """One node: where it is reached, and what it answers."""

    name: str
    address: str
    reached_at: str
    says: str
    answers: bool


@dataclass(frozen=True)
class Overview:
    """What is known of a site now.

    Attributes:
        leases: A sentence for each lease.
        stages: Name of each stage and how it last went.
        audit: What the last audit found, or None where there was none.
        problems: What somebody should do something about.
    """

    site: str
    leases: tuple[str, ...]
    nodes: tuple[Node, ...]
    stages: tuple[tuple[str, str], ...]
    audit: dict[str, Any] | None
    problems: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """Return the same facts for programs."""
        return {**asdict(self), "stages": dict(self.stages)}


def look(setting: Setting, ledger: Ledger) -> Overview:
    """Ask the cloud and the nodes at once, and read what was written down."""
    with ThreadPoolExecutor(2) as pool:
        asked = pool.submit(_leases, setting)
        nodes = _nodes(setting)
        leases = asked.result()
    audit = _audit(setting)
    stages = tuple((name, _went(record)) for name, record in ledger.latest().items())
    now = datetime.now(UTC)
    problems = [
        *(said for said, wrong in leases if wrong),
        *(f"{node.name} does not answer: {node.says}" for node in nodes if not node.answers),
        *_audit_problems(audit, now),
    ]
    return Overview(
        setting.site.name, tuple(said for said, _ in leases), nodes, stages, audit, tuple(problems)
    )


def _leases(setting: Setting) -> list[tuple[str, bool]]:
    """Return a sentence for each lease, and whether somebody should do something."""
    if setting.site.kind != "openstack":
        return []
    if setting.clouds is None:
        return [("no clouds.yaml here, so the lease is unknown", True)]
    found = []
    for pool in lease.pools(setting).values():
        try:
            there = lease.find(setting, pool)
        except CloudError as error:
            found.append((f"lease {pool.name}: {error}", True))
            continue
        if there is None:
            found.append((f"no lease {pool.name}", False))
        else:
            said = lease.left(there)
            found.append((said, "extend it" in said or there["status"] != "ACTIVE"))
    return found


def _nodes(setting: Setting) -> tuple[Node, ...]:
    from infra.inventory import current
    from infra.nodes import ask
    from infra.provision import inventory

    site = current.load_filled(setting.site, setting.folder)
    made = setting.site.kind != "openstack" or (setting.folder / current.KEPT).exists()
    if not made:
        return ()
    replies = ask.every_node(
        site, {node.name: () for node in site.nodes}, setting.folder / inventory.KNOWN_HOSTS
    )
    return tuple(
        Node(node.name, node.address, node.reached_at, *_said(replies[node.name]))
        for node in site.nodes
    )


def _said(reply: Any) -> tuple[str, bool]:
    reason = getattr(reply, "reason", None)
    return (reason, False) if reason else ("answers", True)


def _went(record: Any) -> str:
    if record.state == DONE:
        return f"done {record.at}, {record.seconds:.0f} s"
    said = record.said.strip().splitlines()
    return f"{record.state} {record.at}{': ' + said[0] if said else ''}"


def _audit(setting: Setting) -> dict[str, Any] | None:
    file = setting.folder / AUDIT
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except ValueError:
        return {"broken": str(file)}
    return found if isinstance(found, dict) else {"broken": str(file)}


def _audit_problems(audit: Mapping[str, Any] | None, now: datetime) -> list[str]:
    if audit is None:
        return []
    if "broken" in audit:
        return [f"{audit['broken']} cannot be read; audit again"]
    found = []
    if audit["failed"] or audit["unreachable"]:
        found.append(f"the last audit failed: {audit_line(audit)}")
    if now - datetime.fromisoformat(audit["at"]) > OLD:
        found.append(f"the last audit is of {audit['at']}: invoke provision --only audit")
    return found


def audit_line(audit: Mapping[str, Any]) -> str:
    """Say in a line what an audit found."""
    counts = ", ".join(
        f"{audit[key]} {key}" for key in ("passed", "failed", "waived", "unreachable")
    )
    return f"{counts} ({audit['at']}; {audit['report']})"


def show(found: Overview, console: "Console") -> None:
    """Print an overview; what is wrong comes last, in red."""
    from rich.table import Table
    from rich.text import Text

    for said in found.leases:
        if said not in found.problems:
            console.print(said, markup=False, highlight=False)
    table = Table("node", "address", "reached at", "", box=None, pad_edge=False)
    for node in found.nodes:
        table.add_row(node.name, node.address, node.reached_at, node.says)
    console.print(table if found.nodes else "no nodes yet: invoke provision makes them")
    for name, went in found.stages:
        console.print(f"{name:<18} {went}", markup=False, highlight=False)
    line = audit_line(found.audit) if found.audit and "broken" not in found.audit else "none yet"
    console.print(f"last audit: {line}", markup=False, highlight=False)
    for problem in found.problems:
        console.print(Text(problem, style="red"))
