"""What is wrong with an inventory is said before Ansible starts: each fault, its own sentence."""

import pytest

from infra.kubespray import judging

NODE2 = "    node2:\n      ansible_host: node2\n      ip: 192.168.1.12\n"
THIRD = "      hosts:\n        node1: {}\n        node2: {}\n        node3: {}\n"

FAULTS = {
    "capitals": (
        "node3",
        "Node3",
        "inventory.yaml:17: Node3 has capitals, which Kubernetes refuses in the name of a node. "
        "Name the node otherwise.",
    ),
    "underscore": ("node3", "node_3", "inventory.yaml:17: node_3 has an underscore"),
    "too long": ("node3", "n" * 64, "has 64 letters, and a label of a node has at most 63"),
    "dash at the end": ("node3", "node3-", "node3- begins or ends with a dash or a dot"),
    "a group's name": ("node3", "etcd", "etcd is the name of a host and of a group"),
    "same name but for the domain": (
        "node3",
        "node2.example.org",
        "node2.example.org and node2 are one name to a node: node2",
    ),
}


@pytest.mark.parametrize(("old", "new", "sentence"), FAULTS.values(), ids=FAULTS)
def test_a_name_that_no_node_can_have_is_refused(cluster, old, new, sentence):
    text = cluster.inventory.read_text()
    cluster.inventory.write_text(text.replace(f"{old}:", f"{new}:"))

    (said,) = cluster.said()

    assert sentence in said


ADDRESSES = {
    "twice": (
        "192.168.1.12",
        "inventory.yaml:19: ip of node3 is 192.168.1.12, and so is that of node2. "
        "Look up which of them has it.",
    ),
    "outside the private network": (
        "10.0.0.13",
        "ip of node3 is 10.0.0.13, outside the private network 192.168.1.0/24",
    ),
    "of the network itself": (
        "192.168.1.255",
        "ip of node3 is 192.168.1.255, which names the network 192.168.1.0/24 itself",
    ),
    "none": ("192.168.1.300", "ip of node3 is '192.168.1.300', no address"),
    "of IPv6": ("fd00::13", "ip of node3 is fd00::13, and Kubespray reads IPv4 from it"),
    "of a pod": ("10.233.64.9", "ip of node3 is 10.233.64.9, inside kube_pods_subnet"),
}


@pytest.mark.parametrize(("address", "sentence"), ADDRESSES.values(), ids=ADDRESSES)
def test_an_address_that_no_node_can_have_is_refused(cluster, address, sentence):
    line = next(
        number
        for number, text in enumerate(cluster.inventory.read_text().splitlines(), 1)
        if "ip: 192.168.1.13" in text
    )
    sentence = sentence.replace("inventory.yaml:19", f"inventory.yaml:{line}")
    cluster.replace("      ip: 192.168.1.13", f"      ip: {address}")

    assert any(sentence in said for said in cluster.said())


def test_the_address_to_reach_a_node_at_is_judged_like_its_own(cluster):
    cluster.replace("access_ip: 192.168.1.13", "access_ip: 192.168.1.11")

    (said,) = cluster.said()

    assert "access_ip of node3 is 192.168.1.11, and so is that of node1" in said


def test_a_node_without_an_address_is_refused(cluster):
    cluster.replace("      ip: 192.168.1.13\n", "")

    (said,) = cluster.said()

    assert said.startswith("inventory.yaml:") and "node3 has no ip" in said  # noqa: PT018


def test_an_even_number_of_etcd_members_is_refused(cluster):
    head, _etcd, tail = cluster.inventory.read_text().partition("    etcd:\n")
    cluster.inventory.write_text(head + _etcd + tail.replace("        node3: {}\n", "", 1))

    (said,) = cluster.said()

    assert said.startswith("inventory.yaml:")
    assert "group etcd has 2 members (node1, node2): an even number survives no more" in said


def test_a_host_in_no_group_is_refused(cluster):
    new = "    node4:\n      ip: 192.168.1.14\n  children:\n"
    cluster.replace("  children:\n", new)

    (said,) = cluster.said()

    assert "node4 is in no group, so nothing would be installed on it. List it below" in said


