"""One violation of every promise about kubelet, control plane and etcd.

Paths such as /root and /home/cc are those of the test machine, a container of its own.
"""

from tests.nodes.proofs.violations.shell import (
    ETCD,
    KUBELET,
    Violation,
    edited,
    flag,
    kubelet,
    mode,
    stopped,
)

WORKER = {
    "kubelet": Violation(
        "systemctl disable --quiet kubelet", "systemctl enable --quiet kubelet",
        "kubelet runs, and is disabled for the next boot",
    ),
    "containerd": stopped("containerd"),
    "kubelet-unit-mode": mode("/etc/systemd/system/kubelet.service", "600", "644", "mode 0644"),
    "kubelet-environment-mode": mode("/etc/kubernetes/kubelet.env", "600", "640", "mode 0640"),
    "kubelet-kubeconfig-mode": mode("/etc/kubernetes/kubelet.conf", "600", "640", "mode 0640"),
    "kubelet-config-mode": mode(KUBELET, "600", "644", "mode 0644, and 0600 is the most"),
    "kubelet-ca-mode": mode("/etc/kubernetes/ssl/ca.crt", "644", "666", "mode 0666"),
    "containerd-config-mode": mode("/etc/containerd/config.toml", "640", "644", "mode 0644"),
    "kubelet-command-line": edited(
        "/etc/systemd/system/kubelet.service", "--v=2", "--anonymous-auth=true",
        "its command line has --anonymous-auth, which count more than",
        "systemctl daemon-reload && systemctl restart kubelet",
    ),
    "pod-network-files": Violation(
        "chown ada /etc/cni/net.d/10-calico.conflist",
        "chown root /etc/cni/net.d/10-calico.conflist",
        "/etc/cni/net.d/10-calico.conflist belongs to ada",
    ),
    "kubelet-keys": mode(
        "/var/lib/kubelet/pki/kubelet-client-current.pem", "600", "644", "mode 0644",
    ),
    "kubelet-anonymous": kubelet(
        "    enabled: false", "    enabled: true",
        "authentication.anonymous.enabled is True, and false is promised",
    ),
    "kubelet-webhook": kubelet(
        "    enabled: True", "    enabled: False", "authentication.webhook.enabled is False",
    ),
    "kubelet-authorization": kubelet(
        "mode: Webhook", "mode: AlwaysAllow", "authorization.mode is AlwaysAllow",
    ),
    "kubelet-client-ca": kubelet("clientCAFile: .*", "clientCAFile:", "clientCAFile is not set"),
    "kubelet-read-only-port": kubelet("readOnlyPort: 0", "readOnlyPort: 10255", "is 10255"),
    "kubelet-idle-timeout": kubelet("Timeout: 5m", "Timeout: 0", "IdleTimeout is 0"),
    "kubelet-kernel-defaults": kubelet(
        "protectKernelDefaults: true", "protectKernelDefaults: false", "Defaults is False",
    ),
    "kubelet-iptables": kubelet("Chains: true", "Chains: false", "UtilChains is False"),
    "kubelet-events": kubelet("QPS: 50", "QPS: 0", "eventRecordQPS is 0"),
    "kubelet-rotation": kubelet("^rotateCert.*", "a: 1", "rotateCertificates is not set"),
    "kubelet-seccomp": kubelet("^seccomp.*", "a: 1", "seccompDefault is not set"),
    "kubelet-pids": kubelet("Limit: 4096", "Limit: -1", "podPidsLimit is -1"),
    "kubelet-tls-version": kubelet("VersionTLS12", "VersionTLS10", "is VersionTLS10"),
    "kubelet-tls-ciphers": kubelet(
        "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "TLS_RSA_WITH_3DES_EDE_CBC_SHA", "3DES",
    ),
    "kubelet-certificate": Violation(
        "cp -p /var/lib/kubelet/pki/kubelet-client-current.pem /root/kept && openssl req -x509 "
        "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 5 -subj /CN=a -keyout "
        "/dev/null -out /var/lib/kubelet/pki/kubelet-client-current.pem 2> /dev/null",
        "cp -p /root/kept /var/lib/kubelet/pki/kubelet-client-current.pem",
        "/var/lib/kubelet/pki/kubelet-client-current.pem ends in 5 days",
    ),
}  # fmt: skip
API, CONTROLLER, SCHEDULER = "kube-apiserver", "kube-controller-manager", "kube-scheduler"
CONTROL_PLANE = {
    "manifests": mode(f"/etc/kubernetes/manifests/{API}.yaml", "600", "644", "mode 0644"),
    "kubeconfigs": mode("/etc/kubernetes/admin.conf", "600", "640", "admin.conf has mode 0640"),
    "kubernetes-folders": mode("/etc/kubernetes/manifests", "755", "775", "mode 0775"),
    "private-keys": mode("/etc/kubernetes/ssl/ca.key", "600", "644", "ca.key has mode 0644"),
    "certificate-files": mode("/etc/kubernetes/ssl/apiserver.crt", "644", "664", "mode 0664"),
    "encryption-key": mode(
        "/etc/kubernetes/ssl/secrets_encryption.yaml", "640", "644", "mode 0644",
    ),
    "api-authorization": flag(
        API, "authorization-mode=.*", "authorization-mode=AlwaysAllow",
        "kube-apiserver has --authorization-mode=AlwaysAllow, and Node,RBAC is promised",
    ),
    "api-tokens": flag(API, "tls-min.*", "token-auth-file=/a", "--token-auth-file=/a"),
    "api-admission": flag(API, "enable-adm.*", "a=b", "--enable-admission-plugins=(not set)"),
    "api-profiling": flag(API, "profiling=False", "profiling=true", "--profiling=true"),
    "api-audit": flag(API, "audit-log-path=.*", "a=b", "--audit-log-path=(not set)"),
    "api-audit-age": flag(API, "audit-log-maxage=30", "audit-log-maxage=3", "maxage=3,"),
    "api-encryption": flag(API, "encryption-p.*", "a=b", "provider-config=(not set)"),
    "api-client-ca": flag(API, "client-ca-file=.*", "a=b", "--client-ca-file=(not set)"),
    "api-kubelet-certificate": flag(API, "kubelet-client-c.*", "a=b", "certificate=(not set)"),
    "api-etcd": flag(API, "etcd-cafile=.*", "a=b", "--etcd-cafile=(not set)"),
    "api-accounts": flag(API, "service-account-key.*", "a=b", "key-file=(not set)"),
    "api-tls": flag(API, "tls-min-version=.*", "tls-min-version=VersionTLS10", "VersionTLS10"),
    "controller-profiling": flag(CONTROLLER, "profiling=False", "profiling=True", "=True"),
    "controller-accounts": flag(CONTROLLER, "use-service.*", "a=b", "credentials=(not set)"),
    "controller-root-ca": flag(CONTROLLER, "root-ca-file=.*", "a=b", "root-ca-file=(not set)"),
    "controller-address": flag(CONTROLLER, "bind-address=.*", "bind-address=0.0.0.0", "=0.0.0.0"),
    "scheduler-profiling": flag(SCHEDULER, "profiling=False", "profiling=True", "=True"),
    "scheduler-address": flag(SCHEDULER, "bind-address=.*", "bind-address=0.0.0.0", "=0.0.0.0"),
    "cluster-certificates": Violation(
        "cp -p /etc/kubernetes/ssl/apiserver.crt /root/kept && openssl req -x509 -newkey ec "
        "-pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 29 -subj /CN=a -keyout /dev/null "
        "-out /etc/kubernetes/ssl/apiserver.crt 2> /dev/null",
        "cp -p /root/kept /etc/kubernetes/ssl/apiserver.crt",
        "/etc/kubernetes/ssl/apiserver.crt ends in 29 days",
    ),
}  # fmt: skip
ETCD_NODES = {
    "etcd": stopped("etcd"),
    "etcd-data": mode("/var/lib/etcd", "700", "755", "/var/lib/etcd has mode 0755"),
    "etcd-keys": mode(
        "/etc/ssl/etcd/ssl/member-node1-key.pem", "640", "644", "member-node1-key.pem has mode",
    ),
    "etcd-clients": edited(
        ETCD, "^ETCD_CLIENT_CERT_AUTH=true", "ETCD_CLIENT_CERT_AUTH=false",
        "etcd has ETCD_CLIENT_CERT_AUTH=false, and true is promised",
    ),
    "etcd-peers": edited(ETCD, "PEER_CLIENT_CERT_AUTH=True", "A=b", "CERT_AUTH=(not set)"),
    "etcd-certificate": edited(ETCD, "^ETCD_CERT_FILE=.*", "A=b", "ETCD_CERT_FILE=(not set)"),
    "etcd-peer-certificate": edited(ETCD, "^ETCD_PEER_CERT_FILE=.*", "A=b", "FILE=(not set)"),
    "etcd-made-up": edited(
        ETCD, "^ETCD_PEER_CERT_FILE=.*", "ETCD_AUTO_TLS=true", "ETCD_AUTO_TLS=true",
    ),
    "etcd-made-up-peers": edited(
        ETCD, "^ETCD_PEER_CERT_FILE=.*", "ETCD_PEER_AUTO_TLS=true", "ETCD_PEER_AUTO_TLS=true",
    ),
    "etcd-addresses": edited(ETCD, "https://192", "http://192", "and https is promised"),
    "etcd-certificates": Violation(
        "cp -p /etc/ssl/etcd/ssl/member-node1.pem /root/kept && echo nothing > "
        "/etc/ssl/etcd/ssl/member-node1.pem",
        "cp -p /root/kept /etc/ssl/etcd/ssl/member-node1.pem",
        "/etc/ssl/etcd/ssl/member-node1.pem is no certificate",
    ),
}  # fmt: skip
