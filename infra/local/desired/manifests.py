"""What a commit of the GitOps repository asks for: its objects, read and checked."""

import base64
import binascii
import functools
import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from infra.local.desired import fields, rollout
from infra.local.errors import ManifestError

DEFAULT_NAMESPACE = "default"
NAME = re.compile(r"[a-z0-9]([-.a-z0-9]{0,250}[a-z0-9])?")
CLUSTER_WIDE = ("Namespace", "GatewayClass", "ClusterRole", "ClusterRoleBinding")


@dataclass(frozen=True)
class Manifest:
    """One object as it stands in Git.

    Attributes:
        file: Its file in the repository.
        revision: The commit that last changed its folder.
    """

    kind: str
    namespace: str
    name: str
    data: dict[str, Any]
    file: str
    revision: str = ""

    @property
    def key(self) -> str:
        """What an object is called among those of its kind."""
        return f"{self.namespace}/{self.name}"

    @property
    def spec(self) -> dict[str, Any]:
        """The object's spec, empty if it has none."""
        spec: dict[str, Any] = self.data.get("spec") or {}
        return spec

    @functools.cached_property
    def template(self) -> str:
        """What tells the pod template of a Deployment or Job from another."""
        return template_hash(self.spec["template"])


@dataclass(frozen=True)
class Desired:
    """Everything that one commit asks for."""

    revision: str | None = None
    objects: tuple[Manifest, ...] = ()
    by_kind: Mapping[str, Mapping[str, Manifest]] = field(default_factory=dict)

    def of(self, kind: str) -> Mapping[str, Manifest]:
        """Return the objects of a kind by "namespace/name"."""
        return self.by_kind.get(kind, {})


def parse(texts: Mapping[str, str], revisions: Mapping[str, str], revision: str) -> Desired:
    """Read the files of a commit.

    Args:
        texts: Text by path.
        revisions: By folder ("platform", "environments/staging"), its last change.
        revision: The commit itself.

    Raises:
        ManifestError: naming file and path of the first thing that is not done here.
    """
    objects: list[Manifest] = []
    for file, text in sorted(texts.items()):
        changed = revisions.get(folder_of(file), revision)
        objects.extend(_object(data, file, changed) for data in _documents(text, file))
    by_kind: dict[str, dict[str, Manifest]] = {}
    for item in objects:
        same = by_kind.setdefault(item.kind, {})
        if item.key in same:
            why = f"{item.kind} {item.key} stands in {same[item.key].file} too: keep one"
            raise ManifestError(item.file, "metadata.name", why)
        same[item.key] = item
    return Desired(revision, tuple(objects), by_kind)


def folder_of(file: str) -> str:
    """Return the folder whose last change is the revision of a file."""
    parts = file.split("/")
    return "/".join(parts[:2]) if parts[0] == "environments" and len(parts) > 2 else parts[0]


def _documents(text: str, file: str) -> Iterator[dict[str, Any]]:
    try:
        loaded = list(yaml.load_all(text, Loader=yaml.CSafeLoader))
    except yaml.YAMLError as error:
        raise ManifestError(file, "", f"is no YAML: {error}") from error
    for document in loaded:
        if isinstance(document, dict) and document.get("kind") == "List":
            yield from document.get("items") or []
        elif document is not None:
            yield document


def _object(data: Any, file: str, revision: str) -> Manifest:
    if not isinstance(data, dict):
        raise ManifestError(file, "", "holds no object: a mapping with apiVersion and kind")
    fields.check(data, file)
    metadata = data["metadata"]
    name = metadata["name"]
    for part in ("name", "namespace"):
        if not NAME.fullmatch(metadata.get(part) or name):
            why = f"{metadata.get(part)!r} must be lower-case letters, digits, - and ."
            raise ManifestError(file, f"metadata.{part}", why)
    kind = data["kind"]
    wide = kind in CLUSTER_WIDE
    namespace = "" if wide else metadata.get("namespace") or DEFAULT_NAMESPACE
    manifest = Manifest(kind, namespace, name, data, file, revision)
    for demand in RULES.get(kind, ()):
        demand(manifest)
    return manifest


def _has_one_container(manifest: Manifest) -> None:
    spec = _pod(manifest)
    containers = spec.get("containers") or []
    if len(containers) != 1:
        why = f"must hold one container, and holds {len(containers)}"
        raise ManifestError(manifest.file, "spec.template.spec.containers", why)


