"""Ask all nodes at once; what one of them does costs the others nothing."""

import subprocess
import threading
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import testinfra

from tests.nodes.audit.check import Check
from tests.nodes.audit.facts import Facts, Node

AT_ONCE = 64
# Some kernels' sandboxes lose the child's memory when several threads vfork at once, and then no
# ssh starts ("Bad address"); the standard library documents this switch for such cases.
subprocess._USE_VFORK = False  # type: ignore[attr-defined]


class UnreachableError(Exception):
    """A node does not answer; which is no failed check."""


class Answers:
    """What each node said to each check, as it comes in."""

    def __init__(self) -> None:
        self._futures: dict[tuple[str, str], Future[list[str]]] = {}
        self._reached: dict[str, Future[None]] = {}
        self._pool = ThreadPoolExecutor(AT_ONCE)
        self._stop = threading.Event()

    def ask(self, nodes: Mapping[str, Node], wanted: Iterable[tuple[str, Check]]) -> None:
        """Begin to ask; each node its checks one after the other."""
        lists: dict[str, list[Check]] = {name: [] for name in nodes}
        for name in nodes:
            self._reached[name] = Future()
        for name, check in wanted:
            lists[name].append(check)
            self._futures[name, check.name] = Future()
        for name, checks in lists.items():
            self._pool.submit(self._one, nodes[name], checks)

    def reached(self, node: str) -> None:
        """Wait until a node has answered for the first time.

        Raises:
            UnreachableError: it does not.
        """
        self._reached[node].result()

    def of(self, node: str, check: str) -> list[str]:
        """Wait for an answer: what is wrong, which may be nothing.

        Raises:
            UnreachableError: the node does not answer.
        """
        return self._futures[node, check].result()

    def end(self) -> None:
        """Ask no more."""
        self._stop.set()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _one(self, node: Node, checks: Sequence[Check]) -> None:
        away = reach(node)
        first = self._reached[node.name]
        if away:
            first.set_exception(away)
        else:
            first.set_result(None)
        for check in checks:
            future = self._futures[node.name, check.name]
            if away is None and self._stop.is_set():
                away = UnreachableError(f"{node.name}: the audit was ended")
            if away is not None:
                future.set_exception(away)
                continue
            try:
                future.set_result(list(check.judge(node)))
            except RuntimeError as error:
                # testinfra's word for ssh that ended with 255: the way to the node is gone.
                away = reach(node)
                future.set_exception(away or error)
            except Exception as error:  # noqa: BLE001  one check's mistake is its own result
                future.set_exception(error)


def reach(node: Node) -> UnreachableError | None:
    """Say why a node cannot be reached, if so."""
    try:
        done = node.host.run("true")
    except RuntimeError as error:
        said = str(getattr(error.args[0], "stderr", "")).strip().splitlines() if error.args else []
        return UnreachableError(f"{node.name} cannot be reached: {said[-1] if said else error}")
    if done.rc:
        said = done.stderr.strip().splitlines() or ["no reason given"]
        return UnreachableError(f"{node.name} lets nobody become root: {said[-1]}")
    return None


def nodes(facts: Facts) -> dict[str, Node]:
    """Return a site's nodes, none of them asked yet."""
    found = {}
    for line in facts.hosts.read_text(encoding="utf-8").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        host = testinfra.get_host(
            line.strip(), sudo=facts.user != "root", timeout=int(facts.connect_seconds + 0.999),
            ssh_extra_args="-o BatchMode=yes",
        )  # fmt: skip
        name = host.backend.get_hostname()
        found[name] = Node(name, host, facts)
    return found
