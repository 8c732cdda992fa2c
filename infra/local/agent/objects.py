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
    written: dict[Path, str] = field(default_factory=dict)

    def publish(self, objects: list[dict[str, Any]]) -> None:
        """Make the folder hold these objects, and leave alone what others put there."""
        now: dict[Path, str] = {}
        for item in objects:
            if item["kind"] in PRIVATE:
                continue
            metadata = item["metadata"]
            labels = {**(metadata.get("labels") or {}), ORIGIN: "true"}
            marked = {**item, "metadata": {**metadata, "labels": labels}}
            now[self._file(item)] = json.dumps(marked, indent=1, sort_keys=True) + "\n"
        for path, text in now.items():
            if self.written.get(path) != text:
                files.write(path, text)
        for path in (self.written or self._earlier()).keys() - now.keys():
            path.unlink(missing_ok=True)
        self.written = now

    def _file(self, item: dict[str, Any]) -> Path:
        metadata = item["metadata"]
        namespace = str(metadata.get("namespace") or "_cluster")
        return self.root / str(item["kind"]).lower() / namespace / f"{metadata['name']}.json"

    def _earlier(self) -> dict[Path, str]:
        texts = {path: path.read_text() for path in self.root.glob("*/*/*.json")}
        return {path: text for path, text in texts.items() if f'"{ORIGIN}"' in text}
