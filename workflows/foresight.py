"""What a training would do: what it reads and writes, asked of the lifecycle, and its nodes."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from workflows import submission
from workflows.submission import CLONE

LIFECYCLE = (sys.executable, "-m", "services.lifecycle.here", "plan-training")
WORKFLOW = "train-model"
LAST = (
    "Nothing was started. What a training leaves depends on what it learns, so there is no --apply "
    "of this: ./run invoke train"
)


def show(wanted: Mapping[str, str], photos: Sequence[str], *, as_json: bool) -> int:
    """Show what a training would do; return 0 if it could be started.

    Raises:
        SubmissionError: the local site was never started, or the photos are not there.
    """
    submission.require_site()
    data = [_data(each) for each in photos]
    asked = [f"--{name}={value}" for name, value in wanted.items()]
    parameters = [part for name, value in wanted.items() for part in ("-p", f"{name}={value}")]
    nodes = _begun([*submission.planning(WORKFLOW), *parameters])
    told = _begun([*LIFECYCLE, *asked, *(["--json"] if as_json else [])])
    text, code = told.communicate()[0], told.returncode
    planned, other = nodes.communicate()[0], nodes.returncode
    if code or other:
        return code or other
    plan = json.loads(planned)
    if as_json:
        print(json.dumps({**json.loads(text), "photos": data, "workflow": plan}, indent=2))
        return 0
    print(text)
    for each in data:
        print(f"Data {each['name']}: {each['says']}")
    print("\n".join(["", "Nodes", *_lines(plan["entry"], "  ", _images()), "", LAST]))
    return 0


def _begun(command: Sequence[str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command, cwd=CLONE, env={**os.environ}, stdout=subprocess.PIPE, text=True
    )


def _data(name: str) -> dict[str, Any]:
    """Say what is known of photos before they are read."""
    if name == "sample":
        return {"name": name, "says": "our own drawings, made by the training; hashed then"}
    path = Path(name)
    if not path.exists():
        raise submission.SubmissionError(f"{name}: there is no such folder or zip file.")
    files = [path] if path.is_file() else [each for each in path.rglob("*") if each.is_file()]
    size = sum(each.stat().st_size for each in files)
    count = f"{len(files)} file{'s' * (len(files) != 1)}"
    kind = "a zip file" if path.is_file() else count
    return {"name": name, "says": f"{kind}, {size / 1e6:.1f} MB, hashed when they are read"}


def _images() -> dict[str, str]:
    """Return what the images of the steps are, which the workflow itself only learns as it runs."""
    facts = yaml.safe_load((submission.state() / "platform.yaml").read_text())["data"]
    steps = str(facts.get("lifecycle-image", "")).partition("@")
    return {
        "{{workflow.parameters.lifecycle-image}}": f"{steps[0]}@{steps[2][:19]}",
        "{{inputs.parameters.image}}": "the training image",
    }


def _lines(node: Mapping[str, Any], indent: str, images: Mapping[str, str]) -> Iterator[str]:
    image = images.get(node["image"], node["image"])
    parts = [f"{indent}{node['name']}: {node['kind']}", image, node["note"] and f"({node['note']})"]
    yield "  ".join(filter(None, parts))
    for inner in node["inner"]:
        yield from _lines(inner, indent + "  ", images)
