# Of its own, so that replacing the head node only takes it off and puts it on again.
resource "openstack_blockstorage_volume_v3" "data" {
  count = var.volume_gib == null ? 0 : 1
  name  = "data-mlops-${var.suffix}"
  size  = var.volume_gib
}

resource "openstack_compute_volume_attach_v2" "data" {
  count       = var.volume_gib == null ? 0 : 1
  instance_id = openstack_compute_instance_v2.node[var.head].id
  volume_id   = openstack_blockstorage_volume_v3.data[0].id
}

resource "openstack_objectstorage_container_v1" "data" {
  count = var.container == null ? 0 : 1
  name  = var.container
}
