"""Hold the nodes against what the site promises: `tests/nodes`, in an environment of its own."""

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from infra.provision import environment, inventory, prepare
from infra.provision.errors import StageError, log_tail
from infra.provision.ledger import DONE, Ledger
from infra.provision.setting import Setting, Tell, Waiting
from infra.sites.site import Site

ROOT = Path(__file__).resolve().parents[2]
TESTS = ROOT / "tests" / "nodes"
LOCK = TESTS / "requirements.txt"
FACTS, JUNIT = "audit-facts.json", "audit.xml"
SUMMARY, RESULTS = "audit.json", "audit-results.json"
COUNTED = ("passed", "failed", "waived", "unreachable")
SHOWN = 20
# A promise is kept or not as of now; yesterday's answer says nothing.
ALWAYS = True
FINE, BAD = 0, 1


def inputs(setting: Setting, results: Mapping[str, Any]) -> dict[str, Any]:
    """What the audit asks."""
    return facts(inventory.filled(setting, results), setting.folder, installed(setting.folder))


def run(setting: Setting, results: Mapping[str, Any], tell: Tell, log: Path) -> dict[str, Any]:
    """Ask every node at once; leave a page, JUnit and a summary in the site's folder.

    Raises:
        StageError: a promise is broken, or a node does not answer; which, and where the page is.
    """
    site = inventory.filled(setting, results)
    lay_out(site, setting.folder)
    tell(Waiting(f"{len(site.nodes)} nodes"))
    with log.open("w", encoding="utf-8") as out:
        code = audit(setting.folder, (), out=out)
    if code not in (FINE, BAD):
        what = f"the audit could not be made (it ended with {code}){log_tail(log)}"
        raise StageError("audit", what, "Mend that and run the same command again")
    found: dict[str, Any] = json.loads((setting.folder / SUMMARY).read_text(encoding="utf-8"))
    said = ", ".join(f"{found[key]} {key}" for key in COUNTED)
    if code == BAD:
        what = f"{said}\n{broken(setting.folder)}\n(the whole page: {found['report']})"
        raise StageError("audit", what, "Mend these, or waive them in tests/nodes/waivers.yaml")
    tell(f"{said}; {found['report']}")
    return found


def installed(folder: Path) -> bool:
    """Say whether Kubespray has brought Kubernetes here; before, nothing of it is promised."""
    record = Ledger(folder).latest().get("kubespray")
    return record is not None and record.state == DONE


def facts(site: Site, folder: Path, cluster: bool) -> dict[str, Any]:
    """Return what the audit has to know of a site."""
    return {
        "site": site.name,
        "hosts": str((folder / "testinfra").absolute()),
        "user": site.ssh.user,
        "connect_seconds": site.ssh.connect_seconds,
        "clock_seconds": site.needs.clock_seconds,
        "timezone": site.needs.timezone,
        "ipv6": site.network.ipv6,
        "dns_name": site.network.dns_name,
        "firewall": site.needs.firewall,
        "modules": list(site.needs.modules),
        "kubernetes": cluster,
        "volume": prepare.volume_place(site),
        "nodes": {
            node.name: {"address": node.address, "roles": list(node.roles)} for node in site.nodes
        },
        "users": [{"name": user.name, "sudo": user.sudo} for user in site.users],
    }


def lay_out(site: Site, folder: Path) -> None:
    """Write them for tests/nodes to read."""
    half = folder / f".{FACTS}.new"
    known = facts(site, folder, installed(folder))
    half.write_text(json.dumps(known, indent=2) + "\n", encoding="utf-8")
    half.replace(folder / FACTS)


def audit(folder: Path, more: Sequence[str], out: Any = None) -> int:
    """Run tests/nodes for the site whose folder this is, and return pytest's exit code.

    Raises:
        StageError: its environment cannot be made.
    """
    argv = [str(environment.python("audit", LOCK)), "-m", "pytest", "-c", str(TESTS / "pytest.ini")]
    argv += [f"--rootdir={TESTS}", f"--facts={folder / FACTS}", f"--out={folder}"]
    argv += [f"--junitxml={folder / JUNIT}", "-q", "--no-header", *more, str(TESTS / "audit")]
    env = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")}
    done = subprocess.run(
        argv, cwd=ROOT, env=env, stdin=subprocess.DEVNULL, stdout=out,
        stderr=subprocess.STDOUT if out else None, check=False,
    )  # fmt: skip
    return done.returncode


def broken(folder: Path) -> str:
    """Return a sentence for each promise that is broken, and each node that does not answer."""
    results = json.loads((folder / RESULTS).read_text(encoding="utf-8"))
    found = [one["said"] for one in results if one["state"] in ("failed", "unreachable")]
    more = [f"and {len(found) - SHOWN} more"] if len(found) > SHOWN else []
    return "\n".join(f"✗ {line}" for line in [*found[:SHOWN], *more])
