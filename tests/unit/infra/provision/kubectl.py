"""A kubectl that keeps what it is given, so that a second run meets what the first one made.

As a program it is run by the stages; as a module it puts itself on a PATH and tells what it holds.
It answers what the stages ask and refuses everything else.
"""

import base64
import json
import os
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path

import yaml


@dataclass(frozen=True)
class Kubectl:
    """The cluster behind it."""

    folder: Path

    def asked(self):
        """Return every call: its words, and what was given on standard input."""
        return [json.loads(line) for line in (self.folder / "asked.jsonl").read_text().splitlines()]

    def held(self, kind, namespace, name):
        """Return an object that it holds, or None."""
        file = self._file(kind, namespace, name)
        return json.loads(file.read_text()) if file.exists() else None

    def put(self, item, namespace="default"):
        """Keep an object."""
        facts = item["metadata"]
        file = self._file(item["kind"].lower(), facts.get("namespace", namespace), facts["name"])
        if item["kind"] == "Secret" and "stringData" in item:
            given = item.pop("stringData")
            coded = {key: base64.b64encode(text.encode()).decode() for key, text in given.items()}
            item["data"] = coded
        file.write_text(json.dumps(item))

    def secret(self, namespace, name):
        """Return what a Secret holds, in plain text."""
        data = self.held("secret", namespace, name)["data"]
        return {key: base64.b64decode(text).decode() for key, text in data.items()}

    def put_secret(self, namespace, name, data):
        """Keep a Secret."""
        about = {"namespace": namespace, "name": name}
        self.put({"kind": "Secret", "metadata": about, "stringData": data})

    def remove(self, kind, namespace, name):
        """Forget an object."""
        self._file(kind, namespace, name).unlink()

    def install(self, programs):
        """Be the kubectl of a folder of programs."""
        self.folder.mkdir(exist_ok=True)
        programs.mkdir(exist_ok=True)
        words = shlex.join([sys.executable, __file__, str(self.folder)])
        (programs / "kubectl").write_text(f'#!/bin/sh\nexec {words} "$@"\n')
        (programs / "kubectl").chmod(0o755)

    def _file(self, kind, namespace, name):
        return self.folder / f"{kind}.{namespace}.{name}.json"


def answer(cluster, words):
    """Do what the stages ask of kubectl."""
    given = sys.stdin.read() if "-" in words else ""
    with (cluster.folder / "asked.jsonl").open("a") as file:
        file.write(json.dumps({"words": words, "given": given}) + "\n")
    if words[-2:] == ["--raw", "/readyz"]:
        return None
    if "customresourcedefinitions" in words:
        known = json.loads(os.environ["KNOWN"])
        return {"items": [{"metadata": {"name": name}} for name in known]}
    if "get" in words:
        return _get(cluster, words[words.index("json") + 1 :])
    if "create" in words:
        return cluster.put(json.loads(given))
    if "apply" in words:
        return _apply(cluster, words)
    sys.exit(f"kubectl was asked for what no test told it: {words}")


def _get(cluster, words):
    kind, name, *rest = words
    found = cluster.held(kind, rest[1] if rest else "default", name)
    if found is None:
        sys.exit(f'Error from server (NotFound): {kind}s "{name}" not found')
    return found


def _apply(cluster, words):
    namespace = words[words.index("-n") + 1]
    for file in (word for word in words if word.endswith(".yaml")):
        for item in yaml.safe_load_all(Path(file).read_text()):
            if item and "metadata" in item:
                cluster.put(item, namespace)


if __name__ == "__main__":
    said = answer(Kubectl(Path(sys.argv[1])), sys.argv[2:])
    if said is not None:
        print(json.dumps(said))
