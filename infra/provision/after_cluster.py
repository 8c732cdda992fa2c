"""After the cluster: run playbooks/after-cluster.yml, so that its operator can use it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from infra.provision import plays, prepare
from infra.provision.setting import Setting, Tell

PLAYBOOK = plays.PLAYBOOKS / "after-cluster.yml"
SERVER = plays.PLAYBOOKS / "microk8s.yml"


def inputs(setting: Setting, results: Mapping[str, Any]) -> dict[str, Any]:
    """What the play depends on: its own text, what it is told, and the cluster before it."""
    given = {"play": plays.texts(_playbook(setting)), "facts": facts(setting)}
    return {**given, "cluster": results.get("kubespray")}


def run(setting: Setting, _results: Mapping[str, Any], tell: Tell, log: Path) -> dict[str, Any]:
    """Run the play, and return what it did to each node."""
    play = plays.Play("after-cluster", _playbook(setting), facts(setting))
    return {"recap": plays.run(play, setting, tell, log)}


def facts(setting: Setting) -> dict[str, Any]:
    """Return what the roles are told of a site."""
    found = prepare.facts(setting.site)
    if setting.site.server:
        found |= {f"microk8s_{key}": value for key, value in setting.site.server.items()}
    return found


def _playbook(setting: Setting) -> Path:
    return SERVER if setting.site.kind == "server" else PLAYBOOK
