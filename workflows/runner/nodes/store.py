"""The objects that `resource` templates work on: a small stand-in for the Kubernetes API."""

import json
import os
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from workflows.runner.check import merge
from workflows.runner.model import names
from workflows.runner.model.library import NAMESPACE, Library
from workflows.runner.model.node import moment

WORKFLOW = "Workflow"
POD = "Pod"
KEPT = (
    WORKFLOW, "WorkflowTemplate", "ClusterWorkflowTemplate", "CronWorkflow", "ConfigMap",
    "Secret", "PersistentVolumeClaim",
)  # fmt: skip
_SHORT = {
    "wf": WORKFLOW, "wftmpl": "WorkflowTemplate", "cwft": "ClusterWorkflowTemplate",
    "cwf": "CronWorkflow", "cm": "ConfigMap", "pvc": "PersistentVolumeClaim",
    "deploy": "Deployment", "svc": "Service", "ns": "Namespace",
}  # fmt: skip


class ApiError(Exception):
    """What the API would answer instead of doing it."""


def kind_named(text: str) -> str:
    """Give the kind that kubectl would take a word for."""
    word = text.partition(".")[0].lower()
    if word in _SHORT:
        return _SHORT[word]
    for kind in (*KEPT, *_SHORT.values(), "Job", "Pod", "HTTPRoute", "Gateway"):
        if word in (kind.lower(), f"{kind.lower()}s"):
            return kind
    return word.capitalize()


