"""What this house asks of an object beyond what Kubernetes does.

Probes, requests and limits, images that cannot change, no secret in Git, no token that
nobody uses, and an update that always leaves somebody to answer.
"""

import re
from collections.abc import Iterator
from typing import Any

from charts import images, pod_security, pods
from charts.manifests import Manifest
from charts.pods import Pod

SECRET = re.compile(r"PASSWORD|PASSWD|SECRET|TOKEN|CREDENTIAL|PRIVATE_KEY|ACCESS_KEY")
EXPANDED = re.compile(r"\$\([A-Za-z_][A-Za-z0-9_]*\)")
USER_INFO = re.compile(r"://[^/\s:@]+:(?P<password>[^/\s@]+)@")


def problems(manifest: Manifest) -> Iterator[str]:
    """Yield what an object lacks."""
    if manifest.kind == "Secret":
        yield "a Secret never stands in Git: refer to it by name, and make it where it is used"
    if manifest.kind == "Namespace":
        yield from _namespace(manifest)
    if pod := pods.of(manifest):
        yield from _pod(pod)


def _namespace(manifest: Manifest) -> Iterator[str]:
    labels = manifest.metadata.get("labels") or {}
    if labels.get("pod-security.kubernetes.io/enforce") != "restricted":
        yield "the label pod-security.kubernetes.io/enforce is not restricted"


def _pod(pod: Pod) -> Iterator[str]:
    yield from pod_security.violations(pod)
    if "automountServiceAccountToken" not in pod.spec:
        yield "automountServiceAccountToken is not said: false, unless it asks the cluster's API"
    strategy = (pod.owner.data["spec"].get("strategy") or {}).get("rollingUpdate") or {}
    if strategy and strategy.get("maxUnavailable") != 0:
        yield "strategy.rollingUpdate.maxUnavailable is not 0: an update would lose requests"
    for container in pod.containers:
        for problem in _container(pod, container):
            yield f"container {container.get('name')}: {problem}"


def _container(pod: Pod, container: dict[str, Any]) -> Iterator[str]:
    if wrong := images.problem(str(container.get("image", ""))):
        yield wrong
    resources = container.get("resources") or {}
    for field, amount in (("requests", "cpu"), ("requests", "memory"), ("limits", "memory")):
        if amount not in (resources.get(field) or {}):
            yield f"resources.{field}.{amount} is missing"
    if pod.owner.kind != "Job":
        for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
            if probe not in container:
                yield f"{probe} is missing"
    if (container.get("securityContext") or {}).get("readOnlyRootFilesystem") is not True:
        yield "securityContext.readOnlyRootFilesystem is not true"
    yield from _env(container.get("env") or [])


def _env(env: list[dict[str, Any]]) -> Iterator[str]:
    names = [variable.get("name", "") for variable in env]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"env {name} is set twice"
    for position, variable in enumerate(env):
        name, value = variable.get("name", ""), variable.get("value", "")
        if value and SECRET.search(name.upper()) and not EXPANDED.search(value):
            yield f"env {name} holds a secret in plain text: use valueFrom.secretKeyRef"
        userinfo = USER_INFO.search(value)
        if userinfo and not EXPANDED.search(userinfo["password"]):
            yield f"env {name} holds a password in an address: use $(NAME) of a secretKeyRef"
        for used in EXPANDED.findall(value):
            if used[2:-1] not in names[:position]:
                yield f"env {name} uses {used}, which is not set above it"
