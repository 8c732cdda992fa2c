"""Container sets: several containers in one pod, one after another by their dependencies."""

from collections.abc import Mapping, Sequence
from typing import Any

from workflows.runner.check.rules.fault import Fault, Place, within
from workflows.runner.check.rules.inputs import artifacts_of, parameters_of
from workflows.runner.check.rules.names import check_names
from workflows.runner.check.rules.registry import Template

Data = dict[str, Any]


def check_container_set(template: Template) -> None:
    """Check the containers of a set and their order."""
    data, at = template.data, f"templates.{template.name}.containerSet."
    containers = data["containerSet"].get("containers") or []
    place = template.place / "containerSet"
    with within(at):
        if not containers:
            raise Fault("containers must have at least one container", place)
        with within("containers"):
            check_names(containers, place / "containers")
        _check_mounts(data["containerSet"], place)
        _check_dependencies(containers, place / "containers")
    _check_main(at, data, containers, place)
    for index, container in enumerate(containers):
        if is_reserved(container["name"]):
            raise Fault(
                f'{at}containers: "{container["name"]}" is a reserved Argo container name',
                place / "containers" / index,
            )


def is_reserved(name: str) -> bool:
    """Say whether Argo keeps a container name for its own containers."""
    return name in ("wait", "supervisor") or name.startswith("artifact-plugin-")


def _check_mounts(container_set: Data, place: Place) -> None:
    taken: dict[str, str] = {}
    for index, mount in enumerate(container_set.get("volumeMounts") or []):
        path = mount.get("mountPath") or ""
        if path in taken:
            raise Fault(
                f"volumeMounts[{index}].mountPath '{path}' already mounted in {taken[path]}",
                place / "volumeMounts" / index,
            )
        taken[path] = f"volumeMounts.{mount.get('name')}"


def _check_dependencies(containers: Sequence[Data], place: Place) -> None:
    order = {container["name"]: container.get("dependencies") or [] for container in containers}
    for index, container in enumerate(containers):
        for name in order[container["name"]]:
            if name not in order:
                raise Fault(
                    f"containers.{container['name']} dependency '{name}' not defined",
                    place / index / "dependencies",
                )
    if cycle := find_cycle(order):
        raise Fault(f"containers dependency cycle detected: {'->'.join(cycle)}", place)


def find_cycle(order: Mapping[str, Sequence[str]]) -> list[str]:
    """Find names that wait for one another, the first named again at the end."""
    done: set[str] = set()

    def walk(name: str, trail: list[str]) -> list[str]:
        if name in done:
            return []
        for needed in order[name]:
            if needed in trail:
                return [*trail, needed]
            if cycle := walk(needed, [*trail, needed]):
                return cycle
        done.add(name)
        return []

    return next((cycle for name in sorted(order) if (cycle := walk(name, []))), [])


def _check_main(at: str, data: Data, containers: Sequence[Data], place: Place) -> None:
    passes_something = (
        artifacts_of(data, "inputs")
        or parameters_of(data, "outputs")
        or artifacts_of(data, "outputs")
    )
    if passes_something and all(container["name"] != "main" for container in containers):
        raise Fault(
            f'{at}containers must have a container named "main" for input or output',
            place / "containers",
        )
