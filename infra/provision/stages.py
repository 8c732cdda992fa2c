"""The stages from a cloud account to audited nodes, in their order."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from infra.provision import inventory, lease, preflight, readiness, terraform
from infra.provision.setting import Setting, Tell
from infra.provision.walk import Stage

CLOUD = ("openstack",)


def _lease(setting: Setting, results: Mapping[str, Any], tell: Tell, _log: Path) -> dict[str, Any]:
    return lease.run(setting, results, tell)


STAGES = (
    Stage(
        "preflight",
        "what would stop a later stage",
        CLOUD,
        preflight.inputs,
        preflight.run,
        always=True,
    ),
    Stage("lease", "machines set aside", CLOUD, lease.inputs, _lease, lease.outdated),
    Stage("terraform", "networks and servers", CLOUD, terraform.inputs, terraform.run),
    Stage(
        "inventory",
        "files for Ansible, SSH and tests",
        inputs=inventory.inputs,
        run=inventory.run,
        outdated=inventory.outdated,
    ),
    Stage(
        "node-checks",
        "are the nodes ready for Kubernetes?",
        inputs=readiness.inputs,
        run=readiness.run,
        always=True,
    ),
    Stage("prepare", "what Kubernetes needs on the nodes"),
    Stage("kubespray", "Kubernetes"),
    Stage("after-cluster", "kubectl and names"),
    Stage("platform", "MLflow, Argo, monitoring"),
    Stage("environments", "staging, canary, production"),
    Stage("workflow-templates", "what Argo runs"),
    Stage("audit", "the promise that the site keeps"),
)


def of(setting: Setting) -> tuple[Stage, ...]:
    """Return the stages that this site has."""
    return tuple(stage for stage in STAGES if setting.site.kind in stage.kinds)
