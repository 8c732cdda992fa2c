output "nodes" {
  description = "Name of each node and its private address."
  value       = { for name, port in openstack_networking_port_v2.private : name => port.fixed_ip[0].ip_address }
}

output "floating_ip" {
  description = "Where the head node answers from outside."
  value       = openstack_networking_floatingip_v2.head.address
}

output "servers" {
  description = "Name of each node and its id in Nova."
  value       = { for name, server in openstack_compute_instance_v2.node : name => server.id }
}

output "gpus" {
  description = "Address of each GPU server."
  value       = [for server in openstack_compute_instance_v2.gpu : server.access_ip_v4]
}

output "volume" {
  description = "The id of the data volume, or null."
  value       = one(openstack_blockstorage_volume_v3.data[*].id)
}
