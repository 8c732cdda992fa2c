"""The stages from a cloud account to audited nodes, in their order."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from infra.provision import after_cluster, audit, inventory, kubespray, prepare, readiness
from infra.provision.cloud import lease, terraform
from infra.provision.cluster import environments, platform, templates
from infra.provision.preflight import stage as preflight
from infra.provision.setting import Setting, Tell
from infra.provision.walk import Stage

EVERY = ("openstack", "server", "hosts")
CLOUD = ("openstack",)
# What a stage needs when it is asked for alone: nodes that can be reached by name.
NODES = ("lease", "terraform", "inventory")
# A server with MicroK8s gets its Kubernetes in `after-cluster`'s place; see infra/sites.
KUBESPRAY = ("openstack", "hosts")


def _lease(setting: Setting, results: Mapping[str, Any], tell: Tell, _log: Path) -> dict[str, Any]:
    return lease.run(setting, results, tell)


def _on_nodes(module: Any, name: str, about: str, needs: tuple[str, ...],
              kinds: tuple[str, ...] = EVERY) -> Stage:  # fmt: skip
    """Return a stage that works on nodes, and works again on one that was built anew."""

    def inputs(setting: Setting, results: Mapping[str, Any]) -> dict[str, Any]:
        """A server that was built anew is as bare as a new one, whatever its name."""
        return {"given": module.inputs(setting, results), "servers": _servers(results)}

    outdated = getattr(module, "outdated", None)
    always = bool(getattr(module, "ALWAYS", False))
    return Stage(name, about, kinds, inputs, module.run, outdated, always, needs)


def _servers(results: Mapping[str, Any]) -> Any:
    return results.get("terraform", {}).get("outputs", {}).get("servers")


STAGES = (
    Stage(
        "preflight",
        "what would stop a later stage",
        inputs=preflight.inputs,
        run=preflight.run,
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
        needs=NODES,
    ),
    _on_nodes(prepare, "prepare", "what Kubernetes needs on the nodes", NODES),
    _on_nodes(kubespray, "kubespray", "Kubernetes", (*NODES, "prepare"), KUBESPRAY),
    _on_nodes(after_cluster, "after-cluster", "kubectl and names", NODES),
    Stage(
        "platform",
        "MLflow, gateway, names",
        inputs=platform.inputs,
        run=platform.run,
        needs=NODES,
    ),
    Stage(
        "environments",
        "staging, canary, production",
        inputs=environments.inputs,
        run=environments.run,
        needs=NODES,
    ),
    Stage(
        "workflow-templates",
        "what Argo runs",
        inputs=templates.inputs,
        run=templates.run,
        needs=NODES,
    ),
    _on_nodes(audit, "audit", "the promise that the site keeps", NODES),
)


def of(setting: Setting) -> tuple[Stage, ...]:
    """Return the stages that this site has."""
    return tuple(stage for stage in STAGES if setting.site.kind in stage.kinds)
