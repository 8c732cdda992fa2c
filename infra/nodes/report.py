"""Findings for people and for machines: a table of node by check, JSON, and JUnit."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any
from xml.etree import ElementTree

from rich.table import Table

from infra.nodes.checks import Finding

SIGNS = {"ok": "[green]ok[/]", "bad": "[red]bad[/]", "advice": "[yellow]advice[/]",
         "unreachable": "[red]unreachable[/]"}  # fmt: skip


def table(findings: Sequence[Finding]) -> Table:
    """Return a row for each check and a column for each node."""
    nodes = list(dict.fromkeys(finding.node for finding in findings))
    checks = list(dict.fromkeys(finding.check for finding in findings))
    states = {(finding.node, finding.check): finding.state for finding in findings}
    result = Table("check", *nodes, box=None, pad_edge=False)
    for check in checks:
        result.add_row(check, *(SIGNS.get(states.get((node, check), ""), "·") for node in nodes))
    return result


def summary(findings: Sequence[Finding]) -> str:
    """Return one line that says how it went."""
    nodes = {finding.node for finding in findings}
    ready = nodes - {finding.node for finding in findings if finding.is_bad}
    count = Counter(finding.state for finding in findings)
    text = f"{len(ready)} of {len(nodes)} nodes are ready; {sum(count.values())} answers"
    for state in ("bad", "advice", "unreachable"):
        text += f", {count[state]} {state}" if count[state] else ""
    return f"{text}."


def as_json(site: str, findings: Sequence[Finding]) -> dict[str, Any]:
    """Return facts for other programs."""
    return {
        "site": site,
        "ready": not any(finding.is_bad for finding in findings),
        "findings": [asdict(finding) for finding in findings],
    }


def junit(site: str, findings: Sequence[Finding]) -> str:
    """Return a JUnit report: a case for each node and check."""
    bad = [finding for finding in findings if finding.state == "bad"]
    lost = [finding for finding in findings if finding.state == "unreachable"]
    suite = ElementTree.Element(
        "testsuite", name=f"check-nodes {site}", tests=str(len(findings)),
        failures=str(len(bad)), errors=str(len(lost)),
    )  # fmt: skip
    for finding in findings:
        case = ElementTree.SubElement(
            suite, "testcase", classname=f"{site}.{finding.node}", name=finding.check
        )
        text = f"{finding.problem}. {finding.remedy}"
        if finding.state == "unreachable":
            ElementTree.SubElement(case, "error", message=finding.problem).text = text
        elif finding.state == "bad":
            ElementTree.SubElement(case, "failure", message=finding.problem).text = text
        elif finding.state == "advice":
            ElementTree.SubElement(case, "system-out").text = text
    ElementTree.indent(suite)
    return ElementTree.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"
