"""Somebody with an account: clouds.yaml, a key, a site file, and a keyboard."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from infra.provision.preflight.pins import KUBECTL
from tests.openstack.cloud import Cloud

NODES = {"node1": "192.168.1.11", "node2": "192.168.1.12", "node3": "192.168.1.13"}
ROOT = Path(__file__).parents[2]


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

    def tidies(self) -> None:
        """Remove what a failure has left."""
        if (self.state / "terraform").exists():
            self.starts("destroy", "--yes").communicate()

    @property
    def state(self) -> Path:
        """Where the site's own files lie."""
        return Path(self.env["GOURMET_STATE"]) / "sites" / str(self.site["name"])


def environment(folder: Path, terraform: Path) -> dict[str, str]:
    """Return what a person's commands find: nothing of the tests' own but pip's sources.

    Args:
        folder: Where the person works.
        terraform: Terraform's settings.
    """
    whole = {"PATH", "HOME", "XDG_CACHE_HOME", "LANG"}
    env = {key: value for key, value in os.environ.items() if key in whole}
    env |= {key: value for key, value in os.environ.items() if key.startswith("PIP_")}
    env["PATH"] = f"{_programs(folder)}:{env['PATH']}"
    return env | {
        "GOURMET_FROM": str(folder),
        "GOURMET_STATE": str(folder / "state"),
        "TF_CLI_CONFIG_FILE": str(terraform),
    }


def _programs(folder: Path) -> Path:
    """Return a folder with a kubectl that only says its version: no stage here comes to use it."""
    programs = folder / "programs"
    programs.mkdir(exist_ok=True)
    kubectl = programs / "kubectl"
    said = json.dumps({"clientVersion": {"gitVersion": f"v{KUBECTL.version}"}})
    kubectl.write_text(f"#!/bin/sh\necho '{said}'\n")
    kubectl.chmod(0o755)
    return programs


def make(
    cloud: Cloud, terraform: Path, folder: Path, name: str, openstack: dict[str, Any]
) -> Person:
    """Make somebody with an account and a site of that name.

    Args:
        cloud: Where the account is.
        terraform: Terraform's settings.
        folder: Where the person works.
        name: Of the person's site and key pair.
        openstack: What the site file says else of the cloud.
    """
    key = folder / "id"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    public = key.with_suffix(".pub").read_text()
    pair = {"keypair": {"name": name, "public_key": public}}
    cloud.member().ask("POST", "nova", "/v2.1/os-keypairs", pair)
    entries = {"kvm": cloud.credential_entry(name), "kvm-lease": cloud.password_entry()}
    made = Person(folder, _site(name, key, openstack), environment(folder, terraform), entries)
    made.write()
    return made


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
