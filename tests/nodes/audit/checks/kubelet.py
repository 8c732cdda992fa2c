"""The kubelet and what runs containers: CIS 4, as far as SSH shows it."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from tests.nodes.audit.check import KUBESPRAY, Check
from tests.nodes.audit.checks.system import running
from tests.nodes.audit.facts import Node

CONFIG = "/etc/kubernetes/kubelet-config.yaml"
COMMAND = "tr '\\0' '\\n' < /proc/$(systemctl show -p MainPID --value kubelet)/cmdline 2>/dev/null"
MODES = {
    "kubelet-unit-mode": ("/etc/systemd/system/kubelet.service", 0o600),
    "kubelet-environment-mode": ("/etc/kubernetes/kubelet.env", 0o600),
    "kubelet-kubeconfig-mode": ("/etc/kubernetes/kubelet.conf", 0o600),
    "kubelet-config-mode": (CONFIG, 0o600),
    "kubelet-ca-mode": ("/etc/kubernetes/ssl/ca.crt", 0o644),
    "containerd-config-mode": ("/etc/containerd/config.toml", 0o640),
}
# Flags of the command line count more than the file, and are on their way out of the kubelet.
OVERRIDING = ("--anonymous-auth", "--authorization-mode", "--read-only-port", "--client-ca-file",
              "--protect-kernel-defaults", "--rotate-certificates", "--make-iptables-util-chains",
              "--streaming-connection-idle-timeout", "--event-qps", "--tls-cipher-suites",
              "--allow-privileged", "--insecure-port", "--cadvisor-port")  # fmt: skip


def _mode(path: str, most: int, node: Node) -> Iterator[str]:
    found = node.stat(path)
    if not found:
        yield f"{path} is not there"
    for entry in found:
        yield from entry.looser_than(most)


def kubelet_service(node: Node) -> Iterator[str]:
    """The kubelet runs, after a boot too."""
    yield from running(node, ["kubelet"])


def runtime_service(node: Node) -> Iterator[str]:
    """What runs containers runs, after a boot too."""
    yield from running(node, ["containerd"])


def command_line(node: Node) -> Iterator[str]:
    """Nothing on its command line counts more than its file."""
    words = node.ask(COMMAND).splitlines()
    if not words:
        yield "no kubelet runs"
        return
    flags = [word.partition("=")[0] for word in words if word.startswith("--")]
    if over := [flag for flag in flags if flag in OVERRIDING]:
        yield f"its command line has {', '.join(over)}, which count more than {CONFIG}"
    if f"--config={CONFIG}" not in words:
        yield f"it does not read {CONFIG}"


def network_files(node: Node) -> Iterator[str]:
    """How pods get their network is root's to say."""
    found = node.stat("/etc/cni/net.d", "/etc/cni/net.d/*")
    if not found:
        yield "/etc/cni/net.d is not there"
    for entry in found:
        most = 0o755 if entry.kind == "directory" else 0o644
        # Kubespray's own user may own the folder where kube_owner is not root.
        yield from entry.looser_than(most, ("root", "kube"))


def node_certificate(node: Node) -> Iterator[str]:
    """The kubelet's own key is root's."""
    found = node.stat("/var/lib/kubelet/pki/*.pem", "/var/lib/kubelet/pki/*.key")
    if not found:
        yield "/var/lib/kubelet/pki holds no certificate"
    for entry in found:
        if entry.kind != "symbolic link":
            yield from entry.looser_than(0o600)


def _seen(config: Any, path: str) -> Any:
    for part in path.split("."):
        config = config.get(part) if isinstance(config, dict) else None
    return config


def _setting(path: str, good: Callable[[Any], bool], wanted: str, node: Node) -> Iterator[str]:
    config = node.yaml(CONFIG)
    if not config:
        yield f"{CONFIG} is not there"
        return
    have = _seen(config, path)
    if not good(have):
        yield f"{path} is {'not set' if have is None else have}, and {wanted} is promised"


def _is(value: Any) -> Callable[[Any], bool]:
    return lambda have: have == value


STRONG = frozenset(
    ("TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
     "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305", "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
     "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
     "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305", "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256")
)  # fmt: skip
SETTINGS: dict[str, tuple[str, Callable[[Any], bool], str, str]] = {
    "kubelet-anonymous": (
        "authentication.anonymous.enabled", _is(False), "false", "the kubelet knows who asks",
    ),
    "kubelet-webhook": (
        "authentication.webhook.enabled", _is(True), "true", "the API says who a token is",
    ),
    "kubelet-authorization": (
        "authorization.mode", _is("Webhook"), "Webhook", "the API says who may ask the kubelet",
    ),
    "kubelet-client-ca": (
        "authentication.x509.clientCAFile", bool, "a file", "who asks has a certificate of ours",
    ),
    "kubelet-read-only-port": (
        "readOnlyPort", lambda have: have in (0, None), "0", "no port answers everybody",
    ),
    "kubelet-idle-timeout": (
        "streamingConnectionIdleTimeout", lambda have: have not in (0, "0", "0s", None), "a time",
        "a shell that nobody uses is closed",
    ),
    "kubelet-kernel-defaults": (
        "protectKernelDefaults", _is(True), "true", "the kubelet changes no kernel setting",
    ),
    "kubelet-iptables": (
        "makeIPTablesUtilChains", lambda have: have in (True, None), "true",
        "the kubelet keeps its chains",
    ),
    "kubelet-events": (
        "eventRecordQPS", lambda have: have is None or (isinstance(have, int) and have > 0),
        "more than 0", "events are written down, and not without limit",
    ),
    "kubelet-rotation": (
        "rotateCertificates", _is(True), "true", "the kubelet renews its certificate",
    ),
    "kubelet-seccomp": (
        "seccompDefault", _is(True), "true", "a pod gets the runtime's seccomp profile",
    ),
    "kubelet-pids": (
        "podPidsLimit", lambda have: isinstance(have, int) and have > 0, "a limit",
        "one pod cannot use up all processes",
    ),
    "kubelet-tls-version": (
        "tlsMinVersion", lambda have: have in ("VersionTLS12", "VersionTLS13"), "VersionTLS12",
        "no older TLS is spoken",
    ),
    "kubelet-tls-ciphers": (
        "tlsCipherSuites", lambda have: bool(have) and set(have) <= STRONG, "strong ones",
        "no weak cipher is spoken",
    ),
}  # fmt: skip
CHECKS = (
    Check("kubelet", "the kubelet runs", kubelet_service, KUBESPRAY, kubernetes=True),
    Check("containerd", "containerd runs", runtime_service, KUBESPRAY, kubernetes=True),
    *(
        Check(name, f"{path} is root's", partial(_mode, path, most), f"chmod {most:o} it",
              kubernetes=True)
        for name, (path, most) in MODES.items()
    ),
    Check("kubelet-command-line", "the kubelet's file is what counts", command_line, KUBESPRAY,
          kubernetes=True),
    Check("pod-network-files", "pods' network is root's", network_files, "chmod 600 them",
          kubernetes=True),
    Check("kubelet-keys", "the kubelet's keys are root's", node_certificate, "chmod 600 them",
          kubernetes=True),
    *(
        Check(name, promise, partial(_setting, path, good, wanted), KUBESPRAY, kubernetes=True)
        for name, (path, good, wanted, promise) in SETTINGS.items()
    ),
)  # fmt: skip
