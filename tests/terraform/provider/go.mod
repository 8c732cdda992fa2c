module gourmetops/provider

go 1.20

require github.com/terraform-provider-openstack/terraform-provider-openstack v1.54.1
