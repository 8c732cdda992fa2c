data "openstack_images_image_v2" "node" {
  name        = var.image
  most_recent = true
}

resource "openstack_compute_keypair_v2" "made" {
  count      = var.public_key == null ? 0 : 1
  name       = var.key_pair
  public_key = var.public_key
}

# The shared network comes first: its interface gets the default route.
resource "openstack_compute_instance_v2" "node" {
  for_each  = var.nodes
  name      = "${each.key}-mlops-${var.suffix}"
  flavor_id = var.reservation
  image_id  = data.openstack_images_image_v2.node.id
  key_pair  = var.public_key == null ? var.key_pair : openstack_compute_keypair_v2.made[0].name
  user_data = templatefile("${path.module}/user-data.yaml.tftpl", { host = "${each.key}-mlops-${var.suffix}" })

  network {
    port = openstack_networking_port_v2.shared[each.key].id
  }
  network {
    port = openstack_networking_port_v2.private[each.key].id
  }

  # A newer image of the same name is no reason to rebuild a node that runs; -replace takes it.
  lifecycle {
    ignore_changes = [image_id]
  }
}
