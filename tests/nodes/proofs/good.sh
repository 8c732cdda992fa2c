# A node as `prepare` and Kubespray leave it, as far as an audit over SSH can see: real files with
# real modes, real certificates, and services that run and do nothing. For test machines only.
set -e
umask 022
export DEBIAN_FRONTEND=noninteractive
apt-get -qq -y --no-install-recommends install \
    chrony conntrack ethtool ipset rsync socat > /dev/null
systemctl enable --quiet chrony

# prepare
printf 'br_netfilter\noverlay\n' > /etc/modules-load.d/60-gourmetops.conf
sysctl -q -w net.ipv4.ip_forward=1
echo 'net/ipv6/conf/ens3/disable_ipv6 = 1' > /etc/sysctl.d/61-gourmetops-ipv6.conf
sysctl -q -w net.ipv6.conf.ens3.disable_ipv6=1
echo '192.168.1.11 node1' >> /etc/hosts
cat > /etc/ssh/sshd_config.d/10-gourmetops.conf <<'X'
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitEmptyPasswords no
PermitRootLogin no
MaxAuthTries 4
LoginGraceTime 30
X11Forwarding no
AllowAgentForwarding no
X
systemctl reload ssh
useradd --create-home --shell /bin/bash ada
usermod -p '!' ada
usermod -p '!' cc
echo 'ada ALL=(ALL) NOPASSWD:ALL' > /etc/sudoers.d/gourmetops-ada
chmod 440 /etc/sudoers.d/gourmetops-ada
groupadd docker

# Kubernetes
mkdir -p /etc/kubernetes/manifests /etc/kubernetes/ssl /etc/containerd /etc/cni/net.d /opt/cni/bin
mkdir -p /var/lib/kubelet/pki /etc/ssl/etcd/ssl
groupadd --system etcd
useradd --system --gid etcd --no-create-home --shell /usr/sbin/nologin etcd
install -d -m 700 -o etcd -g etcd /var/lib/etcd
for name in kubelet containerd etcd; do
    # A shell that waits keeps its command line; `exec` would not.
    printf '#!/bin/sh\nsleep infinity\nexit\n' > /usr/local/bin/$name
    chmod 755 /usr/local/bin/$name
    printf '[Service]\nExecStart=/usr/local/bin/%s %s\n[Install]\nWantedBy=multi-user.target\n' \
        $name "$([ $name = kubelet ] && echo --config=/etc/kubernetes/kubelet-config.yaml --v=2)" \
        > /etc/systemd/system/$name.service
done
chmod 600 /etc/systemd/system/kubelet.service
systemctl daemon-reload
systemctl enable --quiet --now kubelet containerd etcd

certificate() {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days "$3" \
        -subj /CN=test -keyout "$2" -out "$1" 2> /dev/null
}
for name in ca apiserver; do
    certificate /etc/kubernetes/ssl/$name.crt /etc/kubernetes/ssl/$name.key 365
done
chmod 600 /etc/kubernetes/ssl/*.key
chmod 644 /etc/kubernetes/ssl/*.crt
for name in ca member-node1; do
    certificate /etc/ssl/etcd/ssl/$name.pem /etc/ssl/etcd/ssl/$name-key.pem 365
done
chmod 700 /etc/ssl/etcd/ssl
chmod 640 /etc/ssl/etcd/ssl/*
chown -R etcd:root /etc/ssl/etcd/ssl
pair=/var/lib/kubelet/pki/kubelet-client-current.pem
certificate $pair /tmp/key 365
cat /tmp/key >> $pair
rm /tmp/key
chmod 600 $pair

for name in admin super-admin controller-manager scheduler kubelet; do
    echo 'kind: Config' > /etc/kubernetes/$name.conf
    chmod 600 /etc/kubernetes/$name.conf
done
echo 'KUBE_LOG_LEVEL="--v=2"' > /etc/kubernetes/kubelet.env
echo 'kind: EncryptionConfiguration' > /etc/kubernetes/ssl/secrets_encryption.yaml
echo 'version = 3' > /etc/containerd/config.toml
echo '{}' > /etc/cni/net.d/10-calico.conflist
chmod 600 /etc/kubernetes/kubelet.env
chmod 640 /etc/kubernetes/ssl/secrets_encryption.yaml /etc/containerd/config.toml
cat > /etc/kubernetes/kubelet-config.yaml <<'X'
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
authentication:
  anonymous:
    enabled: false
  webhook:
    enabled: True
  x509:
    clientCAFile: /etc/kubernetes/ssl/ca.crt
authorization:
  mode: Webhook
readOnlyPort: 0
streamingConnectionIdleTimeout: 5m
protectKernelDefaults: true
makeIPTablesUtilChains: true
eventRecordQPS: 50
rotateCertificates: true
seccompDefault: true
podPidsLimit: 4096
tlsMinVersion: VersionTLS12
tlsCipherSuites:
- TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256
X
chmod 600 /etc/kubernetes/kubelet-config.yaml
manifest() {
    name=$1
    shift
    {
        printf 'kind: Pod\nspec:\n  containers:\n  - command:\n    - %s\n' "$name"
        printf '    - --%s\n' "$@"
    } > /etc/kubernetes/manifests/"$name".yaml
    chmod 600 /etc/kubernetes/manifests/"$name".yaml
}
manifest kube-apiserver authorization-mode=Node,RBAC enable-admission-plugins=NodeRestriction \
    profiling=False audit-log-path=/var/log/audit/kube-apiserver-audit.log audit-log-maxage=30 \
    encryption-provider-config=/etc/kubernetes/ssl/secrets_encryption.yaml \
    client-ca-file=/etc/kubernetes/ssl/ca.crt etcd-cafile=/etc/ssl/etcd/ssl/ca.pem \
    kubelet-client-certificate=/etc/kubernetes/ssl/apiserver-kubelet-client.crt \
    service-account-key-file=/etc/kubernetes/ssl/sa.pub tls-min-version=VersionTLS12
manifest kube-controller-manager profiling=False use-service-account-credentials=true \
    root-ca-file=/etc/kubernetes/ssl/ca.crt bind-address=127.0.0.1
manifest kube-scheduler profiling=False bind-address=127.0.0.1
cat > /etc/etcd.env <<'X'
ETCD_LISTEN_CLIENT_URLS=https://192.168.1.11:2379,https://127.0.0.1:2379
ETCD_CERT_FILE=/etc/ssl/etcd/ssl/member-node1.pem
ETCD_CLIENT_CERT_AUTH=true
ETCD_PEER_CERT_FILE=/etc/ssl/etcd/ssl/member-node1.pem
ETCD_PEER_CLIENT_CERT_AUTH=True
X