def _mounts_what_it_has(manifest: Manifest) -> None:
    spec = _pod(manifest)
    volumes = {volume.get("name") for volume in spec.get("volumes") or []}
    for index, mount in enumerate(spec["containers"][0].get("volumeMounts") or []):
        if mount.get("name") not in volumes:
            where = f"spec.template.spec.containers[0].volumeMounts[{index}].name"
            raise ManifestError(manifest.file, where, f"names no volume: {mount.get('name')}")


def _selects_itself(manifest: Manifest) -> None:
    wanted = (manifest.spec.get("selector") or {}).get("matchLabels") or {}
    if not wanted or not matches(wanted, labels_of(manifest)):
        why = "must match the labels of spec.template.metadata"
        raise ManifestError(manifest.file, "spec.selector.matchLabels", why)


def _can_be_planned(manifest: Manifest) -> None:
    try:
        plan = rollout.strategy(manifest.spec)
    except ValueError as error:
        where = "spec.strategy.rollingUpdate"
        raise ManifestError(manifest.file, where, f"is no number and no share: {error}") from error
    if plan.desired < 0:
        raise ManifestError(manifest.file, "spec.replicas", "must be 0 or more")


def _probes_ports_it_has(manifest: Manifest) -> None:
    container = _pod(manifest)["containers"][0]
    ports = container.get("ports") or []
    known = {port["containerPort"] for port in ports} | {port.get("name") for port in ports}
    for name in ("startupProbe", "readinessProbe", "livenessProbe"):
        probe = container.get(name) or {}
        where = f"spec.template.spec.containers[0].{name}"
        if probe and not any(probe.get(kind) for kind in ("httpGet", "tcpSocket", "exec")):
            raise ManifestError(manifest.file, where, "asks nothing: httpGet, tcpSocket or exec")
        for kind in ("httpGet", "tcpSocket"):
            port = (probe.get(kind) or {}).get("port")
            if port is not None and port not in known:
                why = f"names a port that the container has not: {port}"
                raise ManifestError(manifest.file, f"{where}.{kind}.port", why)


def _runs_once(manifest: Manifest) -> None:
    for name in ("completions", "parallelism"):
        if manifest.spec.get(name, 1) != 1:
            raise ManifestError(manifest.file, f"spec.{name}", "only 1 is done by the local site")


def _sends_to_services(manifest: Manifest) -> None:
    for index, rule in enumerate(manifest.spec.get("rules") or []):
        for number, backend in enumerate(rule.get("backendRefs") or []):
            if backend.get("kind", "Service") != "Service" or not backend.get("name"):
                where = f"spec.rules[{index}].backendRefs[{number}]"
                raise ManifestError(manifest.file, where, "must name a Service")


def decoded(secret: Manifest) -> dict[str, str]:
    """Return the data of a Secret as text.

    Raises:
        ManifestError: it is no base64, or no text.
    """
    plain: dict[str, str] = secret.data.get("stringData") or {}
    try:
        packed = {
            key: base64.b64decode(value, validate=True).decode()
            for key, value in (secret.data.get("data") or {}).items()
        }
    except (binascii.Error, UnicodeDecodeError) as error:
        raise ManifestError(secret.file, "data", "must be base64 of text") from error
    return {**packed, **plain}


POD_RULES = (_has_one_container, _mounts_what_it_has, _probes_ports_it_has)
RULES: dict[str, tuple[Callable[[Manifest], object], ...]] = {
    "Deployment": (*POD_RULES, _selects_itself, _can_be_planned),
    "Job": (*POD_RULES, _runs_once),
    "Secret": (decoded,),
    "HTTPRoute": (_sends_to_services,),
}


def _pod(manifest: Manifest) -> dict[str, Any]:
    spec: dict[str, Any] = (manifest.spec.get("template") or {}).get("spec") or {}
    return spec


def labels_of(manifest: Manifest) -> dict[str, str]:
    """Return the labels that the pods of a Deployment or Job carry."""
    metadata = (manifest.spec.get("template") or {}).get("metadata") or {}
    labels: dict[str, str] = metadata.get("labels") or {}
    return labels


def matches(selector: Mapping[str, str], labels: Mapping[str, str]) -> bool:
    """Say whether labels satisfy a selector."""
    return selector.items() <= labels.items()


def template_hash(template: Mapping[str, Any]) -> str:
    """Return what tells one pod template from another."""
    text = json.dumps(template, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:10]


def folders_of(texts: Iterable[str]) -> set[str]:
    """Return the folders of files that have a revision of their own."""
    return {folder_of(file) for file in texts}
