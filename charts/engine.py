"""Helm's own template engine, from its wheel: no helm binary, no cluster, no network."""

import re
from functools import cache
from pathlib import Path
from typing import Any

from charts.errors import RefusedError

HERE = Path(__file__).parent
RELEASE = "gourmetgram"

# Helm wraps what `fail` says in where it happened; only the sentence is for people.
WRAPPED = re.compile(r"execution error at \([^)]*\): (?P<sentence>.*)", re.DOTALL)
SCHEMA = re.compile(r"^- at '(?P<path>[^']*)': (?P<problem>.+)$", re.MULTILINE)


def render(chart: str, values: dict[str, Any]) -> dict[str, str]:
    """Render a chart: path of each template ► its text.

    Raises:
        RefusedError: the schema or a `fail` in the chart says no.
    """
    import helm_python

    loaded = _load(chart)
    try:
        loaded.validate_schema(values)
        texts: dict[str, str] = loaded.render(values, name=RELEASE, namespace="default")
    except helm_python.HelmError as error:
        raise RefusedError(chart, _reasons(str(error))) from error
    return {path: text for path, text in texts.items() if text.strip()}


def defaults(chart: str) -> dict[str, Any]:
    """Return the chart's own values."""
    found: dict[str, Any] = _load(chart).values
    return found


def lint(chart: str, values: dict[str, Any]) -> list[str]:
    """Return what Helm's linter has against a chart with these values."""
    import helm_python

    report = helm_python.lint(HERE / chart, values, strict=True)
    return [
        f"{message['path']}: {message['error']}"
        for message in report["messages"]
        if message["severity"] > 1
    ]


@cache
def _load(chart: str) -> Any:
    import helm_python

    return helm_python.Chart.load(HERE / chart)


def _reasons(text: str) -> list[str]:
    if broken := SCHEMA.findall(text):
        return [f"{_dotted(path)}: {problem}" for path, problem in broken]
    if wrapped := WRAPPED.search(text):
        return [wrapped["sentence"].strip()]
    return [text.strip()]


def _dotted(pointer: str) -> str:
    return pointer.strip("/").replace("/", ".") or "values"
