"""What is wrong with settings is said before Ansible starts: each fault, its own sentence."""

import dataclasses

import pytest

FAULTS = {
    "version too old": (
        {"kube_version": "1.30.6"},
        "changed.yml:1: kube_version is 1.30.6, older than 1.33.0, the oldest Kubernetes of this "
        "Kubespray. Choose 1.35.4, or pin an older Kubespray.",
    ),
    "version without checksum": (
        {"kube_version": "1.34.99"},
        "kube_version is 1.34.99, and this Kubespray has no checksum for that Kubernetes. "
        "Choose 1.34.7, or raise the pin.",
    ),
    "version with a v": (
        {"kube_version": "v1.34.7"},
        "kube_version is 'v1.34.7', and versions have no v here. Write 1.34.7.",
    ),
    "version of two numbers": ({"kube_version": 1.34}, "no version of three numbers"),
    "containerd without checksum": (
        {"containerd_version": "1.5.0"},
        "containerd_version is 1.5.0, older than 1.7.0",
    ),
    "network plugin": (
        {"kube_network_plugin": "weave"},
        "kube_network_plugin is 'weave', and Kubespray has calico, flannel",
    ),
    "container manager": (
        {"container_manager": "podman"},
        "container_manager is 'podman', and Kubespray has docker, crio, containerd",
    ),
    "proxy mode": ({"kube_proxy_mode": "userspace"}, "kube_proxy_mode is 'userspace'"),
    "DNS mode": ({"dns_mode": "kubedns"}, "dns_mode is 'kubedns'"),
    "etcd deployment": ({"etcd_deployment_type": "rkt"}, "etcd_deployment_type is 'rkt'"),
    "certificates by vault": ({"cert_management": "vault"}, "cert_management is 'vault'"),
    "resolvconf mode": ({"resolvconf_mode": "dnsmasq"}, "resolvconf_mode is 'dnsmasq'"),
    "tunnels of Calico": ({"calico_vxlan_mode": "always"}, "calico_vxlan_mode is 'always'"),
    "etcd in docker": (
        {"etcd_deployment_type": "docker"},
        "etcd_deployment_type is docker, and container_manager is containerd. "
        "Set etcd_deployment_type to host.",
    ),
    "kata in docker": (
        {"kata_containers_enabled": True, "container_manager": "docker"},
        "kata_containers_enabled does not work with docker",
    ),
    "gvisor elsewhere": (
        {"gvisor_enabled": True, "container_manager": "crio"},
        "gvisor_enabled works with containerd alone, and container_manager is crio",
    ),
    "names by docker": (
        {"resolvconf_mode": "docker_dns"},
        "resolvconf_mode is docker_dns, and container_manager is containerd",
    ),
    "cloud inside the tree": (
        {"cloud_provider": "openstack"},
        "cloud_provider is 'openstack', and in-tree providers are gone",
    ),
    "cloud without a name": (
        {"cloud_provider": "external"},
        "cloud_provider is external, and external_cloud_provider is not set",
    ),
    "download here only": (
        {"download_localhost": True},
        "download_localhost is on, and download_run_once is off",
    ),
    "renewal without a key": (
        {"auto_renew_certificates": True, "kube_external_ca_mode": True},
        "auto_renew_certificates is on, and kube_external_ca_mode leaves no key to sign with",
    ),
    "ARP twice": (
        {"metallb_enabled": True, "kube_proxy_mode": "ipvs"},
        "metallb_enabled with kube_proxy_mode ipvs: both would answer ARP",
    ),
    "two provisioners": (
        {"local_path_provisioner_enabled": True, "local_volume_provisioner_enabled": True},
        "local_volume_provisioner and local_path_provisioner are both on",
    ),
    "registry's type": (
        {"registry_service_type": "Headless"},
        "registry_service_type is 'Headless'",
    ),
    "registry's port": (
        {"registry_service_nodeport": "30500"},
        "registry_service_nodeport is set, and registry_service_type is ClusterIP",
    ),
    "pods and services overlap": (
        {"kube_pods_subnet": "10.233.0.0/16"},
        "kube_service_addresses (10.233.0.0/18) overlaps kube_pods_subnet (10.233.0.0/16)",
    ),
    "pods and nodes overlap": (
        {"kube_pods_subnet": "192.168.0.0/18"},
        "kube_pods_subnet (192.168.0.0/18) overlaps the private network (192.168.1.0/24)",
    ),
    "services and nodes overlap": (
        {"kube_service_addresses": "192.168.1.0/25"},
        "kube_service_addresses (192.168.1.0/25) overlaps the private network",
    ),
    "no range": (
        {"kube_pods_subnet": "10.233.64.0"},
        "kube_pods_subnet is '10.233.64.0', an address within a range. Write 10.233.64.0/32.",
    ),
    "an address within a range": (
        {"kube_service_addresses": "10.233.0.5/18"},
        "kube_service_addresses is '10.233.0.5/18', an address within a range. "
        "Write 10.233.0.0/18.",
    ),
    "range too small for the nodes": (
        {"kube_pods_subnet": "10.233.64.0/23", "kube_network_plugin": "flannel"},
        "kube_pods_subnet (10.233.64.0/23) has room for 2 nodes of a /24 each, and there are 3. "
        "Choose a larger range, or a smaller piece for each node.",
    ),
    "range smaller than a node's piece": (
        {"kube_pods_subnet": "10.233.64.0/24"},
        "kube_pods_subnet is 10.233.64.0/24, and each node takes a /24 of it",
    ),
    "Calico's blocks too large": (
        {"kube_pods_subnet": "10.233.64.0/22", "calico_pool_blocksize": 21},
        "calico_pool_blocksize is 21, and Calico cuts 10.233.64.0/22 into blocks",
    ),
    "more pods than addresses": (
        {"kubelet_max_pods": 500, "kube_network_plugin": "flannel"},
        "kubelet_max_pods is 500, and a node's /24 has 254 addresses",
    ),
    "local name server inside": (
        {"nodelocaldns_ip": "10.233.0.10"},
        "nodelocaldns_ip is 10.233.0.10, inside kube_service_addresses (10.233.0.0/18)",
    ),
    "no address at all": (
        {"ipv4_stack": False},
        "ipv4_stack and ipv6_stack are both off, and pods would have no address",
    ),
    "IPv6 against the site": (
        {"ipv6_stack": True},
        "ipv6_stack is on, and the site says network.ipv6: off",
    ),
    "IPv6 where IPv4 is read": (
        {"kube_pods_subnet": "fd00:1::/64"},
        "kube_pods_subnet is fd00:1::/64, and IPv4 is read from it. Set kube_pods_subnet_ipv6.",
    ),
    "IPv4 where IPv6 is read": (
        {"kube_pods_subnet_ipv6": "10.1.0.0/16"},
        "kube_pods_subnet_ipv6 is 10.1.0.0/16, and IPv6 is read from it",
    ),
    "removed": (
        {"enable_dual_stack_networks": True},
        "enable_dual_stack_networks was removed, and Kubespray stops where it is set. "
        "Set ipv4_stack and ipv6_stack.",
    ),
    "removed long ago": (
        {"ipip_mode": "Always"},
        "ipip_mode was removed, and Kubespray stops where it is set. Set calico_ipip_mode to",
    ),
    "misspelt": (
        {"kube_netwrok_plugin": "calico"},
        "Kubespray reads no variable 'kube_netwrok_plugin', and would not say so. "
        "Did you mean kube_network_plugin?",
    ),
    "boolean as text": (
        {"helm_enabled": "false"},
        "helm_enabled is the text 'false', which counts as true whatever it says. "
        "Write helm_enabled: false, without quotes.",
    ),
    "number as text": (
        {"kube_network_node_prefix": "24"},
        "kube_network_node_prefix is '24', no whole number. Write it without quotes.",
    ),
    "list as text": ({"searchdomains": "example.org"}, "searchdomains is 'example.org', no list"),
    "domain with capitals": (
        {"cluster_name": "Cluster_1.local"},
        "cluster_name is 'Cluster_1.local', no DNS name",
    ),
    "too many name servers": (
        {"upstream_dns_servers": ["1.1.1.1", "8.8.8.8", "9.9.9.9", "8.8.4.4"]},
        "upstream_dns_servers has 4 name servers, and resolv.conf takes 3",
    ),
    "no name server": (
        {"upstream_dns_servers": [], "disable_host_nameservers": True},
        "disable_host_nameservers is on, and upstream_dns_servers names none instead",
    ),
    "name server by name": (
        {"nameservers": ["dns.google"]},
        "'dns.google' in nameservers is no address",
    ),
    "name server that asks itself": (
        {"upstream_dns_servers": ["169.254.25.10"]},
        "upstream_dns_servers has 169.254.25.10, the node's own cache, which would ask itself",
    ),
    "name server by hand": ({"dns_mode": "manual"}, "dns_mode is manual, and manual_dns_server"),
    "too many search domains": (
        {"searchdomains": [f"d{n}.example.org" for n in range(5)], "container_manager": "docker"},
        "searchdomains has 5, and with the cluster's own 2 there is room for 4",
    ),
    "memory lowered": (
        {"minimal_node_memory_mb": 512},
        "minimal_node_memory_mb is 512, below Kubespray's own 1024",
    ),
    "refusals passed over": ({"ignore_assert_errors": True}, "ignore_assert_errors is on"),
}


