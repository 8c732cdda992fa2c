data "openstack_images_image_v2" "gpu" {
  count       = var.gpu == null ? 0 : 1
  provider    = openstack.gpu
  name        = var.gpu.image
  most_recent = true
}

data "openstack_networking_network_v2" "gpu" {
  count    = var.gpu == null ? 0 : 1
  provider = openstack.gpu
  name     = var.gpu.shared_network
}

resource "openstack_compute_instance_v2" "gpu" {
  count     = var.gpu == null ? 0 : var.gpu.count
  provider  = openstack.gpu
  name      = "gpu${count.index + 1}-mlops-${var.suffix}"
  flavor_id = var.gpu.reservation
  image_id  = data.openstack_images_image_v2.gpu[0].id
  key_pair  = var.key_pair

  network {
    uuid = data.openstack_networking_network_v2.gpu[0].id
  }

  lifecycle {
    ignore_changes = [image_id]
  }
}
