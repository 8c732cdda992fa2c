"""Check the nodes of a site before Kubernetes comes to them."""

import os
from pathlib import Path

from invoke import Context, Exit, task

ROOT = Path(__file__).resolve().parents[2]


@task(
    help={
        "site": "a site's name, or the path of its file",
        "json": "print facts for other programs",
        "junit": "also write a JUnit report to this file",
    }
)
def check_nodes(_c: Context, site: str = "", json: bool = False, junit: str = "") -> None:
    """Ask every node at once if it is ready for Kubernetes."""
    from infra.errors import ProvisionError
    from infra.inventory import current
    from infra.nodes import inspection, report

    state = Path(os.environ.get("GOURMET_STATE") or ROOT / ".local")
    try:
        chosen = current.load_made(site, _from(""), state)
        known_hosts = current.folder_of(state, chosen.name) / "known_hosts"
        findings = inspection.inspect(chosen, known_hosts)
    except ProvisionError as error:
        raise Exit(str(error), error.code) from error
    if junit:
        _from(junit).write_text(report.junit(chosen.name, findings), encoding="utf-8")
    if json:
        from json import dumps

        print(dumps(report.as_json(chosen.name, findings), indent=2))
    else:
        from rich.console import Console

        console = Console(soft_wrap=True)
        console.print(report.table(findings))
        for finding in findings:
            if finding.state != "ok":
                console.print(str(finding), markup=False, highlight=False)
        console.print(report.summary(findings), highlight=False)
    if any(finding.is_bad for finding in findings):
        raise Exit(code=1)


def _from(path: str) -> Path:
    return Path(os.environ.get("GOURMET_FROM", ".")) / path


TOP = {"check-nodes": check_nodes}
