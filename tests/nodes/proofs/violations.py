"""One violation of every promise: how it is broken, how it is mended, and what must be said."""

from typing import NamedTuple

KUBELET = "/etc/kubernetes/kubelet-config.yaml"
SSHD = "/etc/ssh/sshd_config.d/10-gourmetops.conf"
ETCD = "/etc/etcd.env"


class Violation(NamedTuple):
    """One of them, in shell."""

    breaks: str
    mends: str
    said: str


def edited(file: str, old: str, new: str, said: str, after: str = "true") -> Violation:
    """Replace a word in a file, and put the file back."""
    return Violation(
        f"cp -p {file} /root/kept && sed -i 's|{old}|{new}|' {file} && ! cmp -s {file} /root/kept "
        f"&& {after}",
        f"cp -p /root/kept {file} && {after}",
        said,
    )


def sshd(key: str, value: str, said: str) -> Violation:
    """Have sshd told something else."""
    return edited(SSHD, f"^{key} .*", f"{key} {value}", said)


def mode(path: str, good: str, bad: str, said: str) -> Violation:
    """Let others do more with a file."""
    return Violation(f"chmod {bad} {path}", f"chmod {good} {path}", said)


def flag(component: str, old: str, new: str, said: str) -> Violation:
    """Start a component otherwise."""
    return edited(f"/etc/kubernetes/manifests/{component}.yaml", f"--{old}", f"--{new}", said)


def kubelet(old: str, new: str, said: str) -> Violation:
    """Configure the kubelet otherwise."""
    return edited(KUBELET, old, new, said)


def stopped(unit: str) -> Violation:
    """Stop a service."""
    return Violation(f"systemctl stop {unit}", f"systemctl start {unit}", f"{unit} is inactive")