class ObjectStore:
    """Objects of the files, of earlier runs, and of the local site; workflows run when made.

    Attributes:
        folder: Where objects that workflows made are kept.
        site: Where the local site writes its objects; they can only be read.
        submit: Starts a Workflow object in this process.
        running: Gives a workflow of this process or state by name.
        pod: Gives what would be a pod of this process by name.
    """

    def __init__(
        self,
        library: Library,
        folder: Path,
        *,
        site: Path | None,
        submit: Callable[[dict[str, Any]], dict[str, Any]],
        running: Callable[[str], dict[str, Any] | None],
        pod: Callable[[str], dict[str, Any] | None],
    ) -> None:
        self.library = library
        self.folder = folder
        self.site = site
        self.submit = submit
        self.running = running
        self.pod = pod
        self._pods: dict[str, dict[str, Any]] = {}
        self._load()

    def _load(self) -> None:
        for path in sorted(self.folder.glob("*/*/*.json")):
            data = json.loads(path.read_text(encoding="utf-8"))
            if (data["kind"], data["metadata"]["name"]) not in self.library.objects:
                self.library.add(data)

    def get(self, kind: str, name: str, namespace: str | None = None) -> dict[str, Any]:
        """Give an object.

        Raises:
            ApiError: there is none.
        """
        found = self.running(name) if kind == WORKFLOW else None
        if kind == POD:
            found = self._pods.get(name) or self.pod(name)
        found = found or self._on_site(kind, name, namespace)
        found = found or self.library.objects.get((kind, name))
        if found is None:
            raise ApiError(f'Error from server (NotFound): {kind.lower()}s "{name}" not found')
        return found

    def _on_site(self, kind: str, name: str, namespace: str | None) -> dict[str, Any] | None:
        if self.site is None:
            return None
        for path in sorted(self.site.glob(f"{kind.lower()}/{namespace or '*'}/{name}.json")):
            return dict(json.loads(path.read_text(encoding="utf-8")))
        return None

    def matching(self, kind: str, selector: Mapping[str, str]) -> Iterator[dict[str, Any]]:
        """Give the objects of a kind whose labels are as wanted."""
        for found in list(self.library.of_kind(kind)):
            labels = found.get("metadata", {}).get("labels") or {}
            if all(labels.get(key) == value for key, value in selector.items()):
                yield found

    def create(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Make an object that is not there yet; a Workflow starts to run.

        Raises:
            ApiError: it is there, or it is of a kind that this machine does not keep.
        """
        made = self._admitted(data)
        kind, name = made["kind"], made["metadata"]["name"]
        if (kind, name) in self.library.objects or (kind == WORKFLOW and self.running(name)):
            raise ApiError(
                f"Error from server (AlreadyExists): error when creating: {kind.lower()}s "
                f'"{name}" already exists'
            )
        if kind == WORKFLOW:
            return self.submit(made)
        return self._keep(made)

    def _admitted(self, data: Mapping[str, Any]) -> dict[str, Any]:
        kind = data.get("kind")
        if not kind or not data.get("apiVersion"):
            raise ApiError("error validating data: apiVersion and kind must be set")
        if kind not in KEPT:
            raise ApiError(
                f"kind {kind} is not kept on this machine (it keeps {', '.join(KEPT)}): "
                "run this workflow on a cluster"
            )
        metadata = dict(data.get("metadata") or {})
        if not metadata.get("name"):
            if not metadata.get("generateName"):
                raise ApiError("name or generateName is required")
            metadata["name"] = names.generate(metadata["generateName"])
        metadata.setdefault("namespace", NAMESPACE)
        return {**data, "metadata": metadata}

    def apply(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Make an object, or merge into the one that is there; a Workflow that is there stays.

        Raises:
            ApiError: a Workflow of this name has another spec.
        """
        made = self._admitted(data)
        kind, name = made["kind"], made["metadata"]["name"]
        if kind == WORKFLOW and (known := self.running(name)) is not None:
            if known.get("spec") != made.get("spec"):
                raise ApiError(
                    f"workflow {name} is there already with another spec, and what has run on "
                    "this machine cannot be changed: give it another name"
                )
            return known
        there = self.library.objects.get((kind, name))
        if there is None:
            return self.create(made)
        return self._keep(merge.strategic(there, made, made["kind"]))

    def replace(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Put an object in the place of the one that is there."""
        made = self._admitted(data)
        self.get(made["kind"], made["metadata"]["name"])
        return self._keep(made)

    def patch(self, kind: str, name: str, patch: Any, how: str) -> dict[str, Any]:
        """Change an object.

        Args:
            kind: Its kind.
            name: Its name.
            patch: What to change.
            how: strategic, merge or json.
        """
        there = self.get(kind, name)
        if kind == WORKFLOW and self.running(name) is not None:
            raise ApiError("a workflow that runs on this machine cannot be patched: use stop")
        if how == "json":
            return self._keep(_json_patch(there, patch))
        if how == "merge":
            return self._keep(_merge_patch(there, patch))
        return self._keep(merge.strategic(there, patch, kind))

    def delete(self, kind: str, name: str) -> None:
        """Remove an object, if it is there."""
        found = self.library.objects.pop((kind, name), None)
        self.library.forget(kind, name)
        if found is not None:
            self._path(found).unlink(missing_ok=True)

    def _keep(self, data: dict[str, Any]) -> dict[str, Any]:
        metadata = data["metadata"]
        if data["kind"] == POD:
            self._pods[metadata["name"]] = data
            return data
        metadata.setdefault("uid", str(uuid.uuid4()))
        metadata.setdefault(
            "creationTimestamp", str(moment(float(int(time.time())))).replace(".000Z", "Z")
        )
        self.library.add(data)
        path = self._path(data)
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_suffix(f".{os.getpid()}")
        temporary.write_text(json.dumps(data), encoding="utf-8")
        temporary.replace(path)
        return data

    def _path(self, data: Mapping[str, Any]) -> Path:
        metadata = data["metadata"]
        namespace = str(metadata.get("namespace", NAMESPACE))
        return self.folder / str(data["kind"]).lower() / namespace / f"{metadata['name']}.json"


def _merge_patch(base: Any, patch: Any) -> Any:
    if not isinstance(patch, dict) or not isinstance(base, dict):
        return patch
    made = dict(base)
    for key, value in patch.items():
        if value is None:
            made.pop(key, None)
        else:
            made[key] = _merge_patch(made.get(key), value)
    return made


def _json_patch(base: dict[str, Any], operations: Any) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(json.dumps(base))
    for operation in operations:
        *parents, last = [
            part.replace("~1", "/").replace("~0", "~")
            for part in operation["path"].strip("/").split("/")
        ]
        where: Any = made
        for part in parents:
            where = where[int(part)] if isinstance(where, list) else where.setdefault(part, {})
        _change(where, last, operation)
    return made


def _change(where: Any, last: str, operation: Mapping[str, Any]) -> None:
    kind = operation["op"]
    if isinstance(where, list):
        index = len(where) if last == "-" else int(last)
        if kind == "add":
            where.insert(index, operation["value"])
        elif kind == "replace":
            where[index] = operation["value"]
        else:
            del where[index]
    elif kind == "remove":
        where.pop(last, None)
    elif kind == "test":
        if where.get(last) != operation["value"]:
            raise ApiError(f"the test of {operation['path']} failed")
    else:
        where[last] = operation["value"]
