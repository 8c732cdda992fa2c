# Looked up by name: what the cloud or the project has already.
data "openstack_networking_network_v2" "shared" {
  name = var.shared_network
}

data "openstack_networking_secgroup_v2" "given" {
  for_each = var.security_groups
  name     = each.value
}

resource "openstack_networking_secgroup_v2" "made" {
  count       = length(var.open_ports) > 0 ? 1 : 0
  name        = "mlops-${var.suffix}"
  description = "Ports of ${var.suffix} that its site opens"
}

resource "openstack_networking_secgroup_rule_v2" "made" {
  for_each          = toset([for port in var.open_ports : tostring(port)])
  direction         = "ingress"
  ethertype         = "IPv4"
  protocol          = "tcp"
  port_range_min    = each.value
  port_range_max    = each.value
  remote_ip_prefix  = "0.0.0.0/0"
  security_group_id = openstack_networking_secgroup_v2.made[0].id
}

# Nodes speak among themselves with pods' addresses, which port security would drop.
resource "openstack_networking_network_v2" "private" {
  name                  = "private-net-mlops-${var.suffix}"
  port_security_enabled = false
}

resource "openstack_networking_subnet_v2" "private" {
  name       = "private-subnet-mlops-${var.suffix}"
  network_id = openstack_networking_network_v2.private.id
  cidr       = var.private_cidr
  no_gateway = true
}

resource "openstack_networking_port_v2" "private" {
  for_each              = var.nodes
  name                  = "private-${each.key}-mlops-${var.suffix}"
  network_id            = openstack_networking_network_v2.private.id
  port_security_enabled = false

  fixed_ip {
    subnet_id  = openstack_networking_subnet_v2.private.id
    ip_address = each.value
  }
}

resource "openstack_networking_port_v2" "shared" {
  for_each   = var.nodes
  name       = "shared-${each.key}-mlops-${var.suffix}"
  network_id = data.openstack_networking_network_v2.shared.id
  security_group_ids = concat(
    [for group in data.openstack_networking_secgroup_v2.given : group.id],
    openstack_networking_secgroup_v2.made[*].id,
  )
}

resource "openstack_networking_floatingip_v2" "head" {
  pool        = var.floating_pool
  port_id     = openstack_networking_port_v2.shared[var.head].id
  description = "mlops-${var.suffix}"
}
