# 1.54.1 is the oldest release that these files were applied with; the next major may break them.
terraform {
  required_version = "~> 1.11"

  required_providers {
    openstack = {
      source  = "terraform-provider-openstack/openstack"
      version = ">= 1.54.1, < 4.0.0"
    }
  }
}

provider "openstack" {
  cloud = var.cloud
}

# The GPU pool may lie on another cloud; without a pool nothing uses this one.
provider "openstack" {
  alias = "gpu"
  cloud = var.gpu == null ? var.cloud : var.gpu.cloud
}
