"""The control plane and etcd: CIS 1 and 2, as far as SSH shows it."""

from collections.abc import Callable, Iterator
from functools import partial

from tests.nodes.audit.check import KUBESPRAY, Check
from tests.nodes.audit.checks.system import running
from tests.nodes.audit.facts import Node

MANIFESTS = "/etc/kubernetes/manifests"
APISERVER, CONTROLLER, SCHEDULER = "kube-apiserver", "kube-controller-manager", "kube-scheduler"
KUBECONFIGS = tuple(
    f"/etc/kubernetes/{name}.conf"
    for name in ("admin", "super-admin", "controller-manager", "scheduler")
)
ETCD_ENV = "/etc/etcd.env"
CONTROL_PLANE, ETCD = ("control-plane",), ("etcd",)


def manifests(node: Node) -> Iterator[str]:
    """What the control plane is made of is root's."""
    found = node.stat(f"{MANIFESTS}/*.yaml")
    names = {entry.path.rpartition("/")[2] for entry in found}
    for name in (APISERVER, CONTROLLER, SCHEDULER):
        if f"{name}.yaml" not in names:
            yield f"{MANIFESTS}/{name}.yaml is not there"
    for entry in found:
        yield from entry.looser_than(0o600)


def kubeconfigs(node: Node) -> Iterator[str]:
    """Keys to the whole cluster are root's."""
    found = node.stat(*KUBECONFIGS)
    if not any(entry.path == KUBECONFIGS[0] for entry in found):
        yield f"{KUBECONFIGS[0]} is not there"
    for entry in found:
        yield from entry.looser_than(0o600)


def folders(node: Node) -> Iterator[str]:
    """Nobody but root puts anything where the control plane reads."""
    for entry in node.stat("/etc/kubernetes", MANIFESTS, "/etc/kubernetes/ssl"):
        yield from entry.looser_than(0o755)


def keys(node: Node) -> Iterator[str]:
    """Private keys are root's."""
    found = node.stat("/etc/kubernetes/ssl/*.key")
    if not found:
        yield "/etc/kubernetes/ssl holds no key"
    for entry in found:
        yield from entry.looser_than(0o600)


def certificates(node: Node) -> Iterator[str]:
    """Certificates are root's to write."""
    for entry in node.stat("/etc/kubernetes/ssl/*.crt"):
        yield from entry.looser_than(0o644)


def encryption_key(node: Node) -> Iterator[str]:
    """The key that secrets lie encrypted with is root's."""
    for entry in node.stat("/etc/kubernetes/ssl/secrets_encryption.yaml"):
        yield from entry.looser_than(0o640)


def _flags(node: Node, component: str) -> dict[str, str] | None:
    pod = node.yaml(f"{MANIFESTS}/{component}.yaml")
    if not pod:
        return None
    words = pod["spec"]["containers"][0]["command"]
    return {
        name.removeprefix("--"): value
        for name, _sign, value in (str(word).partition("=") for word in words)
        if name.startswith("--")
    }


Good = Callable[[str | None], bool]


def _flag(component: str, flag: str, good: Good, wanted: str, node: Node) -> Iterator[str]:
    flags = _flags(node, component)
    if flags is None:
        yield f"{MANIFESTS}/{component}.yaml is not there"
    elif not good(flags.get(flag)):
        yield f"{component} has --{flag}={flags.get(flag, '(not set)')}, and {wanted} is promised"


def _is(value: str) -> Good:
    return lambda have: have == value


def _set(have: str | None) -> bool:
    return bool(have)


def _modes(have: str | None) -> bool:
    modes = set((have or "").split(","))
    return {"Node", "RBAC"} <= modes and "AlwaysAllow" not in modes


def _absent(have: str | None) -> bool:
    return have is None


def _plugins(have: str | None) -> bool:
    """NodeRestriction is named by kubeadm; AlwaysAdmit by nobody."""
    return have is not None and "NodeRestriction" in have and "AlwaysAdmit" not in have


FLAGS: dict[str, tuple[str, str, Good, str, str]] = {
    "api-authorization": (
        APISERVER, "authorization-mode", _modes, "Node,RBAC", "the API asks who may",
    ),
    "api-tokens": (
        APISERVER, "token-auth-file", _absent, "none", "no token lies in a file",
    ),
    "api-admission": (
        APISERVER, "enable-admission-plugins", _plugins, "NodeRestriction",
        "a node changes no other",
    ),
    "api-profiling": (
        APISERVER, "profiling", lambda have: (have or "").lower() == "false", "false",
        "the API shows nobody its inside",
    ),
    "api-audit": (APISERVER, "audit-log-path", _set, "a file", "who did what is written down"),
    "api-audit-age": (
        APISERVER, "audit-log-maxage", lambda have: (have or "").isdigit() and int(have or 0) >= 30,
        "30 days", "who did what is kept",
    ),
    "api-encryption": (
        APISERVER, "encryption-provider-config", _set, "a file", "secrets lie encrypted in etcd",
    ),
    "api-client-ca": (
        APISERVER, "client-ca-file", _set, "a file", "who asks has a certificate of ours",
    ),
    "api-kubelet-certificate": (
        APISERVER, "kubelet-client-certificate", _set, "a file", "kubelets know the API",
    ),
    "api-etcd": (APISERVER, "etcd-cafile", _set, "a file", "the API knows its etcd"),
    "api-accounts": (
        APISERVER, "service-account-key-file", _set, "a file", "tokens are signed by us",
    ),
    "api-tls": (
        APISERVER, "tls-min-version", lambda have: have in ("VersionTLS12", "VersionTLS13"),
        "VersionTLS12", "no older TLS is spoken",
    ),
    "controller-profiling": (
        CONTROLLER, "profiling", lambda have: (have or "").lower() == "false", "false",
        "the controllers show nobody their inside",
    ),
    "controller-accounts": (
        CONTROLLER, "use-service-account-credentials", _is("true"), "true",
        "each controller has rights of its own",
    ),
    "controller-root-ca": (
        CONTROLLER, "root-ca-file", _set, "a file", "pods know the API",
    ),
    "controller-address": (
        CONTROLLER, "bind-address", _is("127.0.0.1"), "127.0.0.1",
        "nobody outside asks the controllers",
    ),
    "scheduler-profiling": (
        SCHEDULER, "profiling", lambda have: (have or "").lower() == "false", "false",
        "the scheduler shows nobody its inside",
    ),
    "scheduler-address": (
        SCHEDULER, "bind-address", _is("127.0.0.1"), "127.0.0.1",
        "nobody outside asks the scheduler",
    ),
}  # fmt: skip


