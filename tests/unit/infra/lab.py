"""A person's folder with a site whose nodes are real sshd on loopback."""

import getpass
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[3]


@dataclass
class Lab:
    """A person's folder with a site in it."""

    folder: Path
    cluster: object

    def starts(self, *words):
        """Type a command and do not wait."""
        env = {**os.environ, "GOURMET_FROM": str(self.folder), "GOURMET_STATE": str(self.state)}
        return subprocess.Popen(
            [sys.executable, "-m", "invoke", *words, "--site", "lab.yaml"], cwd=ROOT, env=env,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def types(self, *words):
        """Type a command; return its exit code and all that it printed."""
        process = self.starts(*words)
        out, err = process.communicate(timeout=60)
        return process.returncode, out + err

    @property
    def state(self):
        return self.folder / "state"

    @property
    def head(self):
        return self.cluster.hosts[0]

    def has(self, *services):
        """Let kubectl there tell of Services: namespace, name, address."""
        items = [
            {"metadata": {"namespace": space, "name": name}, "spec": {"clusterIP": address}}
            for space, name, address in services
        ]
        self.head.fake("kubectl", f"cat <<'END'\n{json.dumps({'items': items})}\nEND")


@pytest.fixture
def lab(tmp_path, cluster):
    """Two real sshd, both known by their keys."""
    made = cluster(2)
    nodes = [
        {"name": f"node{host.number}", "address": host.address, "ssh_port": host.port,
         "roles": ["control-plane", "etcd", "worker"] if host.number == 1 else ["worker"]}
        for host in made.hosts
    ]  # fmt: skip
    ssh = {"user": getpass.getuser(), "key": str(made.key), "connect_seconds": 10}
    site = {"name": "lab", "kind": "hosts", "ssh": ssh, "nodes": nodes}
    (tmp_path / "lab.yaml").write_text(yaml.safe_dump(site))
    known = tmp_path / "state/sites/lab/known_hosts"
    known.parent.mkdir(parents=True)
    known.write_text("".join(
        f"[{host.address}]:{host.port} {(host.folder / 'host.pub').read_text()}"
        for host in made.hosts
    ))  # fmt: skip
    return Lab(tmp_path, made)