EMPTY = {
    "kube_control_plane": "group kube_control_plane is empty, and nobody would run the API",
    "kube_node": "group kube_node is empty, and no pod would find a place",
    "etcd": "group etcd is empty, and the cluster would have nowhere to keep its state",
}


@pytest.mark.parametrize(("group", "sentence"), EMPTY.items())
def test_a_group_that_nobody_is_in_is_refused(cluster, group, sentence):
    text, lines, inside = cluster.inventory.read_text(), [], False
    for line in text.splitlines():
        if line.startswith("    ") and line[4] != " ":
            inside = line == f"    {group}:"
        if not (inside and line.startswith("        node")):
            lines.append(line)
    cluster.inventory.write_text("\n".join(lines) + "\n")

    assert any(sentence in said for said in cluster.said())


def test_a_group_that_kubespray_does_not_know_is_refused_with_the_nearest_one(cluster):
    cluster.replace("    kube_node:\n", "    kube_nodes:\n")

    said = "\n".join(cluster.said())

    assert "Kubespray knows no group 'kube_nodes', and would pass over its hosts" in said
    assert "Did you mean kube_node?" in said


def test_a_group_that_was_renamed_is_refused_with_its_new_name(cluster):
    cluster.replace("    kube_control_plane:\n", "    kube-master:\n")

    assert any("group kube-master is called kube_control_plane now" in s for s in cluster.said())


def test_a_host_that_is_listed_twice_is_refused(cluster):
    cluster.replace(NODE2, NODE2 + "      access_ip: 192.168.1.12\n" + NODE2)

    (said,) = [said for said in cluster.said() if "already" in said]

    assert "node2 stands on line" in said


def test_a_node_that_most_plays_would_skip_is_refused(cluster):
    cluster.replace("        kube_node: {}\n", "")

    said = cluster.said()

    assert len(said) == 2
    assert "node2 is in kube_node and not in k8s_cluster, so half of the plays skip it" in said[0]


def test_route_reflectors_without_a_number_are_refused(cluster):
    cluster.replace(
        "    k8s_cluster:\n", "    calico_rr:\n      hosts:\n        node3: {}\n    k8s_cluster:\n"
    )

    (said,) = cluster.said()

    assert "group calico_rr has hosts, and cluster_id is not set" in said


def test_a_bastion_that_looks_at_no_host_key_is_refused(cluster):
    cluster.replace(
        "    k8s_cluster:\n", "    bastion:\n      hosts:\n        node1: {}\n    k8s_cluster:\n"
    )

    (said,) = cluster.said()

    assert "group bastion makes Kubespray connect without a look at host keys" in said


def test_a_key_that_ansible_would_pass_over_is_refused(cluster):
    cluster.replace("    k8s_cluster:\n      children:", "    k8s_cluster:\n      childern:")

    assert any(
        "a key 'childern', and Ansible reads hosts, children and vars" in s for s in cluster.said()
    )


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("all: [", "inventory.yaml:1: not YAML"),
        ("", "inventory.yaml:1: it is empty"),
        ("- node1\n", "inventory.yaml:1: it is no mapping of names"),
        ("all:\n  hosts:\n", "inventory.yaml: it lists no host"),
        ("everything:\n  hosts: {a: {}}\n", "'everything' stands beside `all`"),
        ("\xff\xfe", "not YAML"),
    ],
)
def test_a_file_that_is_no_inventory_is_refused(cluster, text, sentence):
    cluster.inventory.write_bytes(text.encode("latin-1"))

    assert any(sentence in said for said in cluster.said())


def test_an_inventory_that_is_not_there_is_refused(cluster):
    cluster.inventory.unlink()

    (said,) = cluster.said()

    assert (
        said == "inventory.yaml: there is no such file. Run the stage inventory, which writes it."
    )


def test_what_the_stage_before_writes_is_accepted(cluster):
    assert cluster.said() == []


def test_all_faults_are_found_in_one_go(cluster):
    cluster.replace("      ip: 192.168.1.13", "      ip: 192.168.1.12")
    cluster.replace("    kube_node:\n", "    workers:\n")
    cluster.set(kube_version="1.20.1", kube_pods_subnet="192.168.0.0/16", helm_enabled="yes")

    faults = judging.faults(cluster.inventory, cluster.folders, cluster.site)

    assert len(faults) >= 5
    assert len({fault.what for fault in faults}) == len(faults)
