"""Kubernetes objects as files: one object a file, in one canonical form."""

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from charts.errors import FolderError, ManifestError

NAME = re.compile(r"[a-z0-9]+-[a-z0-9][a-z0-9.-]*\.yaml")

# What YAML 1.1, YAML 1.2 and Go read differently; quoted, all of them read text.
AMBIGUOUS = re.compile(r"[0-9.+~-]|(y|n|yes|no|on|off|true|false|null)$", re.IGNORECASE)


@dataclass(frozen=True)
class Manifest:
    """One Kubernetes object."""

    data: dict[str, Any]

    @property
    def api_version(self) -> str:
        """Group and version, such as apps/v1."""
        return str(self.data.get("apiVersion", ""))

    @property
    def kind(self) -> str:
        """What it is, such as Deployment."""
        return str(self.data.get("kind", ""))

    @property
    def name(self) -> str:
        """Its metadata.name."""
        return str(self.metadata.get("name", ""))

    @property
    def namespace(self) -> str | None:
        """Its metadata.namespace, where it has one."""
        return self.metadata.get("namespace")

    @property
    def metadata(self) -> dict[str, Any]:
        """Its metadata."""
        found = self.data.get("metadata")
        return found if isinstance(found, dict) else {}

    @property
    def file(self) -> str:
        """The name of its file."""
        return f"{self.kind.lower()}-{self.name}.yaml"

    def text(self) -> str:
        """Return its canonical YAML: keys sorted, one line a value."""
        return yaml.dump(
            self.data, Dumper=Dumper, sort_keys=True, default_flow_style=False, width=10**6
        )

    def __str__(self) -> str:
        where = f"{self.namespace}/" if self.namespace else ""
        return f"{self.kind} {where}{self.name}"


class Dumper(yaml.CSafeDumper):
    """Writes no anchors, and quotes what two YAML readers could read differently."""

    def ignore_aliases(self, _data: object) -> bool:
        """Write a value again rather than point at an equal one."""
        return True


def _text(dumper: Dumper, value: str) -> yaml.ScalarNode:
    style = '"' if AMBIGUOUS.match(value) else "|" if "\n" in value else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


Dumper.add_representer(str, _text)


class Loader(yaml.CSafeLoader):
    """Refuses a key that stands twice, where PyYAML keeps the last one in silence."""


def _mapping(loader: Loader, node: yaml.MappingNode) -> dict[Any, Any]:
    seen = set()
    for key, _value in node.value:
        if key.value in seen:
            raise ManifestError(f"line {key.start_mark.line + 1}: {key.value!r} stands twice")
        seen.add(key.value)
    return loader.construct_mapping(node, deep=True)


Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def parse(text: str, where: str) -> Iterator[Manifest]:
    """Read every object of a YAML text; `where` names it in errors.

    Raises:
        ManifestError: it is not YAML, or a document is no object with kind and name.
    """
    try:
        documents = list(yaml.load_all(text, Loader=Loader))
    except (yaml.YAMLError, ManifestError) as error:
        raise ManifestError(f"{where}: not YAML as Kubernetes reads it: {error}") from error
    for document in documents:
        if document is None:
            continue
        if not isinstance(document, dict):
            raise ManifestError(f"{where}: holds a {type(document).__name__}, not an object.")
        manifest = Manifest(document)
        if not (manifest.api_version and manifest.kind and manifest.name):
            raise ManifestError(f"{where}: an object without apiVersion, kind or metadata.name.")
        yield manifest


def arrange(found: Iterable[Manifest]) -> list[Manifest]:
    """Sort objects by file name.

    Raises:
        ManifestError: two of them would be one file.
    """
    by_file: dict[str, Manifest] = {}
    for manifest in found:
        if other := by_file.get(manifest.file):
            raise ManifestError(
                f"{manifest} and {other} would both be {manifest.file}: name them apart."
            )
        by_file[manifest.file] = manifest
    return [by_file[file] for file in sorted(by_file)]


def read_folder(folder: Path) -> list[Manifest]:
    """Read the objects of a folder of rendered manifests."""
    found = [
        manifest
        for file in sorted(folder.glob("*.yaml"))
        for manifest in parse(file.read_text(encoding="utf-8"), str(file))
    ]
    return arrange(found)


def write_folder(manifests: Iterable[Manifest], folder: Path) -> list[str]:
    """Make `folder` hold exactly these objects; return the names that changed.

    Other files than *.yaml stay as they are.

    Raises:
        FolderError: a *.yaml there is none that a render wrote.
    """
    folder.mkdir(parents=True, exist_ok=True)
    present = {file.name for file in folder.glob("*.yaml")}
    if strange := sorted(name for name in present if not NAME.fullmatch(name)):
        raise FolderError(str(folder), strange)
    wanted = {manifest.file: manifest.text() for manifest in arrange(manifests)}
    changed = sorted(present - wanted.keys())
    for name in changed:
        (folder / name).unlink()
    for name, text in wanted.items():
        file = folder / name
        if name not in present or file.read_text(encoding="utf-8") != text:
            _write(file, text)
            changed.append(name)
    return sorted(changed)


def _write(file: Path, text: str) -> None:
    half = file.with_name(f".{file.name}.{os.getpid()}")
    half.write_text(text, encoding="utf-8")
    half.replace(file)
