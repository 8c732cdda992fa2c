"""The platform on a cluster: its manifests applied, its secrets made once, its facts renewed."""

import base64
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from infra import signing
from infra.provision.cloud import lease
from infra.provision.cluster import manifests, reaching
from infra.provision.cluster.reaching import Cluster
from infra.provision.errors import StageError
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
# What steps of workflows read; the facts among it that are known only here.
FACTS = "platform"
SITE, ENDS, KEYS = "GOURMET_SITE", "GOURMET_LEASE_ENDS", "GOURMET_PUBLIC_KEYS"


def inputs(setting: Setting, results: Mapping[str, Any]) -> dict[str, Any]:
    """What the manifests are made from."""
    return {
        "site": manifests.values_of(setting),
        "charts": manifests.fingerprint(*manifests.chart_files()),
        "ends": ends(results),
    }


def run(setting: Setting, results: Mapping[str, Any], tell: Tell, log: Path) -> dict[str, Any]:
    """Render the platform, and have the cluster take it.

    Raises:
        StageError: the charts or the cluster refused.
    """
    with reaching.reached(setting, "platform", tell, log) as cluster:
        cluster.must_have(NEEDS)
        facts = {SITE: setting.site.name, KEYS: _trusted(cluster, tell)}
        if end := ends(results):
            facts[ENDS] = end
        folder = manifests.render_platform(setting, facts)
        files = sorted(folder.glob("*.yaml"))
        tell(f"{len(files)} objects rendered in {folder}")
        # What stands in a namespace is refused until that is there.
        cluster.apply(*(file for file in files if file.name.startswith("namespace-")))
        for (namespace, name), keys in SECRETS.items():
            if cluster.get("secret", name, "-n", namespace) is None:
                made = {key: word or secrets.token_urlsafe(24) for key, word in keys.items()}
                cluster.create_secret(namespace, name, made)
                tell(f"secret {name} made in {namespace}")
        cluster.apply(*files)
    _tell_what_is_open(setting, folder, tell)
    return {"objects": len(files)}


def ends(results: Mapping[str, Any]) -> str | None:
    """Return when the lease of the nodes ends, or None where they stand without one."""
    end: str | None = results.get("lease", {}).get(lease.NODES, {}).get("ends")
    return end


def _trusted(cluster: Cluster, tell: Tell) -> str:
    """Have the site's signing key made unless it is there; return whose signatures hold.

    Those are the keys that the cluster lists, and the one that signs now.
    """
    held = cluster.get("configmap", FACTS, "-n", signing.NAMESPACE) or {}
    listed = (held.get("data") or {}).get(KEYS, "")
    return signing.trusting(listed, _public(cluster, tell))


def _public(cluster: Cluster, tell: Tell) -> str:
    secret = cluster.get("secret", signing.SECRET, "-n", signing.NAMESPACE)
    if secret is None:
        made = signing.generate()
        cluster.create_secret(signing.NAMESPACE, signing.SECRET, {signing.KEY: made})
        tell(f"secret {signing.SECRET} made in {signing.NAMESPACE}")
        return signing.public(made)
    try:
        return signing.public(base64.b64decode(secret["data"][signing.KEY]).decode())
    except (KeyError, TypeError, ValueError) as error:
        where = f"secret {signing.SECRET} in {signing.NAMESPACE}"
        what = f"{where} holds no signing key in {signing.KEY} ({error})"
        todo = f"Remove it (kubectl delete -n {signing.NAMESPACE} secret {signing.SECRET}) and run "
        raise StageError("platform", what, f"{todo}this again: a new one is made") from None


def _tell_what_is_open(setting: Setting, folder: Path, tell: Tell) -> None:
    """Say which facts nobody has given yet, since steps of workflows stop for want of them."""
    open_ones = manifests.facts_left_out(setting, folder)
    if open_ones:
        file = f"charts/platform/values-site-{manifests.values_of(setting)}.yaml"
        tell(f"workflows lack {', '.join(open_ones)}: give them under workflows.facts in {file}")
