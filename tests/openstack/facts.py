"""What is true of a person's site: in his folder, and in the cloud."""

import json
import time

import psutil


def outputs(me):
    """Return what Terraform last put out."""
    found = json.loads((me.state / "outputs.json").read_text())
    return {name: each["value"] for name, each in found.items()}


def servers(me):
    """Return the id of each node's server."""
    return outputs(me)["servers"]


def resources(me):
    """Return what Terraform's state holds."""
    state = json.loads((me.state / "terraform.tfstate").read_text())
    return [
        instance
        for resource in state["resources"]
        if resource["mode"] == "managed"
        for instance in resource["instances"]
    ]


def keys(me):
    """Return the key that is pinned for each address."""
    lines = (me.state / "known_hosts").read_text().splitlines()
    return {line.split()[0]: line.split(maxsplit=1)[1] for line in lines}


def alive(cloud, name):
    """Return the ids of the servers that a site has in the cloud."""
    listed = cloud.member().ask("GET", "nova", "/v2.1/servers")["servers"]
    return [each["id"] for each in listed if each["name"].endswith(f"-mlops-{name}")]


def addresses(cloud, made):
    """Return the address of each node on its private network, as Nova tells it."""
    found = {}
    for name, server in made.items():
        listed = cloud.member().ask("GET", "nova", f"/v2.1/servers/{server}")["server"]["addresses"]
        private = next(facts for network, facts in listed.items() if network.startswith("private"))
        found[name] = private[0]["addr"]
    return found


def nothing_is_left(cloud, name):
    """Tell that the cloud holds nothing of a site any more."""
    admin, end = cloud.admin(), f"mlops-{name}"
    named = [
        *admin.ask("GET", "neutron", "/v2.0/ports")["ports"],
        *admin.ask("GET", "neutron", "/v2.0/networks")["networks"],
        *admin.ask("GET", "neutron", "/v2.0/security-groups")["security_groups"],
    ]
    assert [each["name"] for each in named if each["name"].endswith(end)] == []
    leases = admin.ask("GET", "blazar", "/v1/leases")["leases"]
    assert [each["name"] for each in leases if each["name"].startswith(f"lease_mlops_{name}")] == []
    floating = admin.ask("GET", "neutron", "/v2.0/floatingips")["floatingips"]
    assert [each for each in floating if each["description"] == end] == []
    assert alive(cloud, name) == []
    return True


def nobody_plays_on(folder):
    """Tell that no play of this site outlived the command that began it."""
    deadline = time.monotonic() + 20
    while left := [
        each for each in psutil.process_iter(["cmdline"])
        if any("playbooks.run" in word for word in each.info["cmdline"] or ())
        and any(str(folder) in word for word in each.info["cmdline"])
    ]:  # fmt: skip
        assert time.monotonic() < deadline, left
        time.sleep(0.2)
    return True
