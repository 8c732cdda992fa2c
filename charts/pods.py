"""The pods that an object makes, and their containers."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from charts.manifests import Manifest

WORKLOADS = ("Deployment", "StatefulSet", "Job")


@dataclass(frozen=True)
class Pod:
    """The pod template of one workload."""

    owner: Manifest
    labels: dict[str, str]
    annotations: dict[str, str]
    spec: dict[str, Any]

    @property
    def containers(self) -> list[dict[str, Any]]:
        """Every container, those that run first included."""
        return [
            container
            for field in ("initContainers", "containers", "ephemeralContainers")
            for container in self.spec.get(field) or []
        ]

    @property
    def ports(self) -> set[str | int]:
        """The names and numbers of its containers' ports."""
        return {
            port[key]
            for container in self.containers
            for port in container.get("ports") or []
            for key in ("name", "containerPort")
            if key in port
        }


def of(manifest: Manifest) -> Pod | None:
    """Return the pod that an object makes, if it makes one."""
    if manifest.kind not in WORKLOADS:
        return None
    template = (manifest.data.get("spec") or {}).get("template") or {}
    metadata = template.get("metadata") or {}
    return Pod(
        owner=manifest,
        labels=metadata.get("labels") or {},
        annotations=metadata.get("annotations") or {},
        spec=template.get("spec") or {},
    )


def every(manifests: Iterable[Manifest]) -> Iterator[Pod]:
    """Yield the pods of all workloads."""
    for manifest in manifests:
        if pod := of(manifest):
            yield pod
