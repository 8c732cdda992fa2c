"""From a pod template to a process: command, environment, ports and folders.

A replica has no container around it. Its ports are free ones of this machine, and its
mount paths are folders of the state; both are put in place of what the manifest says
wherever the manifest's own text names them.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.local import state as files
from infra.local.desired import quantities
from infra.local.errors import PodError
from infra.local.processes.images import Image
from infra.local.processes.volumes import Mount
from infra.local.state import State
from infra.local.supervisor.supervision import launch_file

REFERENCE = re.compile(r"\$(\$|\(([A-Za-z_][-A-Za-z0-9_.]*)\))")
CONFIG_ERROR = "CreateContainerConfigError"
PLAIN = {
    "LANG": "C.UTF-8",
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "PYTHONUNBUFFERED": "1",
    "PYTHONDONTWRITEBYTECODE": "1",  # an image's files are nobody's to write
}


@dataclass(frozen=True)
class Config:
    """ConfigMaps and Secrets that pods of one namespace may name."""

    config_maps: Mapping[str, Mapping[str, str]]
    secrets: Mapping[str, Mapping[str, str]]

    def section(self, kind: str, name: str, *, optional: bool) -> Mapping[str, str]:
        """Return the data of a ConfigMap or Secret.

        Raises:
            PodError: there is none and it is not optional.
        """
        found = (self.config_maps if kind == "ConfigMap" else self.secrets).get(name)
        if found is None and not optional:
            raise PodError(CONFIG_ERROR, f"{kind} {name} is not in Git and not of this site")
        return found or {}


@dataclass(frozen=True)
class Pod:
    """What is particular about one replica."""

    name: str
    namespace: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    ports: Mapping[str, int]
    home: Path
    mounts: Sequence[Mount] = ()


@dataclass(frozen=True)
class Launch:
    """A process that can be started."""

    argv: tuple[str, ...]
    env: dict[str, str]
    cwd: Path


def container_of(template: Mapping[str, Any]) -> dict[str, Any]:
    """Return the one container of a pod template."""
    container: dict[str, Any] = template["spec"]["containers"][0]
    return container


def memory_limit(container: Mapping[str, Any]) -> int | None:
    """Return the memory limit in bytes, or None."""
    limits = (container.get("resources") or {}).get("limits") or {}
    return int(quantities.parse(limits["memory"])) if "memory" in limits else None


def container_ports(container: Mapping[str, Any]) -> list[str]:
    """Return the ports of a container in its own numbers."""
    return [str(port["containerPort"]) for port in container.get("ports") or []]


def launch(container: Mapping[str, Any], image: Image, pod: Pod, config: Config) -> Launch:
    """Work out the process of a container.

    Raises:
        PodError: it names a ConfigMap, Secret or key that is not there, or has no command.
    """
    own = _own_environment(container, pod, config)
    env = {**PLAIN, "HOME": str(pod.home), **dict(image.env), **own, **_ports(container, pod)}
    for mount in pod.mounts:
        if mount.path == "/tmp":
            env["TMPDIR"] = str(mount.folder)
    own_command = [placed(text, pod.mounts) for text in container.get("command") or []]
    own_arguments = [placed(text, pod.mounts) for text in container.get("args") or []]
    arguments = own_arguments or ([] if own_command else list(image.command))
    argv = tuple(expand(text, env) for text in [*(own_command or image.entrypoint), *arguments])
    if not argv:
        why = f"{image.name}: neither image nor manifest has a command"
        raise PodError("RunContainerError", why)
    cwd = Path(container["workingDir"]) if container.get("workingDir") else image.folder
    return Launch(argv, env, _inside(cwd, image))


def _inside(cwd: Path, image: Image) -> Path:
    inside = image.folder.parent / cwd.relative_to("/") if cwd.is_absolute() else cwd
    return inside if inside.is_dir() else image.folder


def _ports(container: Mapping[str, Any], pod: Pod) -> dict[str, str]:
    known = container.get("ports") or []
    env = {"HOST": "127.0.0.1"}
    for index, port in enumerate(known):
        number = str(pod.ports[str(port["containerPort"])])
        if index == 0:
            env["PORT"] = number
        if port.get("name"):
            env[f"PORT_{port['name'].upper().replace('-', '_')}"] = number
    return env


def placed(text: str, mounts: Sequence[Mount]) -> str:
    """Put the folder of a mount in place of its path, where the text names that path."""
    folders = {mount.path: str(mount.folder) for mount in mounts}
    if not folders:
        return text
    paths = "|".join(re.escape(path) for path in sorted(folders, key=len, reverse=True))
    pattern = rf"(?<![\w.-])({paths})(?![\w.-])"
    return re.sub(pattern, lambda found: folders[found.group(1)], text)


def _own_environment(container: Mapping[str, Any], pod: Pod, config: Config) -> dict[str, str]:
    env: dict[str, str] = {}
    # What a site says of itself names folders of this machine, which may lie in its /tmp.
    kept = [mount for mount in pod.mounts if mount.path != "/tmp"]
    for source in container.get("envFrom") or []:
        for kind, field in (("ConfigMap", "configMapRef"), ("Secret", "secretRef")):
            if reference := source.get(field):
                optional = bool(reference.get("optional"))
                data = config.section(kind, reference["name"], optional=optional)
                prefix = source.get("prefix") or ""
                env.update({f"{prefix}{key}": placed(text, kept) for key, text in data.items()})
    for variable in container.get("env") or []:
        value = _value(variable, container, pod, config)
        if value is not None:
            env[variable["name"]] = expand(value, {**env, **_ports(container, pod)})
    return env


def _value(
    variable: Mapping[str, Any], container: Mapping[str, Any], pod: Pod, config: Config
) -> str | None:
    source = variable.get("valueFrom")
    if not source:
        return placed(str(variable.get("value") or ""), pod.mounts)
    for kind, field in (("ConfigMap", "configMapKeyRef"), ("Secret", "secretKeyRef")):
        if reference := source.get(field):
            optional = bool(reference.get("optional"))
            data = config.section(kind, reference["name"], optional=optional)
            if reference["key"] not in data and not optional:
                where = f"{kind} {reference['name']}"
                raise PodError(CONFIG_ERROR, f"{where} has no key {reference['key']}")
            return data.get(reference["key"])
    if reference := source.get("fieldRef"):
        return _field(reference["fieldPath"], pod)
    return str(memory_limit(container) or 0)


def _field(path: str, pod: Pod) -> str:
    plain = {
        "metadata.name": pod.name,
        "metadata.namespace": pod.namespace,
        "metadata.uid": pod.name,
        "spec.nodeName": "local",
        "spec.serviceAccountName": "default",
        "status.podIP": "127.0.0.1",
        "status.hostIP": "127.0.0.1",
    }
    if path in plain:
        return plain[path]
    for prefix, values in (("labels", pod.labels), ("annotations", pod.annotations)):
        if found := re.fullmatch(rf"metadata\.{prefix}\['(.+)'\]", path):
            return values.get(found.group(1), "")
    raise PodError(CONFIG_ERROR, f"fieldRef {path} has no meaning on this site")


def expand(text: str, env: Mapping[str, str]) -> str:
    """Fill in $(NAME) as Kubernetes does: an unknown one stays, $$ is a plain $."""

    def fill(found: re.Match[str]) -> str:
        if found.group(1) == "$":
            return "$"
        return env.get(found.group(2), found.group(0))

    return REFERENCE.sub(fill, text)


def launched(state: State, name: str) -> Launch:
    """Return what a replica was started with."""
    text = files.read_json(launch_file(state, name)) or {"argv": [], "env": {}, "cwd": "/"}
    return Launch(tuple(text["argv"]), text["env"], Path(text["cwd"]))
