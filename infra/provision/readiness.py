"""Ask the nodes whether they are ready for Kubernetes, before it is let loose on them."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from infra.provision import inventory
from infra.provision.errors import StageError
from infra.provision.ledger import Ledger
from infra.provision.setting import Setting, Tell, Waiting

if TYPE_CHECKING:
    from infra.nodes.checks import Finding

# A server that is younger may still be booting.
GROWN = 300.0
POLL = 2.0
# What time alone mends on a server that boots.
BOOTS = ("ssh", "boot")
# What ends by itself anywhere: unattended upgrades, or what a killed play has left running.
ENDS, ENDED_BY = "packages", 180.0
# Once Kubespray or MicroK8s has begun, this is our own cluster and not one in its way.
OURS, BEGUN = ("bare", "ports"), ("kubespray", "after-cluster")
# The next stage mends what names this as its remedy.
PREPARES = "playbooks/prepare.yml"


def inputs(setting: Setting, _results: Mapping[str, Any]) -> dict[str, Any]:
    """What the checks judge by."""
    return asdict(setting.site.needs)


def run(setting: Setting, results: Mapping[str, Any], tell: Tell, log: Path) -> dict[str, Any]:
    """Check every node at once; wait for those that were made a moment ago.

    Raises:
        StageError: a node is not ready; each finding with its remedy.
    """
    from infra.nodes import inspection, report

    site = inventory.filled(setting, results)
    known_hosts = setting.folder / inventory.KNOWN_HOSTS
    grown, ended = inventory.made_at(setting) + GROWN, time.time() + ENDED_BY
    while True:
        findings = inspection.inspect(site, known_hosts)
        waits = list(_settling(findings, boots=time.time() < grown, ends=time.time() < ended))
        if not waits:
            break
        tell(Waiting(f"{waits[0].node}: {waits[0].check}: {waits[0].problem}"))
        time.sleep(POLL)
    log.write_text("".join(f"{finding}\n" for finding in findings), encoding="utf-8")
    tell(report.summary(findings))
    known = OURS if set(BEGUN) & Ledger(setting.folder).latest().keys() else ()
    bad = [finding for finding in findings if finding.is_bad and finding.check not in known]
    for finding in (each for each in bad if _is_prepared(each)):
        tell(f"{finding.node}: {finding.check}: {finding.problem}; the next stage mends that")
    if stops := [str(finding) for finding in bad if not _is_prepared(finding)]:
        what = "not every node is ready\n" + "\n".join(stops) + "\n"
        raise StageError("node-checks", what, "Mend that and run the same command again")
    return {}


def _settling(findings: Sequence["Finding"], *, boots: bool, ends: bool) -> Iterator["Finding"]:
    """Yield what time alone may mend.

    Args:
        findings: What is wrong now.
        boots: Whether the servers are so young that they may be booting.
        ends: Whether a package manager may have more time.
    """
    for finding in findings:
        # Another key than the pinned one does not become right by waiting.
        settles = finding.check in BOOTS and "shows the key" not in finding.problem
        if finding.is_bad and ((boots and settles) or (ends and finding.check == ENDS)):
            yield finding


def _is_prepared(finding: "Finding") -> bool:
    return finding.state == "bad" and PREPARES in finding.remedy
