"""Kubernetes by Kubespray: judged first, then run from its pinned commit."""

import hashlib
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from infra import turn
from infra.kubespray import checkout, judging, own, pin, playing, ways
from infra.kubespray.faults import Fault, FaultsError
from infra.kubespray.progress import Progress
from infra.kubespray.rules import programs
from infra.kubespray.workplace import Workplace
from infra.provision import environment, inventory, plays, prepare
from infra.provision.errors import StageError, log_tail
from infra.provision.ledger import fingerprint
from infra.provision.setting import Setting, Tell, Waiting
from infra.sites.site import Site

PLAYBOOK = "cluster.yml"
PROXIES = ("http_proxy", "https_proxy")


def inputs(setting: Setting, results: Mapping[str, Any]) -> dict[str, Any]:
    """What the cluster depends on."""
    site = inventory.filled(setting, results)
    files = [*sorted(pin.GROUP_VARS.iterdir()), pin.REQUIREMENTS]
    return {
        "commit": pin.pin().commit,
        "nodes": [[node.name, node.address, *node.roles] for node in site.nodes],
        "servers": prepare.servers(results),
        "variables": fingerprint(own.variables(site)),
        "files": {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files},
    }


def run(setting: Setting, results: Mapping[str, Any], tell: Tell, log: Path) -> dict[str, Any]:
    """Judge, fetch and run Kubespray.

    Raises:
        FaultsError: it would refuse this.
        CheckoutError: it is not there, or is not what was pinned.
        NoInternetError: nodes cannot download.
        StageError: a task failed; which, on which host, and what it said.
    """
    site = inventory.filled(setting, results)
    place = Workplace(site, setting.folder)
    place.lay_out(setting.folder)
    _refuse(judging.faults(place.inventory, place.variables, site))
    home = checkout.ensure(pin.pin(), os.environ, tell)
    place.configure(home)
    tell(Waiting("the Ansible that Kubespray runs in"))
    python = environment.python("kubespray", pin.REQUIREMENTS)
    _refuse(list(programs.judge(programs.ask(python), pin.pin(), pin.accepts())))
    if not _proxied(place):
        ways.must_reach([node.name for node in site.nodes], setting.folder / "ssh_config")
    progress = _play(place, home, python, tell, log)
    if progress.status != "done":
        what = f"{PLAYBOOK} ended ({progress.status}) at {progress.last_failure()}{log_tail(log)}"
        raise StageError(
            "kubespray",
            what,
            "Mend that and run the same command again: what is done is looked at and stays",
        )
    return {"commit": pin.pin().commit, "tasks": progress.number, "changed": progress.changed}


def look_ahead(site: Site) -> list[Fault]:
    """Return what Kubespray would refuse, long before its turn comes: nothing is asked for it."""
    with tempfile.TemporaryDirectory() as folder:
        place = Workplace(site, Path(folder))
        place.lay_out(Path(folder))
        found = judging.faults(place.inventory, place.variables, site)
        return [
            Fault(fault.where.replace(f"{place.folder}/", ""), fault.what, fault.todo)
            for fault in found
        ]


def _refuse(found: list[Fault]) -> None:
    if found:
        raise FaultsError(found)


def _proxied(place: Workplace) -> bool:
    text = "\n".join(file.read_text() for folder in place.variables for file in folder.iterdir())
    return any(line.startswith(PROXIES) for line in text.splitlines())


def _play(place: Workplace, home: Path, python: Path, tell: Tell, log: Path) -> Progress:
    argv = [str(python), "-m", "playbooks.run", "--project", str(home), "--log", str(log)]
    argv += ["--config", str(place.config), "--inventory", str(place.inventory)]
    env = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}

    def hear(progress: Progress, news: str | None) -> None:
        if news:
            tell(news)
        tell(Waiting(progress.waiting()))

    errors = place.folder / "runner.err"
    argv.append(str(home / PLAYBOOK))
    with turn.taken(place.folder, lambda: tell(Waiting(plays.ENDING))) as held:
        return playing.play(argv, turn=held, env=env, errors=errors, hear=hear)