@pytest.mark.parametrize(("values", "sentence"), FAULTS.values(), ids=FAULTS)
def test_a_setting_that_kubespray_would_refuse_is_refused_first(cluster, values, sentence):
    cluster.set(**values)

    said = cluster.said()

    assert [one for one in said if sentence in one], "\n".join(said)
    assert len(said) <= 2, "\n".join(said)


def test_pods_need_addresses_of_each_node_when_ipv6_is_on(cluster):
    network = dataclasses.replace(cluster.site.network, ipv6="on")
    cluster.site = dataclasses.replace(cluster.site, network=network)
    cluster.set(ipv6_stack=True)

    said = cluster.said()

    assert len(said) == 3
    assert "ipv6_stack is on, and node1 has no ip6" in said[0]


def test_one_variable_with_two_values_is_refused(cluster):
    (cluster.vars / "later.yml").write_text("kube_proxy_mode: nftables\n")

    (said,) = cluster.said()

    assert said.startswith(
        "vars/later.yml:1: kube_proxy_mode is set to 'nftables', and to 'iptables'"
    )


def test_a_site_that_lets_too_little_memory_pass_is_refused(cluster):
    needs = dataclasses.replace(cluster.site.needs, memory_gib=1.2)
    cluster.site = dataclasses.replace(cluster.site, needs=needs)

    (said,) = cluster.said()

    assert "needs.memory_gib is 1.2, 1229 MiB, and a control plane node needs 1500" in said
    assert said.startswith("kvm.yaml: ")


