"""One audit: every node × check is a test; an unreachable node is a result of its own."""

import datetime
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.nodes.audit import asking, catalogue, waivers
from tests.nodes.audit.facts import Facts
from tests.nodes.audit.report import Outcome, Report
from tests.nodes.audit.state import ANSWERS, FACTS, HELD, NODES, REPORT

WAIVERS = Path(__file__).parents[1] / "waivers.yaml"
NOTHING_TO_ASK = 2


def pytest_addoption(parser: pytest.Parser) -> None:
    """Say what an audit is told."""
    group = parser.getgroup("audit")
    group.addoption("--facts", type=Path, required=True, help="facts of the site")
    group.addoption("--out", type=Path, required=True, help="folder for the reports")
    group.addoption("--waivers", type=Path, default=WAIVERS, help="the list of waivers")


def pytest_configure(config: pytest.Config) -> None:
    """Read what the audit is about; without a node there is nothing to be content with."""
    facts = Facts.read(config.getoption("--facts"))
    config.stash[FACTS] = facts
    config.stash[NODES] = nodes = asking.nodes(facts)
    if not nodes:
        said = f"{facts.hosts} lists no host, and an empty audit would look like a good one."
        pytest.exit(f"{said} Run `invoke provision --site {facts.site} --only inventory`.",
                    returncode=NOTHING_TO_ASK)  # fmt: skip
    held, wrong = waivers.read(
        config.getoption("--waivers"), catalogue.BY_NAME, {facts.site: list(nodes)},
        datetime.datetime.now(datetime.UTC).date(),
    )  # fmt: skip
    config.stash[HELD] = held
    config.stash[REPORT] = Report(facts.site, facts.kubernetes, held, wrong)
    config.stash[ANSWERS] = asking.Answers()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make a test of every node and every check that it has to pass."""
    if "check" in metafunc.fixturenames:
        pairs = [
            (node.name, check)
            for node in metafunc.config.stash[NODES].values()
            for check in catalogue.ALL
            if check.concerns(node)
        ]
        ids = [f"{node}-{check.name}" for node, check in pairs]
        metafunc.parametrize(("name", "check"), pairs, ids=ids)
    elif "name" in metafunc.fixturenames:
        metafunc.parametrize("name", list(metafunc.config.stash[NODES]))


def pytest_collection_finish(session: pytest.Session) -> None:
    """Begin to ask all nodes at once, what was chosen."""
    config = session.config
    chosen = [item.callspec.params for item in session.items if hasattr(item, "callspec")]
    wanted = [(params["name"], params["check"]) for params in chosen if "check" in params]
    if not config.option.collectonly:
        config.stash[ANSWERS].ask(config.stash[NODES], wanted)


def pytest_deselected(items: list[pytest.Item]) -> None:
    """A part of an audit is not the site's audit."""
    if items:
        items[0].config.stash[REPORT].whole = False


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Iterator[pytest.TestReport]:
    """Keep what came out, for our own report."""
    report = yield
    if report.when == "call" or (report.when == "setup" and not report.passed):
        item.config.stash[REPORT].take(Outcome.read(item, report, call))
    return report


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write the reports."""
    stash = session.config.stash
    if ANSWERS in stash:
        stash[ANSWERS].end()
    if REPORT in stash and stash[REPORT].whole and not session.config.option.collectonly:
        stash[REPORT].write(session.config.getoption("--out"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say in the end what a person wants to know."""
    report = terminalreporter.config.stash.get(REPORT, None)
    if report:
        for line in report.lines():
            terminalreporter.line(line)
