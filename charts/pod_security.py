"""The restricted Pod Security Standard, one function a control.

A rule takes a pod and yields what it violates, in words that name the field to change.
"""

from collections.abc import Callable, Iterator
from typing import Any

from charts.pods import Pod

Rule = Callable[[Pod], Iterator[str]]

VOLUMES = {
    "configMap", "csi", "downwardAPI", "emptyDir", "ephemeral",
    "persistentVolumeClaim", "projected", "secret",
}  # fmt: skip
SYSCTLS = {
    "kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.tcp_syncookies", "net.ipv4.ping_group_range", "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes", "net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem",
}  # fmt: skip
SELINUX_TYPES = {"", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"}
PROFILES = {"RuntimeDefault", "Localhost"}


def host_namespaces_are_not_shared(pod: Pod) -> Iterator[str]:
    """Hold hostNetwork, hostPID and hostIPC."""
    for field in ("hostNetwork", "hostPID", "hostIPC"):
        if pod.spec.get(field):
            yield f"{field} is true: a pod may not share the node's own"


def nothing_is_privileged(pod: Pod) -> Iterator[str]:
    """Hold privileged and Windows HostProcess."""
    for where, context in _contexts(pod):
        if context.get("privileged"):
            yield f"{where}privileged is true"
        if (context.get("windowsOptions") or {}).get("hostProcess"):
            yield f"{where}windowsOptions.hostProcess is true"


def privileges_cannot_grow(pod: Pod) -> Iterator[str]:
    """Hold allowPrivilegeEscalation, which must be said."""
    for container in pod.containers:
        if _context(container).get("allowPrivilegeEscalation") is not False:
            yield f"{_name(container)}.allowPrivilegeEscalation is not false"


def capabilities_are_dropped(pod: Pod) -> Iterator[str]:
    """Hold capabilities: all dropped, none added but NET_BIND_SERVICE."""
    for container in pod.containers:
        capabilities = _context(container).get("capabilities") or {}
        if "ALL" not in (capabilities.get("drop") or []):
            yield f"{_name(container)}.capabilities.drop does not hold ALL"
        for added in capabilities.get("add") or []:
            if added != "NET_BIND_SERVICE":
                yield f"{_name(container)}.capabilities.add holds {added}"


def nobody_is_root(pod: Pod) -> Iterator[str]:
    """Hold runAsNonRoot, which must be said, and runAsUser."""
    for container in pod.containers:
        said = _context(container).get("runAsNonRoot", _pod_context(pod).get("runAsNonRoot"))
        if said is not True:
            yield f"{_name(container)}.runAsNonRoot is not true, nor the pod's"
    for where, context in _contexts(pod):
        if context.get("runAsUser") == 0:
            yield f"{where}runAsUser is 0, which is root"


def seccomp_is_on(pod: Pod) -> Iterator[str]:
    """Hold seccompProfile, which must be said for each container or for the pod."""
    for_all = (_pod_context(pod).get("seccompProfile") or {}).get("type")
    if for_all is not None and for_all not in PROFILES:
        yield f"securityContext.seccompProfile.type is {for_all}"
    for container in pod.containers:
        own = (_context(container).get("seccompProfile") or {}).get("type")
        if own is None and for_all is None:
            yield f"{_name(container)}.seccompProfile is not set, nor the pod's"
        elif own is not None and own not in PROFILES:
            yield f"{_name(container)}.seccompProfile.type is {own}"


def app_armor_is_on(pod: Pod) -> Iterator[str]:
    """Hold appArmorProfile and the annotation that came before it."""
    for where, context in _contexts(pod):
        profile = (context.get("appArmorProfile") or {}).get("type", "RuntimeDefault")
        if profile not in PROFILES:
            yield f"{where}appArmorProfile.type is {profile}"
    for key, value in pod.annotations.items():
        if key.startswith("container.apparmor.security.beta.kubernetes.io/") and not (
            value == "runtime/default" or value.startswith("localhost/")
        ):
            yield f"the annotation {key} is {value}"


def selinux_is_not_bent(pod: Pod) -> Iterator[str]:
    """Hold seLinuxOptions."""
    for where, context in _contexts(pod):
        options = context.get("seLinuxOptions") or {}
        if options.get("type", "") not in SELINUX_TYPES:
            yield f"{where}seLinuxOptions.type is {options['type']}"
        for field in ("user", "role"):
            if options.get(field):
                yield f"{where}seLinuxOptions.{field} is set"


def proc_is_masked(pod: Pod) -> Iterator[str]:
    """Hold procMount."""
    for container in pod.containers:
        mount = _context(container).get("procMount", "Default")
        if mount != "Default":
            yield f"{_name(container)}.procMount is {mount}"


def sysctls_are_safe(pod: Pod) -> Iterator[str]:
    """Hold sysctls: only those that stay inside the pod."""
    for sysctl in _pod_context(pod).get("sysctls") or []:
        if sysctl.get("name") not in SYSCTLS:
            yield f"securityContext.sysctls holds {sysctl.get('name')}"


def volumes_are_plain(pod: Pod) -> Iterator[str]:
    """Hold volume types: nothing of the node."""
    for volume in pod.spec.get("volumes") or []:
        for kind in volume.keys() - VOLUMES - {"name"}:
            yield f"the volume {volume.get('name')} is a {kind}"


def ports_of_the_host_are_free(pod: Pod) -> Iterator[str]:
    """Hold hostPort."""
    for container in pod.containers:
        for port in container.get("ports") or []:
            if port.get("hostPort"):
                yield f"container {container.get('name')}: hostPort {port['hostPort']}"


def probes_stay_in_the_pod(pod: Pod) -> Iterator[str]:
    """Hold the host field of probes and lifecycle handlers."""
    for container in pod.containers:
        lifecycle = container.get("lifecycle") or {}
        handlers = {
            **{name: container.get(name) for name in container if name.endswith("Probe")},
            **lifecycle,
        }
        for name, handler in handlers.items():
            for how in ("httpGet", "tcpSocket"):
                host = ((handler or {}).get(how) or {}).get("host")
                if host not in (None, "", "127.0.0.1", "::1", "localhost"):
                    yield f"container {container.get('name')}: {name}.{how}.host is {host}"


RESTRICTED: tuple[Rule, ...] = (
    host_namespaces_are_not_shared,
    nothing_is_privileged,
    privileges_cannot_grow,
    capabilities_are_dropped,
    nobody_is_root,
    seccomp_is_on,
    app_armor_is_on,
    selinux_is_not_bent,
    proc_is_masked,
    sysctls_are_safe,
    volumes_are_plain,
    ports_of_the_host_are_free,
    probes_stay_in_the_pod,
)


def violations(pod: Pod) -> Iterator[str]:
    """Yield every violation of the restricted standard."""
    for rule in RESTRICTED:
        for problem in rule(pod):
            yield f"restricted Pod Security Standard: {problem}"


def _pod_context(pod: Pod) -> dict[str, Any]:
    return pod.spec.get("securityContext") or {}


def _context(container: dict[str, Any]) -> dict[str, Any]:
    return container.get("securityContext") or {}


def _contexts(pod: Pod) -> Iterator[tuple[str, dict[str, Any]]]:
    yield "securityContext.", _pod_context(pod)
    for container in pod.containers:
        yield f"{_name(container)}.", _context(container)


def _name(container: dict[str, Any]) -> str:
    return f"container {container.get('name')}: securityContext"
