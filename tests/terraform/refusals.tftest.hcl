# What infra/kvm refuses before it asks any cloud, and what it plans when all is well.
mock_provider "openstack" {
  mock_resource "openstack_networking_floatingip_v2" {
    defaults = { address = "203.0.113.7" }
  }
}
mock_provider "openstack" {
  alias = "gpu"
}

variables {
  cloud           = "kvm"
  suffix          = "lab"
  head            = "node1"
  reservation     = "b3d710ad-5b44-4d5b-a064-8d2869dbfbdc"
  image           = "CC-Ubuntu24.04"
  key_pair        = "lab"
  shared_network  = "sharednet1"
  floating_pool   = "public"
  security_groups = ["allow-ssh"]
  nodes = {
    node1 = "192.168.1.11"
    node2 = "192.168.1.12"
    node3 = "192.168.1.13"
  }
}

run "all_is_well" {
  assert {
    condition     = jsonencode(output.nodes) == jsonencode(var.nodes) && output.floating_ip == "203.0.113.7"
    error_message = "The outputs must say what the variables said."
  }
  assert {
    condition     = length(openstack_compute_instance_v2.node) == 3 && length(openstack_networking_port_v2.shared) == 3
    error_message = "Three nodes, each with two ports."
  }
  assert {
    condition     = openstack_networking_network_v2.private.port_security_enabled == false
    error_message = "Pods speak with addresses of their own on the private network."
  }
  assert {
    condition     = openstack_compute_instance_v2.node["node1"].network[0].port == openstack_networking_port_v2.shared["node1"].id
    error_message = "The shared network comes first."
  }
  assert {
    condition = (
      length(openstack_blockstorage_volume_v3.data) == 0 && length(openstack_compute_instance_v2.gpu) == 0 &&
      length(openstack_objectstorage_container_v1.data) == 0 && length(openstack_networking_secgroup_v2.made) == 0
    )
    error_message = "What nobody asked for is not made."
  }
}

run "everything_asked_for" {
  variables {
    volume_gib = 10
    container  = "photos"
    open_ports = [22, 8000]
    public_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDZdCyQm+MA8E1q8Z5qz8w2l2n9O0hNqpwDbdVnmXb8R lab"
    gpu = {
      cloud          = "uc"
      reservation    = "b3d710ad-5b44-4d5b-a064-8d2869dbfbdc"
      image          = "CC-Ubuntu24.04-CUDA"
      count          = 2
      shared_network = "sharednet1"
    }
  }
  assert {
    condition     = length(openstack_compute_instance_v2.gpu) == 2 && length(openstack_compute_volume_attach_v2.data) == 1
    error_message = "Two GPU servers and a volume on the head node."
  }
  assert {
    condition     = length(openstack_networking_secgroup_rule_v2.made) == 2 && length(openstack_compute_keypair_v2.made) == 1
    error_message = "A rule for each port, and the key pair."
  }
}

run "a_flavor_is_no_reservation" {
  command = plan
  variables { reservation = "m1.large" }
  expect_failures = [var.reservation]
}

run "a_node_with_capitals" {
  command = plan
  variables {
    nodes = { Node1 = "192.168.1.11" }
    head  = "Node1"
  }
  expect_failures = [var.nodes]
}

run "two_nodes_with_one_address" {
  command = plan
  variables { nodes = { node1 = "192.168.1.11", node2 = "192.168.1.11" } }
  expect_failures = [var.nodes]
}

run "no_nodes" {
  command = plan
  variables { nodes = {} }
  expect_failures = [var.nodes]
}

run "an_address_that_is_none" {
  command = plan
  variables { nodes = { node1 = "192.168.1.300" } }
  expect_failures = [var.nodes]
}

run "an_address_outside_the_network" {
  command = plan
  variables { nodes = { node1 = "10.0.0.1" } }
  expect_failures = [var.private_cidr]
}

run "a_range_that_is_none" {
  command = plan
  variables { private_cidr = "192.168.1.0" }
  expect_failures = [var.private_cidr]
}

run "a_head_that_is_no_node" {
  command = plan
  variables { head = "node9" }
  expect_failures = [var.head]
}

run "a_suffix_with_an_underscore" {
  command = plan
  variables { suffix = "project_38" }
  expect_failures = [var.suffix]
}

run "a_private_key_in_place_of_a_public_one" {
  command = plan
  variables { public_key = "-----BEGIN OPENSSH PRIVATE KEY-----" }
  expect_failures = [var.public_key]
}

run "nobody_could_log_in" {
  command = plan
  variables { security_groups = [] }
  expect_failures = [var.open_ports]
}

run "a_port_that_is_none" {
  command = plan
  variables { open_ports = [70000] }
  expect_failures = [var.open_ports]
}

run "half_a_volume" {
  command = plan
  variables { volume_gib = 0.5 }
  expect_failures = [var.volume_gib]
}

run "a_container_with_a_slash" {
  command = plan
  variables { container = "a/b" }
  expect_failures = [var.container]
}

run "too_many_gpus" {
  command = plan
  variables {
    gpu = {
      cloud          = "uc"
      reservation    = "g1.h100.pci.1"
      image          = "CC-Ubuntu24.04-CUDA"
      count          = 9
      shared_network = "sharednet1"
    }
  }
  expect_failures = [var.gpu]
}

run "no_cloud" {
  command = plan
  variables { cloud = "" }
  expect_failures = [var.cloud]
}
