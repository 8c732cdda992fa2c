"""A real site in a folder of its own: supervisord, Traefik, the agent, and a small app."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.local import stages
from infra.local.errors import SiteError
from infra.local.site import Site, namespace_of, service_key
from infra.local.state import State
from infra.local.view import client
from tests.waiting import until

APP = Path(__file__).with_name("app.py")
GIT = {
    "GIT_AUTHOR_NAME": "tester",
    "GIT_AUTHOR_EMAIL": "t@localhost",
    "GIT_COMMITTER_NAME": "tester",
    "GIT_COMMITTER_EMAIL": "t@localhost",
}


@dataclass
class Bench:
    """A running site and the hands to work on it."""

    state: State
    site: Site
    clone: Path
    files: dict[str, Any] = field(default_factory=dict)

    def image(self, name: str = "app", **env: str) -> str:
        """Put an image into the store and return its name by digest."""
        digest = hashlib.sha256(json.dumps([name, env], sort_keys=True).encode()).hexdigest()
        folder = self.state.images / "unpacked" / digest
        app = folder / "rootfs" / "app"
        app.mkdir(parents=True, exist_ok=True)
        shutil.copy(APP, app / "app.py")
        run = {
            "digest": f"sha256:{digest}",
            "names": [f"registry.local/{name}"],
            "rootfs": str(folder / "rootfs"),
            "workdir": "/app",
            "entrypoint": [],
            "cmd": [sys.executable, "-I", "-S", "app.py"],
            "env": env,
            "labels": {},
        }
        (folder / "run.json").write_text(json.dumps(run))
        return f"registry.local/{name}@sha256:{digest}"

    def commit(self, files: dict[str, Any], message: str = "release") -> str:
        """Commit and push files (None removes one); return the last change of their folder."""
        for path, content in files.items():
            target = self.clone / path
            target.parent.mkdir(parents=True, exist_ok=True)
            if content is None:
                target.unlink(missing_ok=True)
            else:
                text = content if isinstance(content, str) else yaml.safe_dump_all(content)
                target.write_text(text)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "-m", message)
        self.said = self.git("push", "--quiet", "origin", "HEAD:main")
        folder = str(Path(next(iter(files))).parent)
        return self.git("log", "-1", "--format=%H", "--", folder).strip()

    def git(self, *arguments: str) -> str:
        """Run git in the clone."""
        done = subprocess.run(
            ["git", "-C", str(self.clone), *arguments],
            env={**os.environ, **GIT},
            check=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        return done.stdout

    def status(self) -> dict[str, Any]:
        """Ask the agent."""
        return until(lambda: client.status(self.site), what="the agent answers")

    def deployment(self, environment: str = "staging", name: str = "gourmetgram-app") -> Any:
        """Return what the agent says of a Deployment, or None."""
        found = self.status()["namespaces"].get(namespace_of(environment), {})
        return found.get("deployments", {}).get(name)

    def healthy(self, environment: str = "staging", seconds: float = 15, **facts: Any) -> Any:
        """Wait until a Deployment is healthy (and of a revision), and return it."""
        return self.becomes("Healthy", environment, seconds, **facts)

    def becomes(
        self, word: str, environment: str = "staging", seconds: float = 15, **facts: Any
    ) -> Any:
        """Wait until a Deployment has a health, and return it."""

        def met() -> Any:
            found = self.deployment(environment)
            right = found and all(found[name] == value for name, value in facts.items())
            return found if right and found["health"] == word else None

        try:
            return until(met, seconds, what=word)
        except AssertionError as error:
            raise AssertionError(f"{error}; it is {self.deployment(environment)}") from None

    def url(self, environment: str = "staging") -> str:
        """Return the address of an environment's Service."""
        return str(self.site.slot_url(service_key(namespace_of(environment), "gourmetgram-app")))


def app(image: str, environment: str = "staging", **changes: Any) -> list[dict[str, Any]]:
    """Return the manifests of one environment, with changes to the container or the spec."""
    labels = {"app": "gourmetgram-app"}
    probe = {"httpGet": {"path": "/readyz", "port": "http"}, "periodSeconds": 1}
    probe["timeoutSeconds"] = 5  # the machine of a test may be busy
    container = {
        "name": "app",
        "image": image,
        "ports": [{"name": "http", "containerPort": 8000}],
        "env": [
            {"name": "PORT", "value": "8000"},
            {"name": "ENVIRONMENT", "value": environment},
            {"name": "IMAGE_DIGEST", "value": image.partition("@")[2]},
            *({"name": k, "value": v} for k, v in changes.pop("env", {}).items()),
        ],
        "readinessProbe": probe,
        "resources": {"limits": {"memory": "100Mi"}},
        **changes.pop("container", {}),
    }
    pod = {"containers": [container], "terminationGracePeriodSeconds": 5, **changes.pop("pod", {})}
    metadata = {"name": "gourmetgram-app", "namespace": namespace_of(environment)}
    deployment = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": metadata,
        "spec": {
            "replicas": 1,
            "strategy": {"rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}},
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": pod},
            **changes,
        },
    }
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata,
        "spec": {"selector": labels, "ports": [{"port": 80, "targetPort": "http"}]},
    }
    return [deployment, service]


def route(production: int, canary: int) -> list[dict[str, Any]]:
    """Return the route of live traffic."""
    shares = {"production": production, "canary": canary}
    backends = [
        {"name": "gourmetgram-app", "namespace": namespace_of(name), "port": 80, "weight": weight}
        for name, weight in shares.items()
    ]
    return [
        {
            "apiVersion": "gateway.networking.k8s.io/v1",
            "kind": "HTTPRoute",
            "metadata": {"name": "gourmetgram", "namespace": "gourmetgram-platform"},
            "spec": {"rules": [{"backendRefs": backends}]},
        }
    ]


def make_bench(folder: Path) -> Bench:
    """Start a site in a folder and clone its GitOps repository."""
    state = State(folder / "state")
    try:
        site = stages.start(state).site
    except SiteError:
        stages.stop(state)
        raise
    clone = folder / "clone"
    subprocess.run(["git", "clone", "--quiet", str(state.gitops), str(clone)], check=True)
    return Bench(state, site, clone)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """Give the tests of a module one running site, and take it down after them."""
    folder = tmp_path_factory.mktemp("site")
    made = make_bench(folder)
    yield made
    stages.stop(made.state)


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Bench]:
    """Give a test a site of its own, and take it down after it."""
    made = make_bench(tmp_path)
    yield made
    stages.stop(made.state)
