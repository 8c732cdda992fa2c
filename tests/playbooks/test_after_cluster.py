"""What an operator gets of a cluster, and what nobody else does."""

import hashlib

import pytest

COUNT = 1
SECRET = "LS0tLS1CRUdJTiBSU0EgUFJJVkFURSBLRVk"
ADMIN = f"apiVersion: v1\nkind: Config\nusers: [{{user: {{client-key-data: {SECRET}}}}}]\n"
KUBECTL = "#!/bin/sh\necho a kubectl\n"
URL = "http://192.168.1.11:5001/kubectl"


@pytest.fixture(scope="module")
def node(lab):
    """A control plane as Kubespray leaves it, with a place to fetch kubectl from."""
    node = lab.hosts["node1"]
    node.write("/etc/kubernetes/admin.conf", ADMIN)
    node.run("chmod 600 /etc/kubernetes/admin.conf")
    node.write("/srv/files/kubectl", KUBECTL)
    node.run("systemd-run -q --unit files python3 -m http.server 5001 -d /srv/files")
    node.run(f"until curl -sf -o /dev/null {URL}; do sleep 0.1; done")
    return node


def fetched(lab, *options, text=KUBECTL):
    digest = hashlib.sha256(text.encode()).hexdigest()
    return lab.play(
        "after-cluster", "--tags", "kubectl", "--diff", *options, kubectl_url=URL,
        kubectl_sha256={"amd64": digest, "arm64": digest},
    )  # fmt: skip


def test_a_kubectl_that_is_not_the_pinned_one_is_never_installed(lab, node):
    node.run("rm -f /usr/local/bin/kubectl")

    done = fetched(lab, text="another")

    assert done.status == "failed"
    assert "checksum" in done.said("node1")
    assert node.run("ls /usr/local/bin/kubectl 2>&1", check=False).startswith("ls: cannot")


def test_the_operator_gets_kubectl_and_a_kubeconfig_that_only_he_reads(lab, node):
    node.run("rm -rf /usr/local/bin/kubectl /home/cc/.kube")

    said, done, again = fetched(lab, "--check"), fetched(lab), fetched(lab)

    assert done.status == "done", done.log
    assert said.changed == done.changed
    assert again.changed == set()
    assert lab.ssh("node1", "kubectl").stdout == "a kubectl\n"
    assert node.run("stat -c '%U %a' /home/cc/.kube/config").strip() == "cc 600"
    assert lab.ssh("node1", "cat .kube/config").stdout == ADMIN


def test_no_run_prints_what_stands_in_a_kubeconfig(lab, node):
    node.run("rm -rf /home/cc/.kube")

    done = fetched(lab)

    assert "Give the operator a kubeconfig" in done.log
    assert SECRET not in done.log
    assert SECRET not in str(done.events)


def test_a_control_plane_without_kubernetes_is_refused_in_words(lab, node):
    node.run("mv /etc/kubernetes/admin.conf /etc/kubernetes/away")

    done = fetched(lab)
    node.run("mv /etc/kubernetes/away /etc/kubernetes/admin.conf")

    assert "Kubernetes is not installed on node1. Run the stage kubespray first." in done.said(
        "node1"
    )
