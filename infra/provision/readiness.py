"""Ask the nodes whether they are ready for Kubernetes, before it is let loose on them."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from infra.provision import inventory
from infra.provision.errors import StageError
from infra.provision.setting import Setting, Tell


def inputs(setting: Setting, _results: Mapping[str, Any]) -> dict[str, Any]:
    """What the checks judge by."""
    return asdict(setting.site.needs)


def run(setting: Setting, results: Mapping[str, Any], tell: Tell, log: Path) -> dict[str, Any]:
    """Check every node at once.

    Raises:
        StageError: a node is not ready; each finding with its remedy.
    """
    from infra.nodes import inspection, report

    site = inventory.filled(setting, results)
    findings = inspection.inspect(site, setting.folder / "known_hosts")
    log.write_text("".join(f"{finding}\n" for finding in findings), encoding="utf-8")
    tell(report.summary(findings))
    if bad := [str(finding) for finding in findings if finding.is_bad]:
        what = "not every node is ready\n" + "\n".join(bad) + "\n"
        raise StageError("node-checks", what, "Mend that and run the same command again")
    return {}
