"""Whether an object is what Kubernetes calls by its name: kind, names, fields, types."""

import re
from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from charts.manifests import Manifest

FIELDS = Path(__file__).with_name("fields.yaml")
TOP = ("apiVersion", "kind", "metadata")

SUBDOMAIN = re.compile(
    r"(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"
)
DNS_LABEL = re.compile(r"(?=.{1,63}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?")
KEY = re.compile(r"(?=.{1,63}$)[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?")
QUANTITY = re.compile(r"[0-9]+(\.[0-9]+)?(m|k|M|G|T|Ki|Mi|Gi|Ti)?")

PLAIN: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "str": ("text", lambda value: isinstance(value, str)),
    "int": ("a whole number", lambda value: isinstance(value, int) and not isinstance(value, bool)),
    "bool": ("true or false", lambda value: isinstance(value, bool)),
    "intstr": (
        "a number or a name",
        lambda value: isinstance(value, int | str) and not isinstance(value, bool),
    ),
    "quantity": (
        "a quantity such as 200m or 64Mi",
        lambda value: isinstance(value, str) and bool(QUANTITY.fullmatch(value)),
    ),
    "texts": (
        "a mapping of text to text",
        lambda value: (
            isinstance(value, dict)
            and all(isinstance(part, str) for pair in value.items() for part in pair)
        ),
    ),
}


def problems(manifest: Manifest) -> Iterator[str]:
    """Yield what is wrong with one object by itself."""
    known = _table()["kinds"]
    kind = f"{manifest.api_version} {manifest.kind}"
    if kind not in known:
        close = get_close_matches(kind, known, n=1)
        hint = f"did you mean {close[0]}?" if close else "add it to charts/fields.yaml."
        yield f"{kind} is no kind that we deploy: {hint}"
        return
    yield from _scope(manifest, known[kind]["scope"])
    yield from _names(manifest)
    shape = {"metadata": "=Metadata", **known[kind]["fields"]}
    body = {key: value for key, value in manifest.data.items() if key not in TOP[:2]}
    yield from _fields(body, shape, "")
    for path in _table()["required"].get(kind, []):
        if _at(manifest.data, path) is None:
            yield f"{path} is missing"


def _scope(manifest: Manifest, scope: str) -> Iterator[str]:
    if scope == "namespace" and not manifest.namespace:
        yield "metadata.namespace is missing: where it lives must not depend on who applies it"
    if scope == "cluster" and manifest.namespace:
        yield f"metadata.namespace: a {manifest.kind} belongs to no namespace"


def _names(manifest: Manifest) -> Iterator[str]:
    pattern = DNS_LABEL if manifest.kind in ("Namespace", "Service") else SUBDOMAIN
    if not pattern.fullmatch(manifest.name):
        yield f"metadata.name: {manifest.name!r} is no name (small letters, digits and dashes)"
    for field in ("labels", "annotations"):
        for key, value in (manifest.metadata.get(field) or {}).items():
            yield from _label(f"metadata.{field}", str(key), value, is_label=field == "labels")


def _label(where: str, key: str, value: Any, *, is_label: bool) -> Iterator[str]:
    prefix, _slash, name = key.rpartition("/")
    if (prefix and not SUBDOMAIN.fullmatch(prefix)) or not KEY.fullmatch(name):
        yield f"{where}: {key!r} is no valid key"
    if is_label and value != "" and not KEY.fullmatch(str(value)):
        yield f"{where}.{key}: {value!r} is no valid label (63 letters, digits, '-', '_', '.')"


def _fields(value: Any, shape: Any, where: str) -> Iterator[str]:
    if isinstance(shape, str) and shape.startswith("="):
        shape = _table()["shapes"][shape[1:]]
    if shape == "any":
        return
    if isinstance(shape, str):
        wanted, fits = PLAIN[shape]
        if not fits(value):
            yield f"{where}: {value!r} is not {wanted}"
    elif isinstance(shape, list):
        yield from _list(value, shape[0], where)
    elif not isinstance(value, dict):
        yield f"{where}: {value!r} is not a mapping"
    else:
        yield from _mapping(value, shape, where)


def _list(value: Any, shape: Any, where: str) -> Iterator[str]:
    if not isinstance(value, list):
        yield f"{where}: {value!r} is not a list"
        return
    for index, item in enumerate(value):
        yield from _fields(item, shape, f"{where}[{index}]")


def _mapping(value: Mapping[str, Any], shape: Mapping[str, Any], where: str) -> Iterator[str]:
    for key, inner in value.items():
        path = f"{where}.{key}" if where else str(key)
        if key in shape:
            yield from _fields(inner, shape[key], path)
            continue
        close = get_close_matches(str(key), shape, n=1)
        hint = f"did you mean {close[0]}?" if close else "is it misspelt, or new to us?"
        yield f"{path}: no such field; {hint}"


def _at(data: Mapping[str, Any], path: str) -> Any:
    found: Any = data
    for key in path.split("."):
        found = found.get(key) if isinstance(found, Mapping) else None
    return found


@cache
def _table() -> dict[str, Any]:
    read: dict[str, Any] = yaml.load(FIELDS.read_text(encoding="utf-8"), yaml.CSafeLoader)
    return read
