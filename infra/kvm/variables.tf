variable "cloud" {
  type        = string
  description = "The entry of clouds.yaml that holds the application credential."

  validation {
    condition     = length(var.cloud) > 0
    error_message = "cloud is empty: name the entry of clouds.yaml to log in with."
  }
}

variable "suffix" {
  type        = string
  description = "What the name of everything made here ends in, so that two sites share a project."
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9]([-a-z0-9]{0,30}[a-z0-9])?$", var.suffix))
    error_message = "suffix must be 1 to 32 small letters, digits and dashes: it becomes part of host names."
  }
}

variable "nodes" {
  type        = map(string)
  description = "Name of each node and its fixed address on the private network."

  validation {
    condition     = length(var.nodes) > 0
    error_message = "nodes is empty: a site has at least one node."
  }
  validation {
    condition     = alltrue([for name in keys(var.nodes) : can(regex("^[a-z0-9]([-a-z0-9]{0,30}[a-z0-9])?$", name))])
    error_message = "The name of a node must be 1 to 32 small letters, digits and dashes; Kubernetes refuses capitals."
  }
  validation {
    condition     = alltrue([for address in values(var.nodes) : can(cidrhost("${address}/32", 0))])
    error_message = "The address of a node must be an IPv4 address, such as 192.168.1.11."
  }
  validation {
    condition     = length(distinct(values(var.nodes))) == length(var.nodes)
    error_message = "Two nodes have the same address."
  }
}

variable "head" {
  type        = string
  description = "The node that gets the floating IP, and through which the others are reached."

  validation {
    condition     = contains(keys(var.nodes), var.head)
    error_message = "head names no node: it must be one of nodes."
  }
}

variable "private_cidr" {
  type        = string
  description = "The range of the private network, which holds every node's address."
  default     = "192.168.1.0/24"

  validation {
    condition     = can(cidrhost(var.private_cidr, 1))
    error_message = "private_cidr must be a range such as 192.168.1.0/24."
  }
  validation {
    condition = alltrue([
      for address in values(var.nodes) :
      try(cidrhost("${address}/${split("/", var.private_cidr)[1]}", 0) == cidrhost(var.private_cidr, 0), false)
    ])
    error_message = "An address of nodes lies outside private_cidr."
  }
}

variable "reservation" {
  type        = string
  description = "The id of the lease's reservation, which is the id of the flavor that nodes get."

  validation {
    condition     = can(regex("^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", var.reservation))
    error_message = "reservation must be the UUID that the lease stage puts out, not the name of a flavor."
  }
}

variable "image" {
  type        = string
  description = "The name of the image that nodes start from."

  validation {
    condition     = length(var.image) > 0
    error_message = "image is empty: name an image of the cloud."
  }
}

variable "key_pair" {
  type        = string
  description = "The name of the key pair that may log in."

  validation {
    condition     = length(var.key_pair) > 0
    error_message = "key_pair is empty: without one nobody can log in."
  }
}

variable "public_key" {
  type        = string
  description = "Make the key pair from this public key; null: it exists already."
  default     = null

  validation {
    condition     = var.public_key == null ? true : can(regex("^(ssh-ed25519|ssh-rsa|ecdsa-sha2-\\S+) [A-Za-z0-9+/=]+", var.public_key))
    error_message = "public_key must be the content of a .pub file; a private key must never stand here."
  }
}

variable "shared_network" {
  type        = string
  description = "The name of the network that the Internet and the floating IP are reached through."

  validation {
    condition     = length(var.shared_network) > 0
    error_message = "shared_network is empty: name a network of the cloud."
  }
}

variable "floating_pool" {
  type        = string
  description = "The name of the pool that the floating IP comes from."

  validation {
    condition     = length(var.floating_pool) > 0
    error_message = "floating_pool is empty: name an external network of the cloud."
  }
}

variable "security_groups" {
  type        = set(string)
  description = "Names of security groups that exist already and are put on the shared network's ports."

  validation {
    condition     = alltrue([for name in var.security_groups : length(name) > 0])
    error_message = "A name in security_groups is empty."
  }
}

variable "open_ports" {
  type        = set(number)
  description = "TCP ports opened by a security group that is made here, besides those that exist."
  default     = []

  validation {
    condition     = alltrue([for port in var.open_ports : port >= 1 && port <= 65535 && floor(port) == port])
    error_message = "open_ports must be whole numbers from 1 to 65535."
  }
  validation {
    condition     = length(var.open_ports) + length(var.security_groups) > 0
    error_message = "No security group and no open port: nobody could reach the nodes, not even by SSH."
  }
}

variable "volume_gib" {
  type        = number
  description = "The size of a volume for data on the head node, which outlives that node; null: none."
  default     = null

  validation {
    condition     = var.volume_gib == null ? true : var.volume_gib >= 1 && floor(var.volume_gib) == var.volume_gib
    error_message = "volume_gib must be a whole number of GiB, at least 1."
  }
}

variable "container" {
  type        = string
  description = "The name of an object-store container for data; null: none."
  default     = null

  validation {
    condition     = var.container == null ? true : can(regex("^[^/]{1,200}$", var.container))
    error_message = "container must be 1 to 200 characters without a slash."
  }
}

variable "gpu" {
  type = object({
    cloud          = string
    reservation    = string
    image          = string
    count          = number
    shared_network = string
  })
  description = "Servers with GPUs, on this cloud or another; null: none."
  default     = null

  validation {
    condition     = var.gpu == null ? true : var.gpu.count >= 1 && var.gpu.count <= 8
    error_message = "gpu.count must be 1 to 8."
  }
  validation {
    condition     = var.gpu == null ? true : can(regex("^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", var.gpu.reservation))
    error_message = "gpu.reservation must be the UUID that the lease stage puts out."
  }
}
