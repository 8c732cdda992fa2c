"""The way to a site's cluster: its kubeconfig, a forward to its API, and kubectl."""

import contextlib
import json
import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from infra.provision import command
from infra.provision.errors import StageError
from infra.provision.setting import Setting, Tell
from infra.tunnel import forwards

KEPT = "kubeconfig"
# Printed by a node that has a cluster, for its operator.
PRINTS = {"server": "microk8s config", "openstack": "cat .kube/config", "hosts": "cat .kube/config"}
SECONDS = 20
FIELDS = "gourmetops"


@dataclass(frozen=True)
class Cluster:
    """An API server that answers."""

    stage: str
    argv: Sequence[str]
    folder: Path
    log: Path
    tell: Tell

    def apply(self, *files: Path, namespace: str = "default") -> None:
        """Have the API server merge what these files declare with what is there.

        Args:
            files: Manifests.
            namespace: Where those go that name none.

        Raises:
            StageError: it refused one of them, in its own words.
        """
        named = [word for file in files for word in ("-f", str(file))]
        words = ["apply", "-n", namespace, "--server-side", f"--field-manager={FIELDS}", *named]
        command.run(
            self.stage, [*self.argv, *words], folder=self.folder, env=os.environ, log=self.log,
            tell=self.tell,
        )  # fmt: skip

    def get(self, *words: str) -> Any:
        """Return what the API server holds, or None where there is no such thing."""
        done = _said([*self.argv, "get", "-o", "json", *words])
        if done.returncode and "not found" in done.stderr.lower():
            return None
        if done.returncode and "the server doesn't have a resource type" in done.stderr:
            return None
        if done.returncode:
            raise _refused(self.stage, done.stderr)
        return json.loads(done.stdout)

    def create_secret(self, namespace: str, name: str, data: Mapping[str, str]) -> None:
        """Make a Secret; its values travel on standard input, never in a command line."""
        secret = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": name, "namespace": namespace},
            "stringData": dict(data),
        }
        done = _said([*self.argv, "create", "-f", "-"], json.dumps(secret))
        if done.returncode:
            raise _refused(self.stage, done.stderr)

    def must_have(self, wanted: Mapping[str, str]) -> None:
        """Refuse to go on where a kind of object is unknown to the cluster.

        Args:
            wanted: Name of each definition, and what brings it.

        Raises:
            StageError: names all that are missing.
        """
        found = self.get("customresourcedefinitions")["items"]
        known = {each["metadata"]["name"] for each in found}
        if missing := {name: brings for name, brings in wanted.items() if name not in known}:
            said = "; ".join(f"{name} ({brings})" for name, brings in missing.items())
            raise StageError(self.stage, f"the cluster does not know {said}", "Install that first")


@contextlib.contextmanager
def reached(setting: Setting, stage: str, tell: Tell, log: Path) -> Iterator[Cluster]:
    """Open the way to the cluster, and hand over kubectl.

    Raises:
        StageError: there is no cluster, or it does not answer.
    """
    config = kubeconfig(setting, stage)
    address = urlsplit(_server(config, stage))
    node = control_plane(setting)
    port = forwards.free_port()
    way = forwards.Forward(f"{address.hostname}:{address.port or 443}", port)
    with forwards.opened(setting.folder / "ssh_config", node, [way]):
        argv = ["kubectl", f"--kubeconfig={config}", f"--request-timeout={SECONDS}s"]
        argv += [f"--server={address.scheme}://{forwards.HOST}:{port}"]
        # The API's certificate always bears this name; it has none for our end of the forward.
        argv += ["--tls-server-name=kubernetes"] if address.scheme == "https" else []
        answered = _said([*argv, "get", "--raw", "/readyz"])
        if answered.returncode:
            what = f"the cluster at {address.netloc}, asked through {node}, does not answer: "
            todo = f"Look at it there: invoke ssh {node} --site {setting.site.name}, kubectl get "
            raise StageError(stage, what + _last(answered.stderr), f"{todo}nodes")
        yield Cluster(stage, argv, setting.folder, log, tell)


def kubeconfig(setting: Setting, stage: str) -> Path:
    """Fetch the operator's kubeconfig from the control plane, for nobody else to read.

    Raises:
        StageError: the node cannot be asked, or has none.
    """
    file, node = setting.folder / KEPT, control_plane(setting)
    prints = PRINTS[setting.site.kind]
    argv = ["ssh", "-F", str(setting.folder / "ssh_config"), "-o", "BatchMode=yes"]
    argv += ["-o", "ControlPath=none", node, prints]
    done = _said(argv)
    if done.returncode == 255:
        todo = f"Ask how it is: invoke check-nodes --site {setting.site.name}"
        raise StageError(stage, f"{node} cannot be asked: {_last(done.stderr)}", todo)
    if done.returncode or not done.stdout.strip():
        what = f"{node} has no cluster for its operator (`{prints}` said: {_last(done.stderr)})"
        raise StageError(stage, what, "The stages kubespray and after-cluster bring it")
    half = file.with_name(f".{KEPT}.new")
    half.touch(mode=0o600)
    half.chmod(0o600)
    half.write_text(done.stdout, encoding="utf-8")
    half.replace(file)
    return file


def control_plane(setting: Setting) -> str:
    """Name the first node of the control plane."""
    return next(node.name for node in setting.site.nodes if "control-plane" in node.roles)


def _server(config: Path, stage: str) -> str:
    try:
        data = yaml.safe_load(config.read_text(encoding="utf-8"))
        return str(data["clusters"][0]["cluster"]["server"])
    except (yaml.YAMLError, KeyError, IndexError, TypeError):
        what = f"{config} is no kubeconfig: it names no server"
        raise StageError(stage, what, "Run the stage after-cluster again") from None


def _refused(stage: str, said: str) -> StageError:
    return StageError(stage, f"the cluster refused: {_last(said)}", "Mend that and run it again")


def _last(said: str) -> str:
    lines = said.strip().splitlines()
    return lines[-1].strip() if lines else "nothing"


def _said(argv: Sequence[str], given: str = "") -> "subprocess.CompletedProcess[str]":
    try:
        return subprocess.run(
            argv, input=given, capture_output=True, text=True, timeout=SECONDS + 10, check=False
        )
    except FileNotFoundError:
        missing = f"{argv[0]} is not on the PATH; preflight says where to get it"
        return subprocess.CompletedProcess(argv, 127, "", missing)
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(argv, 124, "", f"no answer within {SECONDS + 10} s")
