"""The folder of objects with their status, which the runner's `resource` templates read."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from infra.local import state as files

PRIVATE = ("Secret",)
ORIGIN = "gourmetops/from-git"


@dataclass
class Folder:
    """Objects on disk, written only when they change."""

    root: Path
    written: dict[Path, dict[str, Any]] = field(default_factory=dict)

    def publish(self, objects: list[dict[str, Any]]) -> None:
        """Make the folder hold these objects, and leave alone what others put there."""
        now = {self._file(item): item for item in objects if item["kind"] not in PRIVATE}
        for path, item in now.items():
            if self.written.get(path) != item:
                files.write(path, _marked(item))
        for path in (self.written.keys() or self._earlier()) - now.keys():
            path.unlink(missing_ok=True)
        self.written = now

    def _file(self, item: dict[str, Any]) -> Path:
        metadata = item["metadata"]
        namespace = str(metadata.get("namespace") or "_cluster")
        return self.root / str(item["kind"]).lower() / namespace / f"{metadata['name']}.json"

    def _earlier(self) -> set[Path]:
        return {path for path in self.root.glob("*/*/*.json") if f'"{ORIGIN}"' in path.read_text()}


def _marked(item: dict[str, Any]) -> str:
    metadata = item["metadata"]
    labels = {**(metadata.get("labels") or {}), ORIGIN: "true"}
    marked = {**item, "metadata": {**metadata, "labels": labels}}
    return json.dumps(marked, indent=1, sort_keys=True) + "\n"
