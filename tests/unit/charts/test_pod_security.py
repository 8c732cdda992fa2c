"""The restricted Pod Security Standard: each rule lets a sound pod pass and finds its violation."""

import copy

import pytest

from charts import pod_security
from charts.manifests import Manifest
from charts.pods import Pod

CONTEXT = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "runAsNonRoot": True,
    "seccompProfile": {"type": "RuntimeDefault"},
}
SOUND = {
    "containers": [{"name": "app", "securityContext": CONTEXT}],
    "volumes": [{"name": "tmp", "emptyDir": {}}],
}
APPARMOR = "container.apparmor.security.beta.kubernetes.io/app"


def pod(spec=SOUND, annotations=None):
    return Pod(Manifest({}), {}, annotations or {}, copy.deepcopy(spec))


def broken(path, value):
    """Return the sound pod with one value set, or taken away where it is None."""
    changed = pod()
    target = changed.spec
    *parents, last = path
    for key in parents:
        target = target.setdefault(key, {}) if isinstance(target, dict) else target[key]
    if value is None:
        del target[last]
    else:
        target[last] = value
    return changed


C = ("containers", 0)
S = (*C, "securityContext")
SEEDED = [
    ("hostNetwork", ("hostNetwork",), True,
     "hostNetwork is true: a pod may not share the node's own"),
    ("hostPID", ("hostPID",), True, "hostPID is true: a pod may not share the node's own"),
    ("hostIPC", ("hostIPC",), True, "hostIPC is true: a pod may not share the node's own"),
    ("privileged", (*S, "privileged"), True, "container app: securityContext.privileged is true"),
    ("host process", (*S, "windowsOptions"), {"hostProcess": True},
     "container app: securityContext.windowsOptions.hostProcess is true"),
    ("escalation", (*S, "allowPrivilegeEscalation"), True,
     "container app: securityContext.allowPrivilegeEscalation is not false"),
    ("escalation unsaid", (*S, "allowPrivilegeEscalation"), None,
     "container app: securityContext.allowPrivilegeEscalation is not false"),
    ("capabilities kept", (*S, "capabilities"), {"drop": ["NET_RAW"]},
     "container app: securityContext.capabilities.drop does not hold ALL"),
    ("capability added", (*S, "capabilities"), {"drop": ["ALL"], "add": ["SYS_ADMIN"]},
     "container app: securityContext.capabilities.add holds SYS_ADMIN"),
    ("root allowed", (*S, "runAsNonRoot"), False,
     "container app: securityContext.runAsNonRoot is not true, nor the pod's"),
    ("root unsaid", (*S, "runAsNonRoot"), None,
     "container app: securityContext.runAsNonRoot is not true, nor the pod's"),
    ("user 0", (*S, "runAsUser"), 0,
     "container app: securityContext.runAsUser is 0, which is root"),
    ("pod user 0", ("securityContext", "runAsUser"), 0,
     "securityContext.runAsUser is 0, which is root"),
    ("seccomp unsaid", (*S, "seccompProfile"), None,
     "container app: securityContext.seccompProfile is not set, nor the pod's"),
    ("seccomp off", (*S, "seccompProfile"), {"type": "Unconfined"},
     "container app: securityContext.seccompProfile.type is Unconfined"),
    ("seccomp off for the pod", ("securityContext", "seccompProfile"), {"type": "Unconfined"},
     "securityContext.seccompProfile.type is Unconfined"),
    ("apparmor off", (*S, "appArmorProfile"), {"type": "Unconfined"},
     "container app: securityContext.appArmorProfile.type is Unconfined"),
    ("selinux type", (*S, "seLinuxOptions"), {"type": "spc_t"},
     "container app: securityContext.seLinuxOptions.type is spc_t"),
    ("selinux user", (*S, "seLinuxOptions"), {"user": "system_u"},
     "container app: securityContext.seLinuxOptions.user is set"),
    ("proc", (*S, "procMount"), "Unmasked", "container app: securityContext.procMount is Unmasked"),
    ("sysctl", ("securityContext", "sysctls"), [{"name": "kernel.msgmax", "value": "1"}],
     "securityContext.sysctls holds kernel.msgmax"),
    ("hostPath", ("volumes",), [{"name": "etc", "hostPath": {"path": "/etc"}}],
     "the volume etc is a hostPath"),
    ("nfs", ("volumes",), [{"name": "share", "nfs": {}}], "the volume share is a nfs"),
    ("hostPort", (*C, "ports"), [{"containerPort": 80, "hostPort": 80}],
     "container app: hostPort 80"),
    ("probe of a host", (*C, "livenessProbe"), {"httpGet": {"host": "db.example", "port": 1}},
     "container app: livenessProbe.httpGet.host is db.example"),
    ("hook to a host", (*C, "lifecycle"), {"preStop": {"tcpSocket": {"host": "h", "port": 1}}},
     "container app: preStop.tcpSocket.host is h"),
    ("sidecar", ("initContainers",),
     [{"name": "app", "securityContext": {**CONTEXT, "privileged": True}}],
     "container app: securityContext.privileged is true"),
]  # fmt: skip


def test_a_sound_pod_passes_every_rule():
    assert list(pod_security.violations(pod())) == []


@pytest.mark.parametrize(
    ("path", "value", "sentence"), [case[1:] for case in SEEDED], ids=[case[0] for case in SEEDED]
)
def test_one_violation_is_found_and_nothing_else(path, value, sentence):
    assert list(pod_security.violations(broken(path, value))) == [
        f"restricted Pod Security Standard: {sentence}"
    ]


def test_an_apparmor_annotation_of_the_old_kind_is_held_too():
    assert list(pod_security.app_armor_is_on(pod(annotations={APPARMOR: "unconfined"}))) == [
        f"the annotation {APPARMOR} is unconfined"
    ]
    assert list(pod_security.app_armor_is_on(pod(annotations={APPARMOR: "runtime/default"}))) == []


def test_every_rule_has_a_seeded_violation():
    caught = {
        rule.__name__
        for rule in pod_security.RESTRICTED
        for _name, path, value, _sentence in SEEDED
        if list(rule(broken(path, value)))
    }

    assert caught == {rule.__name__ for rule in pod_security.RESTRICTED}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ((*S, "capabilities"), {"drop": ["ALL"], "add": ["NET_BIND_SERVICE"]}),
        ((*S, "seccompProfile"), {"type": "Localhost", "localhostProfile": "x"}),
        (("securityContext", "sysctls"), [{"name": "net.ipv4.tcp_syncookies", "value": "1"}]),
        ((*C, "livenessProbe"), {"httpGet": {"host": "127.0.0.1", "port": 1}}),
        ((*S, "runAsUser"), 10001),
    ],
    ids=["bind", "local profile", "safe sysctl", "own loopback", "user"],
)
def test_what_the_standard_allows_is_not_refused(path, value):
    assert list(pod_security.violations(broken(path, value))) == []


def test_what_the_pod_says_holds_for_a_container_that_says_nothing():
    spec = copy.deepcopy(SOUND)
    context = spec["containers"][0]["securityContext"]
    spec["securityContext"] = {key: context[key] for key in ("runAsNonRoot", "seccompProfile")}
    spec["containers"][0]["securityContext"] = {
        key: context[key] for key in ("allowPrivilegeEscalation", "capabilities")
    }

    assert list(pod_security.violations(pod(spec))) == []
