"""From a site to findings: ask its nodes, judge what they answer, one by one and together."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from infra.errors import NoHostsError
from infra.nodes import ask, between, catalogue
from infra.nodes.ask import Reply, Silence
from infra.nodes.checks import Check, Finding
from infra.sites.site import Site

Checks = Mapping[str, Sequence[Check]]
SET_CLOCK = "Run playbooks/prepare.yml, which installs chrony, and wait until it has settled."


def inspect(site: Site, known_hosts: Path) -> list[Finding]:
    """Ask every node of a site, and judge.

    Raises:
        NoHostsError: there is no node to ask.
    """
    if not site.nodes:
        raise NoHostsError(site.name)
    checks = {node.name: catalogue.for_node(site, node) for node in site.nodes}
    return list(judge(site, checks, ask.every_node(site, checks, known_hosts)))


def judge(site: Site, checks: Checks, replies: Mapping[str, Reply | Silence]) -> Iterator[Finding]:
    """Yield a finding for each node and check, in the order of the site's file."""
    answered = {name: reply for name, reply in replies.items() if isinstance(reply, Reply)}
    together = _together(site, checks, answered)
    for node, reply in replies.items():
        if isinstance(reply, Silence):
            yield Finding(node, "ssh", "unreachable", reply.reason, reply.remedy)
            continue
        yield Finding(node, "ssh", "ok")
        for check in checks[node]:
            output = reply.answers.outputs[check.name]
            problem = together[check.name].get(node) if check.together else _problem(check, output)
            yield _finding(node, check, problem)
        for name in (catalogue.CLOCK, catalogue.CLOCKS):
            problem = together[name].get(node)
            yield Finding(node, name, "bad" if problem else "ok", problem or "",
                          SET_CLOCK if problem else "")  # fmt: skip


def _together(
    site: Site, checks: Checks, answered: Mapping[str, Reply]
) -> dict[str, Mapping[str, str]]:
    limit = site.needs.clock_seconds
    offsets = {
        name: between.Offset.measure(reply.answers.clock, reply.asked, reply.answered)
        for name, reply in answered.items()
    }
    found: dict[str, Mapping[str, str]] = {
        catalogue.CLOCK: {
            name: problem
            for name, offset in offsets.items()
            if (problem := between.clock_is_right(offset, limit=limit))
        },
        catalogue.CLOCKS: between.clocks_agree(offsets, limit=limit),
    }
    for check in next(iter(checks.values()), ()):
        if check.together:
            outputs = {name: reply.answers.outputs[check.name] for name, reply in answered.items()}
            found[check.name] = check.together(outputs)
    return found


def _problem(check: Check, output: str) -> str | None:
    try:
        return check.judge(output)
    except (ValueError, IndexError):
        said = output.strip().partition("\n")[0] or "nothing"
        return f"its answer cannot be read ({said[:100]})"


def _finding(node: str, check: Check, problem: str | None) -> Finding:
    if problem is None:
        return Finding(node, check.name, "ok")
    return Finding(node, check.name, "advice" if check.advice else "bad", problem, check.remedy)