SYSTEM = {
    "packages": Violation(
        "dpkg --purge --force-depends ipset > /dev/null",
        "apt-get -qq -y --no-install-recommends install ipset > /dev/null",
        "ipset not installed",
    ),
    "unwanted-packages": Violation(
        # An entry in dpkg's list is what a package is, to whoever asks dpkg.
        "cp -p /var/lib/dpkg/status /root/kept && printf 'Package: telnetd\\nStatus: install ok "
        "installed\\nVersion: 1\\nArchitecture: all\\nMaintainer: a <a@b>\\nDescription: a\\n\\n' "
        ">> /var/lib/dpkg/status",
        "cp -p /root/kept /var/lib/dpkg/status",
        "telnetd installed",
    ),
    "services": stopped("systemd-resolved"),
    "failed-units": Violation(
        "systemd-run --quiet --unit=broken false; sleep 0.5",
        "systemctl reset-failed broken",
        "broken.service failed",
    ),
    "sysctls": Violation(
        "sysctl -q -w net.ipv4.ip_forward=0",
        "sysctl -q -w net.ipv4.ip_forward=1",
        "net.ipv4.ip_forward is 0, and 1 is promised",
    ),
    "modules": edited(
        "/etc/modules-load.d/60-gourmetops.conf", "overlay", "#", "names overlay",
    ),
    "swap": Violation(
        "cp /proc/swaps /root/swaps && echo '/swap.img file 1 0 -2' >> /root/swaps && "
        "mount --bind /root/swaps /proc/swaps",
        "umount /proc/swaps",
        "swap is on (/swap.img)",
    ),
    "swap-at-boot": Violation(
        "touch /etc/fstab && cp -p /etc/fstab /root/kept && "
        "echo '/swap.img none swap sw 0 0' >> /etc/fstab",
        "cp -p /root/kept /etc/fstab",
        "/etc/fstab turns on /swap.img at each boot",
    ),
    "firewall": Violation(
        "printf '[Service]\\nExecStart=sleep infinity\\n' > /run/systemd/system/firewalld.service "
        "&& systemctl daemon-reload && systemctl start firewalld",
        "systemctl stop firewalld && rm /run/systemd/system/firewalld.service && "
        "systemctl daemon-reload",
        "firewalld runs",
    ),
    "clock-service": Violation(
        "systemctl disable --quiet chrony", "systemctl enable --quiet chrony",
        "none of chrony, chronyd, systemd-timesyncd, ntpsec, ntp is enabled",
    ),
    "time-zone": Violation(
        "ln -sfn /usr/share/zoneinfo/Europe/Berlin /etc/localtime",
        "ln -sfn /usr/share/zoneinfo/Etc/UTC /etc/localtime",
        "its time zone is Europe/Berlin, and UTC is promised",
    ),
    "inodes": Violation(
        "mount -t tmpfs -o nr_inodes=20 tmpfs /var && (cd /var && touch 1 2 3 4 5 6 7 8 9 10 11 "
        "12 13 14 15 16 17 18)",
        "umount /var",
        "/var has 5 % of its inodes left",
    ),
    "host-name": Violation("hostname other", "hostname node1", "it is called other"),
    "host-names": edited(
        "/etc/hosts", "192.168.1.11 node1", "192.168.1.99 node1",
        "/etc/hosts does not say that node1 is 192.168.1.11",
    ),
    "machine-id": Violation(
        "cp -p /etc/machine-id /root/kept && : > /etc/machine-id",
        "cp -p /root/kept /etc/machine-id",
        "/etc/machine-id is empty or broken",
    ),
    "ipv6": Violation(
        "sysctl -q -w net.ipv6.conf.ens3.disable_ipv6=0",
        "sysctl -q -w net.ipv6.conf.ens3.disable_ipv6=1",
        "IPv6 is on at the interface to the Internet",
    ),
    "name-servers": Violation(
        "rm /etc/resolv.conf && echo 'nameserver 10.56.0.1' > /etc/resolv.conf",
        "ln -sfn ../run/systemd/resolve/stub-resolv.conf /etc/resolv.conf",
        "/etc/resolv.conf is not systemd-resolved's",
    ),
    "system-files": mode(
        "/etc/shadow", "640", "644", "/etc/shadow has mode 0644, and 0640 is the most",
    ),
    "world-writable": mode(
        "/usr/local/bin/kubelet", "755", "757", "everybody may write /usr/local/bin/kubelet",
    ),
}  # fmt: skip
ACCESS = {
    "ssh-passwords": sshd("PasswordAuthentication", "yes", "passwordauthentication yes"),
    "ssh-questions": sshd(
        "KbdInteractiveAuthentication", "yes", "kbdinteractiveauthentication yes"
    ),
    "ssh-empty-passwords": sshd("PermitEmptyPasswords", "yes", "permitemptypasswords yes"),
    "ssh-root": sshd("PermitRootLogin", "yes", "permitrootlogin yes, and no is promised"),
    "ssh-x11": sshd("X11Forwarding", "yes", "x11forwarding yes"),
    "ssh-agent": sshd("AllowAgentForwarding", "yes", "allowagentforwarding yes"),
    "ssh-limits": sshd("MaxAuthTries", "20", "sshd has maxauthtries 20, and 4 is the most"),
    "ssh-host-keys": mode(
        "/etc/ssh/ssh_host_ed25519_key", "600", "640", "/etc/ssh/ssh_host_ed25519_key has mode 0640"
    ),
    "authorized-keys": Violation(
        "chown ada /home/cc/.ssh/authorized_keys",
        "chown cc /home/cc/.ssh/authorized_keys",
        "/home/cc/.ssh/authorized_keys belongs to ada, and not to cc or root",
    ),
    "users": Violation(
        "cp -p /etc/passwd /root/kept && sed -i '/^ada:/d' /etc/passwd",
        "cp -p /root/kept /etc/passwd",
        "ada has no account",
    ),
    "strangers": Violation(
        "useradd --no-create-home --shell /bin/bash eve && usermod -p '!' eve",
        "userdel eve",
        "eve may log in, and the site's file knows them not",
    ),
    "one-root": Violation(
        "cp -p /etc/passwd /root/kept && echo 'toor:x:0:0::/root:/usr/sbin/nologin' >> /etc/passwd",
        "cp -p /root/kept /etc/passwd",
        "toor is root by another name",
    ),
    "no-passwords": Violation(
        "echo ada:secret | chpasswd", "usermod -p '!' ada", "ada has a password"
    ),
    "sudo": Violation(
        "echo 'games ALL=(ALL) NOPASSWD:ALL' > /etc/sudoers.d/games",
        "rm /etc/sudoers.d/games",
        "sudo lets games in",
    ),
    "rootlike-groups": Violation(
        "usermod -aG docker ada", "gpasswd --delete ada docker > /dev/null",
        "ada is in the group docker, which is root in all but name",
    ),
}  # fmt: skip
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
IN_SHELL = {**SYSTEM, **ACCESS, **WORKER, **CONTROL_PLANE, **ETCD_NODES}
