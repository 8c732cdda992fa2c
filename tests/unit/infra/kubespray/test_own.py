"""What follows from a site's file."""

import dataclasses

import yaml

from infra.kubespray import own
from infra.sites import reading
from infra.sites.site import Registry


def test_ranges_and_ipv6_flow_from_the_site():
    found = own.variables(reading.load("kvm"))

    assert found["kube_pods_subnet"] == "10.233.64.0/18"
    assert found["ipv6_stack"] is False
    assert "rcode NOERROR" in found["nodelocaldns_additional_configs"]


def test_a_mirror_is_asked_first_and_docker_hub_when_it_is_away():
    site = reading.load("hosts")
    registry = Registry(mirror="http://mirror:5000", optional=True)

    hosts = _docker_io(dataclasses.replace(site, registry=registry))

    assert hosts == ["http://mirror:5000", "https://registry-1.docker.io"]
    must = dataclasses.replace(registry, optional=False)
    assert _docker_io(dataclasses.replace(site, registry=must)) == ["http://mirror:5000"]


def test_the_address_from_outside_stands_in_the_api_certificate():
    site = reading.load("kvm")
    first = dataclasses.replace(site.nodes[0], ssh_address="198.51.100.7")

    found = own.variables(dataclasses.replace(site, nodes=(first, *site.nodes[1:])))

    assert found["supplementary_addresses_in_ssl_keys"] == ["198.51.100.7"]


def test_it_is_written_as_a_file_that_says_where_it_came_from(tmp_path):
    file = own.write(reading.load("kvm"), tmp_path / "group_vars")

    assert file.read_text().startswith("# From the site's file, by `invoke provision`")
    assert yaml.safe_load(file.read_text()) == own.variables(reading.load("kvm"))


def _docker_io(site):
    (entry,) = (
        e
        for e in own.variables(site)["containerd_registries_mirrors"]
        if e["prefix"] == "docker.io"
    )
    return [mirror["host"] for mirror in entry["mirrors"]]
