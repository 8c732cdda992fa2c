"""Collect what a leaf left behind: parameters, artifacts, its printed result."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from workflows.runner.errors import NodeFault
from workflows.runner.nodes.container import Container

if TYPE_CHECKING:
    from workflows.runner.nodes.pod import Pod


def outputs(pod: "Pod", main: Container, result: str | None) -> tuple[dict[str, Any], str | None]:
    """Give a leaf's outputs, and what is wrong with them if something is."""
    declared = pod.template.get("outputs") or {}
    made: dict[str, Any] = {}
    trouble: str | None = None
    if result is not None:
        made["result"] = result
    if declared.get("parameters"):
        made["parameters"], trouble = _parameters(declared["parameters"], main)
    if declared.get("artifacts"):
        found, missing = _artifacts(pod, declared["artifacts"], main)
        trouble = trouble or missing
        if found:
            made["artifacts"] = found
    return made, trouble


def _parameters(
    declared: list[dict[str, Any]], main: Container
) -> tuple[list[dict[str, Any]], str | None]:
    """Read parameters in order; after the first that is missing they have no value."""
    made: list[dict[str, Any]] = []
    trouble: str | None = None
    for item in declared:
        source = item.get("valueFrom") or {}
        if trouble is not None or not source.get("path"):
            made.append(dict(item))
            continue
        value, trouble = _read(source, main)
        made.append(dict(item) if value is None else {**item, "value": value})
    return made, trouble


def _read(source: dict[str, Any], main: Container) -> tuple[str | None, str | None]:
    path: Path = main.box.host_path(source["path"])
    try:
        text = path.read_bytes().decode("utf-8", "replace")
    except (FileNotFoundError, NotADirectoryError):
        if source.get("default") is not None:
            return str(source["default"]).removesuffix("\n"), None
        return None, f"open {source['path']}: no such file or directory"
    except (IsADirectoryError, PermissionError) as error:
        if source.get("default") is not None:
            return str(source["default"]).removesuffix("\n"), None
        return None, f"read {source['path']}: {error.strerror}"
    return text.removesuffix("\n"), None


def _artifacts(
    pod: "Pod", declared: list[dict[str, Any]], main: Container
) -> tuple[list[dict[str, Any]], str | None]:
    made: list[dict[str, Any]] = []
    for item in declared:
        if not item.get("path"):
            continue
        source = main.box.host_path(item["path"])
        if not source.exists():
            if item.get("optional"):
                continue
            return made, f"open {item['path']}: no such file or directory"
        key = f"{pod.run_.name}/{pod.frame.pod_name}/{item['name']}.tgz"
        try:
            made.append(pod.run_.hub.artifacts.save(source, item, key))
        except (NodeFault, OSError) as error:
            return made, str(error)
    return made, None
