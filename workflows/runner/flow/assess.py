"""Which phase a dag has, judged by its targets and the branches that lead to them."""

from collections import deque
from collections.abc import Collection, Iterable, Mapping

from workflows.runner.model.node import RUNNING, SUCCEEDED, UNSUCCESSFUL, Node


def assess(
    nodes: Mapping[str, Node],
    boundary: Node,
    targets: Mapping[str, str],
    goes_on: Mapping[str, Collection[str]],
    *,
    fail_fast: bool,
) -> str:
    """Give the phase of a dag, Running when it is not over.

    Args:
        nodes: All nodes by id.
        boundary: The dag's own node.
        targets: The ids of its target tasks by name.
        goes_on: The phases of a target that its continueOn forgives.
        fail_fast: Whether a failed target ends it while others were never created.
    """
    phases = _branch_phases(nodes, boundary, set(targets.values()))
    if phases is None:
        return RUNNING
    result = SUCCEEDED
    for name, node_id in targets.items():
        phase = phases.get(node_id)
        if phase is None:
            result = RUNNING
            if not fail_fast:
                break
        elif phase in UNSUCCESSFUL and phase not in goes_on[name]:
            result = phase
            if fail_fast:
                break
    return result


def _branch_phases(
    nodes: Mapping[str, Node], boundary: Node, targets: Collection[str]
) -> dict[str, str] | None:
    """Give the phase of each target that was reached, None while something runs.

    A node that was skipped or omitted has the phase of its branch; failures win.
    """
    phases: dict[str, str] = {}
    queue = deque((child, SUCCEEDED) for child in boundary.children)
    seen = set(queue)
    while queue:
        node_id, phase = queue.popleft()
        node = nodes.get(node_id)
        if node is None or not node.fulfilled:
            return None
        if node.completed:
            phase = node.phase
        if node_id in targets and phases.get(node_id) not in UNSUCCESSFUL:
            phases[node_id] = phase
        for child in _next(nodes, node):
            if (child, phase) not in seen:
                seen.add((child, phase))
                queue.append((child, phase))
    return phases


def _next(nodes: Mapping[str, Node], node: Node) -> Iterable[str]:
    if node.type != "Retry":
        return node.children
    found: list[str] = []
    for child in reversed(node.children):
        attempt = nodes.get(child)
        if attempt is None:
            continue
        if attempt.hooked:
            found.append(child)
        else:
            found += attempt.children
    return found
