"""What Terraform put out, held against the site's file."""

import pytest

from infra.errors import OutputsError
from infra.inventory import terraform
from infra.sites import reading


@pytest.fixture
def kvm():
    return reading.load("kvm")


def outputs(**changes):
    nodes = {"node1": "192.168.1.11", "node2": "192.168.1.12", "node3": "192.168.1.13"}
    made = {"nodes": {"value": nodes}, "floating_ip": {"value": "129.114.26.7"}}
    return {**made, **changes}


def test_the_floating_address_is_where_the_jump_host_answers(kvm):
    site = terraform.fill(kvm, outputs())

    assert [node.reached_at for node in site.nodes] == [
        "129.114.26.7", "192.168.1.12", "192.168.1.13",
    ]  # fmt: skip
    assert [node.address for node in site.nodes] == [node.address for node in kvm.nodes]


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"floating_ip": {}}, "there is no output `floating_ip`"),
        ({"floating_ip": {"value": "A.B.C.D"}}, "`floating_ip` is 'A.B.C.D', no address"),
        ({"nodes": {"value": []}}, "`nodes` is no mapping of names to addresses"),
        ({"nodes": {"value": {"node1": "192.168.1.11"}}}, "it made no node2, node3"),
        ({"nodes": {"value": {"node1": "192.168.1.11", "node2": "192.168.1.12",
                              "node3": "192.168.1.13", "node4": "192.168.1.14"}}},
         "the file knows no node4"),
        ({"nodes": {"value": {"node1": "192.168.1.11", "node2": "192.168.1.99",
                              "node3": "192.168.1.13"}}},
         "node2 has 192.168.1.99, and the file says 192.168.1.12"),
    ],
)  # fmt: skip
def test_outputs_that_do_not_fit_are_refused(kvm, changes, what):
    with pytest.raises(OutputsError) as refusal:
        terraform.fill(kvm, outputs(**changes))

    assert str(refusal.value) == (
        f"Terraform's outputs do not fit site kvm: {what}. "
        "Run `invoke provision --site kvm --from terraform`, which reads them anew."
    )
