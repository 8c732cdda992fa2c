"""The workflow templates on a cluster: the same files that the local runner reads."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from infra.provision.cluster import manifests, reaching
from infra.provision.setting import Setting, Tell

NEEDS = {
    "workflowtemplates.argoproj.io": "Argo Workflows",
    "cronworkflows.argoproj.io": "Argo Workflows",
}


def inputs(_setting: Setting, _results: Mapping[str, Any]) -> dict[str, Any]:
    """What Argo is given."""
    return {"workflows": manifests.fingerprint(*_files())}


def run(setting: Setting, _results: Mapping[str, Any], tell: Tell, log: Path) -> dict[str, Any]:
    """Give Argo every template and schedule.

    Raises:
        StageError: there is no Argo, or it refused one.
    """
    with reaching.reached(setting, "workflow-templates", tell, log) as cluster:
        cluster.must_have(NEEDS)
        cluster.apply(*_files(), namespace="argo")
    names = [file.stem for file in _files()]
    tell(f"Argo has {', '.join(names)}")
    return {"templates": names}


def _files() -> list[Path]:
    return sorted(manifests.WORKFLOWS.glob("*.yaml"))
