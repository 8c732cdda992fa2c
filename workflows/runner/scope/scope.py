"""What `{{…}}` can name inside one steps or dag template."""

from collections import ChainMap
from collections.abc import Iterable, Mapping, MutableMapping
from typing import Any

from workflows.runner.errors import NodeFault
from workflows.runner.language import expr
from workflows.runner.language.errors import ExpressionError
from workflows.runner.language.tags import ABSENT
from workflows.runner.model.node import OMITTED, SKIPPED, Node, moment

Artifact = dict[str, Any]


class Scope:
    """Flat names and their values, and the artifacts beside them.

    Attributes:
        values: Texts; ABSENT for the output of a skipped producer without a default.
        artifacts: The artifact that each name means.
    """

    def __init__(self, template: Mapping[str, Any] | None = None) -> None:
        self.values: dict[str, Any] = {}
        self.artifacts: dict[str, Artifact] = {}
        inputs = (template or {}).get("inputs") or {}
        for parameter in inputs.get("parameters") or ():
            self.values[f"inputs.parameters.{parameter['name']}"] = parameter.get("value") or ""
        for artifact in inputs.get("artifacts") or ():
            self.artifacts[f"inputs.artifacts.{artifact['name']}"] = artifact

    def copy(self) -> "Scope":
        """Give a scope that can be added to without touching this one."""
        twin = Scope()
        twin.values.update(self.values)
        twin.artifacts.update(self.artifacts)
        return twin

    def over(self, global_values: MutableMapping[str, str]) -> Mapping[str, Any]:
        """Give every text by name, with the workflow's own beneath."""
        return ChainMap(self.values, global_values)

    def environment(self) -> dict[str, Any]:
        """Give what an expression over this scope sees, artifacts included."""
        flat = {key: None if v is ABSENT else v for key, v in self.values.items()}
        return expr.environment({**flat, **self.artifacts})

    def add_workflow_outputs(self, outputs: Mapping[str, Any] | None) -> None:
        """Add what was exported with globalName so far."""
        for parameter in (outputs or {}).get("parameters") or ():
            if parameter.get("value") is not None:
                name = f"workflow.outputs.parameters.{parameter['name']}"
                self.values[name] = parameter["value"]
        for artifact in (outputs or {}).get("artifacts") or ():
            self.artifacts[f"workflow.outputs.artifacts.{artifact['name']}"] = artifact

    def add_node(self, prefix: str, node: Node) -> None:
        """Add what is known of a step or task, as `steps.NAME` or `tasks.NAME`."""
        self.values[f"{prefix}.id"] = node.id
        self.values[f"{prefix}.startedAt"] = whole_seconds(node.started)
        if node.finished is not None:
            self.values[f"{prefix}.finishedAt"] = whole_seconds(node.finished)
        if node.ip:
            self.values[f"{prefix}.ip"] = node.ip
        self.values[f"{prefix}.status"] = node.phase
        if node.type == "Pod":
            self.values[f"{prefix}.hostNodeName"] = "localhost"
        self.add_outputs(prefix, node.outputs)

    def add_outputs(self, prefix: str, outputs: Mapping[str, Any] | None) -> None:
        """Add the outputs of a step or task."""
        if outputs is None:
            return
        if outputs.get("result") is not None:
            self.values[f"{prefix}.outputs.result"] = outputs["result"]
        if outputs.get("exitCode") is not None:
            self.values[f"{prefix}.exitCode"] = outputs["exitCode"]
        for parameter in outputs.get("parameters") or ():
            if parameter.get("value") is not None:
                name = f"{prefix}.outputs.parameters.{parameter['name']}"
                self.values[name] = parameter["value"]
        for artifact in outputs.get("artifacts") or ():
            self.artifacts[f"{prefix}.outputs.artifacts.{artifact['name']}"] = artifact

    def add_skipped(
        self, prefix: str, node: Node, template: Mapping[str, Any], *, artifacts: bool
    ) -> None:
        """Add the declared outputs of a step or task that never ran."""
        if node.outputs is not None or node.phase not in (SKIPPED, OMITTED):
            return
        outputs = template.get("outputs") or {}
        for parameter in outputs.get("parameters") or ():
            default = (parameter.get("valueFrom") or {}).get("default")
            name = f"{prefix}.outputs.parameters.{parameter['name']}"
            self.values[name] = ABSENT if default is None else default
        if artifacts:
            for artifact in outputs.get("artifacts") or ():
                self.artifacts[f"{prefix}.outputs.artifacts.{artifact['name']}"] = {}

    def is_absent(self, text: str | None) -> bool:
        """Tell whether a text is exactly one tag that names an absent output."""
        if text is None or not (text.startswith("{{") and text.endswith("}}")):
            return False
        key = text[2:-2].strip()
        return "{{" not in key and "}}" not in key and self.values.get(key) is ABSENT

    def find(self, tag: str) -> Any:
        """Give what a reference such as `{{steps.a.outputs.parameters.p}}` means.

        Raises:
            NodeFault: there is no such name, or the expression fails.
        """
        name = tag.strip().removeprefix("{{").removesuffix("}}").strip()
        if name.startswith("="):
            return self.compute(name[1:])
        if name in self.artifacts:
            return self.artifacts[name]
        if name in self.values:
            return self.values[name]
        raise NodeFault(f'Unable to resolve: "{name}"')

    def compute(self, source: str) -> Any:
        """Run an expression over this scope.

        Raises:
            NodeFault: it fails, or gives nothing.
        """
        try:
            value = expr.evaluate(source, self.environment())
        except ExpressionError as error:
            raise NodeFault(str(error)) from error
        if value is None:
            raise NodeFault(f'failed to evaluate expression "{source}"')
        return value

    def artifact(self, wanted: Mapping[str, Any]) -> Artifact:
        """Give the artifact that `from` or `fromExpression` means, with its subPath.

        Raises:
            NodeFault: it means none.
        """
        if wanted.get("fromExpression"):
            found = self.compute(wanted["fromExpression"])
        else:
            found = self.find(wanted["from"])
        if not isinstance(found, dict):
            raise NodeFault(f"Variable {{{{{wanted.get('name')}}}}} is not an artifact")
        found = {**found, "name": wanted.get("name")}
        if wanted.get("subPath"):
            found["subPath"] = "/".join(filter(None, (found.get("subPath"), wanted["subPath"])))
        return found


def resolved_artifacts(
    scope: Scope, wanted: Iterable[Mapping[str, Any]], *, lenient_all: bool
) -> list[Artifact]:
    """Give artifact arguments with what they refer to; optional ones may be missing.

    Args:
        scope: Where their references are looked up.
        wanted: The arguments.
        lenient_all: Let any trouble with an optional one pass, as steps do; a dag lets
            only a missing one pass.

    Raises:
        NodeFault: one that is needed refers to nothing.
    """
    found = []
    for item in wanted:
        if not item.get("from") and not item.get("fromExpression"):
            found.append(dict(item))
            continue
        try:
            found.append(scope.artifact(item))
        except NodeFault as fault:
            missing = "Unable to resolve" in fault.message
            if item.get("optional") and (lenient_all or missing):
                continue
            raise
    return found


def whole_seconds(when: float) -> str:
    """Write a time as RFC3339 without fractions, as Argo's variables have it."""
    return str(moment(float(int(when)))).replace(".000Z", "Z")
