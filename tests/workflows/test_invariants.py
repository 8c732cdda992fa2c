"""Random workflows: whatever they are made of, these things hold when they are over."""

import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.workflows import running

SEEDS = range(40)
LEAVES = [
    {"name": "ok", "container": {"image": "x", "command": ["true"]}},
    {"name": "fail", "container": {"image": "x", "command": ["sh", "-c"], "args": ["exit 3"]}},
    {
        "name": "err",
        "container": {"image": "x", "command": ["true"]},
        "outputs": {"parameters": [{"name": "v", "valueFrom": {"path": "/tmp/none"}}]},
    },
    {
        "name": "flaky",
        "retryStrategy": {"limit": "2"},
        "container": {"image": "x", "command": ["sh", "-c"], "args": ["[ {{retries}} -ge 1 ]"]},
    },
]
ENDED = {"Succeeded", "Failed", "Error", "Skipped", "Omitted"}
PARENTS = {"Steps", "DAG", "StepGroup", "TaskGroup", "Retry"}


def _workflow(seed: int) -> dict[str, Any]:
    chance = random.Random(seed)
    inner = _steps(chance, "inner") if chance.random() < 0.5 else _dag(chance, "inner")
    main = _steps(chance, "main") if chance.random() < 0.5 else _dag(chance, "main")
    spec: dict[str, Any] = {"entrypoint": "main", "templates": [main, inner, *LEAVES]}
    if chance.random() < 0.3:
        spec["onExit"] = chance.choice(["ok", "fail"])
    if chance.random() < 0.3:
        spec["parallelism"] = chance.randint(1, 3)
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Workflow",
        "metadata": {"generateName": "random-"},
        "spec": spec,
    }


def _call(chance: random.Random, name: str, where: str) -> dict[str, Any]:
    templates = ["ok", "ok", "ok", "fail", "err", "flaky"] + (["inner"] if where == "main" else [])
    call: dict[str, Any] = {"name": name, "template": chance.choice(templates)}
    if chance.random() < 0.2:
        call["when"] = chance.choice(["true", "false", "1 == 1", "a b"])
    if chance.random() < 0.2:
        call["withItems"] = [chance.randint(0, 9) for _ in range(chance.randint(1, 3))]
    if chance.random() < 0.2:
        call["hooks"] = {"exit": {"template": chance.choice(["ok", "fail"])}}
    return call


def _steps(chance: random.Random, name: str) -> dict[str, Any]:
    groups = []
    for index in range(chance.randint(1, 3)):
        group = [_call(chance, f"s{index}{m}", name) for m in range(chance.randint(1, 3))]
        for call in group:
            if chance.random() < 0.3:
                call["continueOn"] = {"failed": True}
        groups.append(group)
    return {"name": name, "steps": groups}


def _dag(chance: random.Random, name: str) -> dict[str, Any]:
    tasks: list[dict[str, Any]] = []
    for index in range(chance.randint(1, 5)):
        task = _call(chance, f"t{index}", name)
        before = chance.sample([t["name"] for t in tasks], k=min(len(tasks), chance.randint(0, 2)))
        if before:
            results = ("", ".Succeeded", ".Failed", ".Skipped", ".Errored")
            terms = [other + chance.choice(results) for other in before]
            task["depends"] = chance.choice([" && ", " || "]).join(terms)
        tasks.append(task)
    return {"name": name, "dag": {"tasks": tasks}}


@pytest.mark.parametrize("seed", SEEDS)
def test_a_random_workflow_keeps_the_invariants(seed: int, tmp_path: Path) -> None:
    file = tmp_path / "random.yaml"
    file.write_text(yaml.safe_dump(_workflow(seed)), encoding="utf-8")

    (workflow,) = running.run([file], tmp_path)

    status = workflow["status"]
    nodes: Mapping[str, Any] = status["nodes"]
    assert status["phase"] in ("Succeeded", "Failed", "Error")
    _every_node_is_over(nodes)
    _links_lead_somewhere(nodes)
    _times_are_in_order(status, nodes)
    _pods_know_their_code(nodes)
    _a_success_has_no_failed_root(status, nodes, workflow["metadata"]["name"])


def _every_node_is_over(nodes: Mapping[str, Any]) -> None:
    for node in nodes.values():
        assert node["phase"] in ENDED, node
        assert node.get("finishedAt"), node
        assert not node.get("daemoned"), node


def _links_lead_somewhere(nodes: Mapping[str, Any]) -> None:
    reached: set[str] = set()
    for node in nodes.values():
        assert node["id"] in nodes
        for child in node.get("children", ()):
            assert child in nodes, (node["name"], child)
            reached.add(child)
        if node.get("boundaryID"):
            assert nodes[node["boundaryID"]]["type"] in ("Steps", "DAG")
    roots = [n["name"] for key, n in nodes.items() if key not in reached]
    assert all("." not in name or name.endswith(".onExit") for name in roots), roots


def _times_are_in_order(status: Mapping[str, Any], nodes: Mapping[str, Any]) -> None:
    for node in nodes.values():
        assert node["startedAt"] <= node["finishedAt"], node
        assert status["startedAt"] <= node["startedAt"], node
        assert node["finishedAt"] <= status["finishedAt"], node
        outer = nodes.get(node.get("boundaryID", ""))
        if outer is not None:
            assert outer["startedAt"] <= node["startedAt"], node
            assert node["finishedAt"] <= outer["finishedAt"], node


def _pods_know_their_code(nodes: Mapping[str, Any]) -> None:
    for node in nodes.values():
        code = (node.get("outputs") or {}).get("exitCode")
        if node["type"] == "Pod":
            assert code is not None, node
            assert (node["phase"] == "Failed") == (code != "0"), node
        if node["type"] == "Skipped":
            assert code is None, node


def _a_success_has_no_failed_root(
    status: Mapping[str, Any], nodes: Mapping[str, Any], name: str
) -> None:
    exit_node = next((n for n in nodes.values() if n["name"] == f"{name}.onExit"), None)
    if status["phase"] == "Succeeded":
        assert nodes[name]["phase"] == "Succeeded"
        assert exit_node is None or exit_node["phase"] == "Succeeded"
    else:
        failed = nodes[name]["phase"] != "Succeeded"
        assert failed or (exit_node is not None and exit_node["phase"] != "Succeeded")