def etcd_service(node: Node) -> Iterator[str]:
    """etcd runs, after a boot too."""
    yield from running(node, ["etcd"])


def etcd_data(node: Node) -> Iterator[str]:
    """The state of the cluster is for nobody else to read."""
    found = node.stat("/var/lib/etcd")
    if not found:
        yield "/var/lib/etcd is not there"
    for entry in found:
        yield from entry.looser_than(0o700, ("etcd", "root"))


def etcd_keys(node: Node) -> Iterator[str]:
    """etcd's keys are for nobody else to read."""
    found = node.stat("/etc/ssl/etcd/ssl", "/etc/ssl/etcd/ssl/*-key.pem")
    if not found:
        yield "/etc/ssl/etcd/ssl is not there"
    for entry in found:
        most = 0o750 if entry.kind == "directory" else 0o640
        yield from entry.looser_than(most, ("etcd", "root"))
        if entry.group not in ("etcd", "root"):
            yield f"{entry.path} is for the group {entry.group} to read"


def _etcd(name: str, good: Good, wanted: str, node: Node) -> Iterator[str]:
    lines = (line.partition("=") for line in node.ask(f"cat {ETCD_ENV} 2>/dev/null").splitlines())
    told = {key: value for key, _sign, value in lines}
    if not told:
        yield f"{ETCD_ENV} is not there"
    elif not good(told.get(name)):
        yield f"etcd has {name}={told.get(name, '(not set)')}, and {wanted} is promised"


def _true(have: str | None) -> bool:
    return (have or "").lower() == "true"


def _not_true(have: str | None) -> bool:
    return not _true(have)


def _https(have: str | None) -> bool:
    return bool(have) and all(one.startswith("https://") for one in str(have).split(","))


ETCD_SETTINGS: dict[str, tuple[str, Good, str, str]] = {
    "etcd-clients": ("ETCD_CLIENT_CERT_AUTH", _true, "true", "etcd knows who asks"),
    "etcd-peers": ("ETCD_PEER_CLIENT_CERT_AUTH", _true, "true", "etcd knows its peers"),
    "etcd-certificate": ("ETCD_CERT_FILE", _set, "a file", "etcd shows who it is"),
    "etcd-peer-certificate": ("ETCD_PEER_CERT_FILE", _set, "a file", "peers know etcd"),
    "etcd-made-up": ("ETCD_AUTO_TLS", _not_true, "false", "etcd makes up no certificate"),
    "etcd-made-up-peers": ("ETCD_PEER_AUTO_TLS", _not_true, "false", "nor for its peers"),
    "etcd-addresses": ("ETCD_LISTEN_CLIENT_URLS", _https, "https", "etcd speaks TLS alone"),
}
FILES: tuple[tuple[str, str, Callable[[Node], Iterator[str]]], ...] = (
    ("manifests", "the control plane's manifests are root's", manifests),
    ("kubeconfigs", "keys to the cluster are root's", kubeconfigs),
    ("kubernetes-folders", "root alone writes where the control plane reads", folders),
    ("private-keys", "private keys are root's", keys),
    ("certificate-files", "certificates are root's to write", certificates),
    ("encryption-key", "the key of secrets is root's", encryption_key),
)
CHECKS = (
    *(
        Check(name, promise, judge, "chmod and chown them", CONTROL_PLANE, kubernetes=True)
        for name, promise, judge in FILES
    ),
    *(
        Check(name, promise, partial(_flag, component, flag, good, wanted), KUBESPRAY,
              CONTROL_PLANE, kubernetes=True)
        for name, (component, flag, good, wanted, promise) in FLAGS.items()
    ),
    Check("etcd", "etcd runs", etcd_service, KUBESPRAY, ETCD, kubernetes=True),
    Check("etcd-data", "the state is for nobody else", etcd_data, "chmod 700 it", ETCD,
          kubernetes=True),
    Check("etcd-keys", "etcd's keys are for nobody else", etcd_keys, "chmod 640 them", ETCD,
          kubernetes=True),
    *(
        Check(name, promise, partial(_etcd, key, good, wanted), KUBESPRAY, ETCD, kubernetes=True)
        for name, (key, good, wanted, promise) in ETCD_SETTINGS.items()
    ),
)  # fmt: skip
