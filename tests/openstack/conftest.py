"""A real OpenStack for each session, and a person's folder to work with it."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.provision.preflight.pins import TERRAFORM
from tests.hosts import machines
from tests.openstack import cloud as clouds
from tests.openstack import databases, people
from tests.openstack.cloud import Cloud
from tests.openstack.people import Person
from tests.terraform.provider import build

NODES = {"node1": "192.168.1.11", "node2": "192.168.1.12", "node3": "192.168.1.13"}


@pytest.fixture(scope="session")
def cloud() -> Iterator[Cloud]:
    """OpenStack on loopback; it ends with the session."""
    if missing := databases.missing():
        pytest.skip(f"needs Debian packages: apt-get install {' '.join(missing)}")
    with clouds.running() as started:
        yield started


@pytest.fixture
def hosts() -> Iterator[machines.Hosts]:
    """Three machines on one bridge."""
    if reason := machines.missing():
        pytest.skip(reason)
    with machines.running(3) as running:
        yield running


@pytest.fixture(scope="session")
def providers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Terraform's settings, with the provider that we built."""
    from shutil import which

    if which("terraform") is None:
        pytest.skip(f"needs Terraform {TERRAFORM.version} on the PATH")
    if reason := build.why_not():
        pytest.skip(reason)
    file = tmp_path_factory.mktemp("terraform") / "terraformrc"
    file.write_text(build.settings(build.mirror()))
    return file


@pytest.fixture
def person(cloud: Cloud, providers: Path, tmp_path: Path) -> Iterator[Callable[..., Person]]:
    """Make somebody with an account and a site of that name; what a failure leaves is removed."""
    made_up = []

    def make(name: str, **openstack: Any) -> Person:
        key = tmp_path / "id"
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
        member = cloud.member()
        member.ask(
            "POST", "nova", "/v2.1/os-keypairs",
            {"keypair": {"name": name, "public_key": key.with_suffix(".pub").read_text()}},
        )  # fmt: skip
        entries = {"kvm": cloud.credential_entry(name), "kvm-lease": cloud.password_entry()}
        env = people.environment(tmp_path, providers)
        made = Person(tmp_path, _site(name, key, openstack), env, entries)
        made.write()
        made_up.append(made)
        return made

    yield make
    for each in made_up:
        if (each.state / "terraform").exists():
            each.starts("destroy", "--yes").communicate()


def _site(name: str, key: Path, openstack: dict[str, Any]) -> dict[str, Any]:
    nodes = [
        {"name": node, "address": address, "roles": ["control-plane", "etcd", "worker"]}
        for node, address in NODES.items()
    ]
    nodes[0]["jump"] = True
    facts = {
        "cloud": "kvm",
        "lease_cloud": "kvm-lease",
        "image": "CC-Ubuntu24.04",
        "flavor": "m1.large",
        "key_pair": name,
        "shared_network": "sharednet1",
        "floating_pool": "public",
        "security_groups": ["allow-ssh", "allow-http-80"],
        "lease_hours": 3,
    }
    return {
        "name": name,
        "kind": "openstack",
        "ssh": {"user": "cc", "key": str(key)},
        "nodes": nodes,
        "network": {"private": "192.168.1.0/24"},
        "openstack": {**facts, **openstack},
    }