def test_a_site_that_lets_an_unknown_system_pass_is_refused(cluster):
    needs = dataclasses.replace(cluster.site.needs, os=("ubuntu 24.04", "alpine 3.20"))
    cluster.site = dataclasses.replace(cluster.site, needs=needs)

    (said,) = cluster.said()

    assert "needs.os lets 'alpine 3.20' pass, and Kubespray knows no such system" in said


def test_what_only_ansible_can_compute_is_left_to_it(cluster):
    cluster.set(kube_pods_subnet="{{ pods }}", helm_enabled="{{ wanted }}")

    assert cluster.said() == []


TOGETHER = (
    "version too old", "containerd without checksum", "network plugin", "proxy mode", "DNS mode",
    "certificates by vault", "tunnels of Calico", "etcd in docker", "names by docker",
    "cloud inside the tree", "download here only", "renewal without a key", "two provisioners",
    "registry's port", "pods and nodes overlap", "an address within a range",
    "Calico's blocks too large", "local name server inside", "IPv4 where IPv6 is read",
    "removed", "removed long ago", "misspelt", "boolean as text", "number as text",
    "list as text", "domain with capitals", "too many name servers", "name server by name",
    "memory lowered", "refusals passed over",
)  # fmt: skip


def break_everywhere(cluster):
    """Break an inventory and its settings in more than thirty places at once."""
    values: dict[str, object] = {}
    for name in TOGETHER:
        values |= FAULTS[name][0]
    cluster.set(**values)
    cluster.replace("    kube_node:\n", "    workers:\n")
    cluster.replace("      ip: 192.168.1.13", "      ip: 192.168.1.12")
    cluster.replace("    node2:", "    Node_2:")


def test_more_than_thirty_faults_are_all_found_in_one_go(cluster):
    break_everywhere(cluster)

    said = cluster.said()

    assert len(set(said)) == len(said) >= 30, "\n".join(said)
