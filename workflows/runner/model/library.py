"""The objects that stand beside a workflow: templates, ConfigMaps, Secrets, claims."""

import base64
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from workflows.runner.language.manifest import Document
from workflows.runner.model import shapes

NAMESPACE = "argo"
_PARAMETER_LABEL = "workflows.argoproj.io/configmap-type"


class MissingObjectError(LookupError):
    """An object that something refers to is not there."""


@dataclass
class Library:
    """What a run can refer to by kind and name. Namespaces do not matter on one machine.

    Attributes:
        secrets: Where this machine keeps Secrets that no file of a run holds.
    """

    objects: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    secrets: Path | None = None
    _templates: dict[tuple[str, str], dict[str, dict[str, Any]]] = field(default_factory=dict)

    @classmethod
    def of(cls, documents: Iterable[Document]) -> "Library":
        """Collect the named objects of files."""
        library = cls()
        for document in documents:
            library.add(document.data)
        return library

    def add(self, data: dict[str, Any]) -> None:
        """Put an object in, in place of one of the same kind and name."""
        name = (data.get("metadata") or {}).get("name")
        if name:
            self.objects[data.get("kind", ""), name] = data
            self._templates.pop((data.get("kind", ""), name), None)

    def forget(self, kind: str, name: str) -> None:
        """Take an object out."""
        self.objects.pop((kind, name), None)
        self._templates.pop((kind, name), None)

    def get(self, kind: str, name: str) -> dict[str, Any]:
        """Give an object.

        Raises:
            MissingObjectError: there is none.
        """
        try:
            return self.objects[kind, name]
        except KeyError:
            if kind == "Secret" and (found := self._secret(name)):
                return found
            raise MissingObjectError(f'{kind.lower()}s "{name}" not found') from None

    def _secret(self, name: str) -> dict[str, Any] | None:
        """Read a Secret of this machine: a folder of its name, with a file for each key."""
        folder = self.secrets / name if self.secrets and name else None
        if folder is None or not folder.is_dir():
            return None
        data = {
            key.name: base64.b64encode(key.read_bytes()).decode()
            for key in sorted(folder.iterdir())
            if key.is_file()
        }
        return {"kind": "Secret", "metadata": {"name": name}, "data": data}

    def of_kind(self, kind: str) -> Iterator[dict[str, Any]]:
        """Give every object of a kind."""
        return (data for (have, _), data in self.objects.items() if have == kind)

    def templates(self, kind: str, name: str) -> dict[str, dict[str, Any]]:
        """Give the templates of a WorkflowTemplate by name, in shape."""
        key = (kind, name)
        if key not in self._templates:
            spec = self.get(kind, name).get("spec") or {}
            self._templates[key] = by_name(spec.get("templates") or ())
        return self._templates[key]

    def config(self, name: str, key: str, *, parameter: bool = False) -> str:
        """Give a value of a ConfigMap.

        Raises:
            MissingObjectError: no such map or key, or it is no map of parameters.
        """
        found = self.get("ConfigMap", name)
        labels = (found.get("metadata") or {}).get("labels") or {}
        if parameter and labels.get(_PARAMETER_LABEL) != "Parameter":
            raise MissingObjectError(
                f"ConfigMap '{name}' needs to have the label {_PARAMETER_LABEL}: Parameter "
                "to load parameters"
            )
        data = found.get("data") or {}
        if key not in data:
            raise MissingObjectError(f"ConfigMap '{name}' does not have the key '{key}'")
        return str(data[key])


def by_name(templates: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Give templates in shape, by their name."""
    return {item.get("name", ""): shapes.template(item) for item in templates}
