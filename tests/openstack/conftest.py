"""A real OpenStack for each session, and a person's folder to work with it."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.provision.preflight.pins import TERRAFORM
from tests.openstack import cloud as clouds
from tests.openstack import databases
from tests.openstack.cloud import Cloud
from tests.terraform.provider import build

ROOT = Path(__file__).parents[2]
NODES = {"node1": "192.168.1.11", "node2": "192.168.1.12", "node3": "192.168.1.13"}


@pytest.fixture(scope="session")
def cloud() -> Iterator[Cloud]:
    """OpenStack on loopback; it ends with the session."""
    if missing := databases.missing():
        pytest.skip(f"needs Debian packages: apt-get install {' '.join(missing)}")
    with clouds.running() as started:
        yield started


@dataclass
class Person:
    """Somebody with clouds.yaml, a key and a site file, who types commands."""

    folder: Path
    site: dict[str, Any]
    env: dict[str, str]
    clouds: dict[str, Any] = field(default_factory=dict)

    def write(self) -> None:
        """Write the site's file and clouds.yaml as they are now."""
        (self.folder / f"{self.site['name']}.yaml").write_text(yaml.safe_dump(self.site))
        file = self.folder / "clouds.yaml"
        file.write_text(yaml.safe_dump({"clouds": self.clouds}))
        file.chmod(0o600)

    def starts(self, *words: str, **more: str) -> "subprocess.Popen[str]":
        """Type a command and do not wait."""
        return subprocess.Popen(
            [sys.executable, "-m", "invoke", words[0], "--site", f"{self.site['name']}.yaml",
             *words[1:]],
            cwd=ROOT, env={**self.env, **more}, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def types(self, *words: str, code: int = 0, **more: str) -> str:
        """Type a command, and return what it printed."""
        process = self.starts(*words, **more)
        out, err = process.communicate()
        assert process.returncode == code, out + err
        return out + err

    @property
    def state(self) -> Path:
        """Where the site's own files lie."""
        return Path(self.env["GOURMET_STATE"]) / "sites" / str(self.site["name"])


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
    people = []

    def make(name: str, **openstack: Any) -> Person:
        key = tmp_path / "id"
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
        member = cloud.member()
        member.ask(
            "POST", "nova", "/v2.1/os-keypairs",
            {"keypair": {"name": name, "public_key": key.with_suffix(".pub").read_text()}},
        )  # fmt: skip
        entries = {"kvm": cloud.credential_entry(name), "kvm-lease": cloud.password_entry()}
        whole = {"PATH", "HOME", "XDG_CACHE_HOME", "LANG"}
        env = {key: value for key, value in os.environ.items() if key in whole}
        env |= {
            "GOURMET_FROM": str(tmp_path),
            "GOURMET_STATE": str(tmp_path / "state"),
            "TF_CLI_CONFIG_FILE": str(providers),
        }
        env |= {key: value for key, value in os.environ.items() if key.startswith("PIP_")}
        made = Person(tmp_path, _site(name, key, openstack), env, entries)
        made.write()
        people.append(made)
        return made

    yield make
    for each in people:
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
