"""The platform on a cluster: its manifests applied, its secrets made once."""

import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from infra.provision.cluster import manifests, reaching
from infra.provision.setting import Setting, Tell

NEEDS = {
    "httproutes.gateway.networking.k8s.io": "the Gateway API's standard channel",
    "workflowtemplates.argoproj.io": "Argo Workflows",
}
# Namespace, name, and how each key is filled: a word, or a random value where it is None.
SECRETS: dict[tuple[str, str], dict[str, str | None]] = {
    ("gourmetgram-platform", "mlflow-database"): {
        "username": "mlflow",
        "database": "mlflow",
        "password": None,
    },
    ("gourmetgram-platform", "mlflow-objects"): {"access-key": None, "secret-key": None},
}


def inputs(setting: Setting, _results: Mapping[str, Any]) -> dict[str, Any]:
    """What the manifests are made from."""
    return {
        "site": manifests.values_of(setting),
        "charts": manifests.fingerprint(*manifests.chart_files()),
    }


def run(setting: Setting, _results: Mapping[str, Any], tell: Tell, log: Path) -> dict[str, Any]:
    """Render the platform, and have the cluster take it.

    Raises:
        StageError: the charts or the cluster refused.
    """
    folder = manifests.render_platform(setting)
    files = sorted(folder.glob("*.yaml"))
    tell(f"{len(files)} objects rendered in {folder}")
    with reaching.reached(setting, "platform", tell, log) as cluster:
        cluster.must_have(NEEDS)
        # What stands in a namespace is refused until that is there.
        cluster.apply(*(file for file in files if file.name.startswith("namespace-")))
        for (namespace, name), keys in SECRETS.items():
            if cluster.get("secret", name, "-n", namespace) is None:
                made = {key: word or secrets.token_urlsafe(24) for key, word in keys.items()}
                cluster.create_secret(namespace, name, made)
                tell(f"secret {name} made in {namespace}")
        cluster.apply(*files)
    return {"objects": len(files)}
