"""Run a resource template: get, create, apply, patch, replace or delete one object."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from workflows.runner.engine.frame import Frame
from workflows.runner.engine.waits import InterruptedWaitError
from workflows.runner.errors import NodeFault
from workflows.runner.language import manifest, paths
from workflows.runner.language.errors import ManifestError, PathError
from workflows.runner.model.node import FAILED, PENDING, RUNNING, SUCCEEDED, Node
from workflows.runner.nodes import child, limits
from workflows.runner.nodes.store import WORKFLOW, ApiError, ObjectStore, kind_named

_LOOK_SECONDS = 0.2
_VALUE_FLAGS = ("-n", "--namespace", "-l", "--selector", "-o", "--type")


class ResourceFault(Exception):  # noqa: N818 - an outcome of a node, not of this program
    """The step failed as a pod would: its node is Failed with this message."""


@dataclass
class Flags:
    """What the extra kubectl arguments say."""

    words: list[str] = field(default_factory=list)
    options: dict[str, str] = field(default_factory=dict)

    @classmethod
    def parse(cls, flags: list[str]) -> "Flags":
        """Read kubectl arguments."""
        found = cls()
        rest = iter(flags)
        for flag in rest:
            if not flag.startswith("-"):
                found.words += flag.split()
            elif "=" in flag:
                name, _, value = flag.partition("=")
                found.options[name] = value
            else:
                found.options[flag] = next(rest, "") if flag in _VALUE_FLAGS else "true"
        return found

    def target(self) -> tuple[str, list[str]] | None:
        """Give the kind and names that are meant, if they are."""
        if not self.words:
            return None
        first, *others = self.words
        if "/" in first:
            kind, _, name = first.partition("/")
            return kind_named(kind), [name]
        return kind_named(first), others

    def labels(self) -> dict[str, str]:
        """Give the labels of `-l`."""
        text = self.options.get("-l") or self.options.get("--selector") or ""
        pairs = (part.replace("==", "=").partition("=") for part in text.split(",") if part)
        return {key.strip(): value.strip() for key, _, value in pairs}


async def run_resource(frame: Frame) -> Node:
    """Do what a resource template says, and wait for its conditions."""
    node = frame.node(PENDING)
    refusal = limits.refusal(frame)
    if refusal is not None:
        return frame.run.mark(node, FAILED, refusal)
    frame.run.mark(node, RUNNING)
    await frame.run.written()
    try:
        parameters = await _Resource(frame, node).run()
    except ResourceFault as fault:
        child.ended(frame, node)
        node.outputs = {"exitCode": "64"}
        return frame.run.mark(node, FAILED, f"main: Error (exit code 64): {fault}")
    except TimeoutError:
        child.ended(frame, node)
        return frame.run.mark(
            node, FAILED, "Pod was active on the node longer than the specified deadline"
        )
    except InterruptedWaitError as end:
        return frame.run.mark(node, FAILED, end.killed)
    node.outputs = {"exitCode": "0", **({"parameters": parameters} if parameters else {})}
    frame.run.export(node.outputs)
    return frame.run.mark(node, SUCCEEDED)


class _Resource:
    def __init__(self, frame: Frame, node: Node) -> None:
        self.frame = frame
        self.node = node
        self.body: Mapping[str, Any] = frame.template["resource"]
        self.store: ObjectStore = frame.run.hub.store
        self.flags = Flags.parse([str(flag) for flag in self.body.get("flags") or ()])
        self.action: str = self.body.get("action") or ""

    async def run(self) -> list[dict[str, Any]]:
        declared = (self.frame.template.get("outputs") or {}).get("parameters") or []
        if self.action == "delete" and (
            self.body.get("successCondition") or self.body.get("failureCondition") or declared
        ):
            raise ResourceFault(
                "successCondition, failureCondition and outputs are not supported for delete action"
            )
        try:
            found = self._act()
        except ApiError as error:
            raise ResourceFault(f"no more retries {error}") from error
        if self.action == "delete":
            return []
        if found is None:
            return [_defaulted(item) for item in declared]
        await self._wait(found)
        latest = self._latest(found)
        return [self._output(item, latest) for item in declared]

    def _manifest(self) -> Any:
        text = self.body.get("manifest")
        origin = (self.body.get("manifestFrom") or {}).get("artifact")
        if origin:
            text = self._from_artifact(origin["name"])
        if not text or not text.strip():
            return None
        try:
            documents = manifest.read(text, "manifest")
        except ManifestError as error:
            return self._list_manifest(text, error)
        if len(documents) != 1:
            raise ResourceFault("the manifest must hold one object")
        return documents[0].data

    @staticmethod
    def _list_manifest(text: str, error: ManifestError) -> Any:
        import yaml

        read = yaml.safe_load(text)
        if isinstance(read, list):
            return read
        raise ResourceFault(str(error)) from error

    def _from_artifact(self, name: str) -> str:
        run = self.frame.run
        for artifact in (self.frame.template.get("inputs") or {}).get("artifacts") or ():
            if artifact["name"] == name:
                target = run.folder.path / "work" / f"{self.node.id}.manifest"
                run.hub.artifacts.load(artifact, target)
                text = str(target.read_text(encoding="utf-8"))
                target.unlink()
                return text
        raise NodeFault(f"manifestFrom: there is no input artifact {name}")

    def _act(self) -> dict[str, Any] | None:
        data = self._manifest()
        if self.action in ("create", "apply", "replace"):
            if data is None:
                raise ResourceFault("Must provide at least one of flags or manifest.")
            data = self._owned(data)
            act = {
                "create": self.store.create, "apply": self.store.apply,
                "replace": self.store.replace,
            }[self.action]  # fmt: skip
            found = act(data)
            child.made(self.frame, self.node, found)
            return found
        if self.action == "get":
            return self._get(data)
        if self.action == "delete":
            for kind, name in self._targets(data):
                self.store.delete(kind, name)
            return None
        return self._patch(data)

    def _owned(self, data: dict[str, Any]) -> dict[str, Any]:
        if not self.body.get("setOwnerReference"):
            return data
        owner = self.frame.run.workflow
        reference = {
            "apiVersion": owner["apiVersion"], "kind": WORKFLOW, "controller": True,
            "blockOwnerDeletion": True,
            "name": owner["metadata"]["name"], "uid": owner["metadata"]["uid"],
        }  # fmt: skip
        metadata = dict(data.get("metadata") or {})
        metadata["ownerReferences"] = [*(metadata.get("ownerReferences") or ()), reference]
        return {**data, "metadata": metadata}

    def _targets(self, data: Any) -> list[tuple[str, str]]:
        if isinstance(data, dict) and data.get("kind"):
            return [(data["kind"], (data.get("metadata") or {}).get("name", ""))]
        target = self.flags.target()
        if target is None:
            raise ResourceFault("Must provide at least one of flags or manifest.")
        kind, given = target
        if given:
            return [(kind, name) for name in given]
        matching = self.store.matching(kind, self.flags.labels())
        return [(kind, found["metadata"]["name"]) for found in matching]

    def _get(self, data: Any) -> dict[str, Any] | None:
        lenient = self.flags.options.get("--ignore-not-found", "false") == "true"
        namespace = self.flags.options.get("-n") or self.flags.options.get("--namespace")
        targets = self._targets(data)
        try:
            if not targets:
                raise ApiError("No resources found")
            kind, name = targets[0]
            return self.store.get(kind, name, namespace)
        except ApiError:
            if lenient:
                return None
            raise

    def _patch(self, data: Any) -> dict[str, Any]:
        how = self.body.get("mergeStrategy") or "strategic"
        targets = self._targets(None if self.flags.words else data)
        kind, name = targets[0]
        return self.store.patch(kind, name, data, how)

    def _latest(self, found: Mapping[str, Any]) -> dict[str, Any]:
        metadata = found.get("metadata") or {}
        return self.store.get(found["kind"], metadata["name"], metadata.get("namespace"))

    async def _wait(self, found: Mapping[str, Any]) -> None:
        wanted, refused = (
            _requirements(self.body.get(which), which)
            for which in ("successCondition", "failureCondition")
        )
        if not wanted and not refused:
            return
        run = self.frame.run
        until, _ = limits.deadline(self.frame, self.node)
        while not self._holds(found, wanted, refused):
            left = None if until is None else until - time.time()
            if left is not None and left <= 0:
                raise TimeoutError
            pause = _LOOK_SECONDS if left is None else min(left, _LOOK_SECONDS)
            if found["kind"] == WORKFLOW:
                await self._sleep(pause)
            else:
                with run.hub.working():
                    await self._sleep(pause)

    async def _sleep(self, seconds: float) -> None:
        changed = self.frame.run.hub.change()
        sleep = asyncio.wait((changed,), timeout=seconds)
        await self.frame.run.waits.until(sleep, on_exit=self.frame.call.on_exit)

    def _holds(
        self,
        found: Mapping[str, Any],
        wanted: list[paths.Requirement],
        refused: list[paths.Requirement],
    ) -> bool:
        try:
            latest = self._latest(found)
        except ApiError as error:
            raise ResourceFault(
                "The resource has been deleted while its status was still being checked. "
                f"Will not be retried: {error}"
            ) from error
        for requirement in refused:
            if requirement.matches(latest):
                raise ResourceFault(f"failure condition '{requirement}' evaluated true")
        return all(requirement.matches(latest) for requirement in wanted)

    @staticmethod
    def _output(item: dict[str, Any], latest: dict[str, Any]) -> dict[str, Any]:
        source = item.get("valueFrom") or {}
        try:
            if source.get("jsonPath"):
                return {**item, "value": paths.jsonpath(latest, source["jsonPath"])}
            if source.get("jqFilter"):
                return {**item, "value": paths.jq(latest, source["jqFilter"])}
        except PathError as error:
            raise ResourceFault(str(error)) from error
        return dict(item)


def _requirements(text: str | None, which: str) -> list[paths.Requirement]:
    if not text:
        return []
    try:
        return list(paths.selector(text))
    except PathError as error:
        name = "success" if which == "successCondition" else "fail"
        raise ResourceFault(f"{name} condition '{text}' failed to parse: {error}") from error


def _defaulted(item: dict[str, Any]) -> dict[str, Any]:
    return {**item, "value": str((item.get("valueFrom") or {}).get("default") or "")}
