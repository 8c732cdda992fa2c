"""Every key that a site's file may have."""

from infra.sites.shape import (
    Free,
    Keys,
    Many,
    Plain,
    address,
    cidr,
    flag,
    folder,
    host,
    login,
    name,
    no_secret,
    number,
    one_of,
    public_key,
    suffix,
    text,
    url,
    whole,
)

KINDS = ("local", "openstack", "server", "hosts")
ROLES = ("control-plane", "etcd", "worker")
PORT = whole(1, 65535)

SSH = Keys(
    {
        "user": Plain(name, required=True),
        "key": Plain(text),
        "port": Plain(PORT),
        # first-contact: the key that a node shows first is pinned; pinned: nothing but
        # what stands in the known-hosts file is accepted.
        "host_keys": Plain(one_of("first-contact", "pinned")),
        "connect_seconds": Plain(number),
    }
)
NODE = Keys(
    {
        "name": Plain(name, required=True),
        # Where the other nodes reach it.
        "address": Plain(address, required=True),
        # Where the operator reaches it, when that is elsewhere.
        "ssh_address": Plain(host),
        "ssh_port": Plain(PORT),
        "roles": Many(Plain(one_of(*ROLES)), required=True),
        # The others are reached through this one.
        "jump": Plain(flag),
    },
    required=True,
)
NETWORK = Keys(
    {
        "private": Plain(cidr),
        "pods": Plain(cidr),
        "services": Plain(cidr),
        # Off: the nodes must have switched it off, or pods get answers that they cannot reach.
        "ipv6": Plain(one_of("on", "off", "any")),
        # A name that every node must resolve, and the servers that they are to ask.
        "dns_name": Plain(host),
        "dns_servers": Many(Plain(address)),
    }
)
NEEDS = Keys(
    {
        "os": Many(Plain(text)),
        "python": Plain(text),
        "cpus": Plain(whole(1, 1024)),
        "memory_gib": Plain(number),
        "disk_gib": Plain(number),
        "inodes_percent": Plain(whole(1, 99)),
        "clock_seconds": Plain(number),
        "timezone": Plain(text),
        "settled_seconds": Plain(whole(0, 3600)),
        "modules": Many(Plain(text)),
        "sysctls": Many(Plain(text)),
        "ports": Many(Plain(PORT)),
        "firewall": Plain(one_of("off", "any")),
    }
)
REGISTRY = Keys({"mirror": Plain(url), "optional": Plain(flag)})
# Where Terraform may keep its state; each has settings of its own, which Terraform judges.
BACKENDS = ("local", "s3", "http", "pg", "gcs", "azurerm", "consul", "kubernetes")
# Who may log in besides ssh.user; somebody taken out of the list is taken off the nodes.
USER = Keys(
    {
        "name": Plain(login, required=True),
        "keys": Many(Plain(public_key), required=True),
        "sudo": Plain(flag),
    }
)
OPENSTACK = Keys(
    {
        # Entries of clouds.yaml: Terraform's (an application credential) and the lease's
        # (a password or token, which Keystone asks for).
        "cloud": Plain(text, required=True),
        "lease_cloud": Plain(text, required=True),
        "image": Plain(text, required=True),
        "flavor": Plain(text, required=True),
        "key_pair": Plain(text, required=True),
        "shared_network": Plain(text, required=True),
        "floating_pool": Plain(text, required=True),
        "security_groups": Many(Plain(text), required=True),
        # What the names of everything made here end in; else the site's name.
        "suffix": Plain(suffix),
        # TCP ports opened by a security group that is made for this site.
        "open_ports": Many(Plain(PORT)),
        "lease_hours": Plain(whole(1, 168)),
        # A volume for data on the head node, which outlives that node.
        "volume_gib": Plain(whole(1, 10000)),
        # Where it is mounted there.
        "volume_path": Plain(folder),
        # An object-store container for data.
        "container": Plain(text),
        # Where the state is kept; else a locked file beside the ledger.
        "backend": Keys({kind: Free(no_secret) for kind in BACKENDS}),
        "gpu": Keys(
            {
                # Entries of clouds.yaml as above; the lease's is the same where none is named.
                "cloud": Plain(text, required=True),
                "lease_cloud": Plain(text),
                "flavor": Plain(text, required=True),
                "image": Plain(text, required=True),
                "count": Plain(whole(1, 8), required=True),
                "shared_network": Plain(text),
                "lease_hours": Plain(whole(1, 168)),
            }
        ),
    }
)
SERVER = Keys({"channel": Plain(text, required=True), "addons": Many(Plain(name), required=True)})

SITE = Keys(
    {
        "name": Plain(name, required=True),
        "kind": Plain(one_of(*KINDS), required=True),
        "about": Plain(text),
        "ssh": SSH,
        "nodes": Many(NODE),
        "users": Many(USER),
        "network": NETWORK,
        "needs": NEEDS,
        "registry": REGISTRY,
        "openstack": OPENSTACK,
        "server": SERVER,
    }
)
