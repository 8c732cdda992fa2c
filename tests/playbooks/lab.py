"""Test machines with the files of their site, and playbooks run on them as the stages run them."""

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from infra.inventory import files
from infra.nodes import inspection
from infra.provision import prepare
from infra.provision.setting import Setting
from infra.sites import reading
from infra.sites.site import Site
from services import environments
from tests.hosts import machines

ROOT = Path(__file__).parents[2]
PLAYBOOKS = ROOT / "playbooks"
LOCK = PLAYBOOKS / "requirements.txt"


@dataclass
class Played:
    """What came out of a play."""

    code: int
    events: list[dict[str, Any]]
    log: str
    status: str = ""
    recap: dict[str, Any] = field(default_factory=dict)

    @property
    def changed(self) -> set[tuple[str, str, str]]:
        """Every change: host, role and task."""
        return {
            (event["host"], event["role"], event["task"])
            for event in self.events
            if event["event"] == "changed"
        }

    def said(self, host: str) -> str:
        """What a host's failures said."""
        kinds = ("failed", "unreachable")
        mine = [e for e in self.events if e["event"] in kinds and e["host"] == host]
        return "\n".join(event["said"] for event in mine)


@dataclass
class Lab:
    """Some machines, and the folder of their site."""

    hosts: machines.Hosts
    folder: Path
    site: Site

    @property
    def setting(self) -> Setting:
        """What a stage is handed."""
        return Setting(self.site, self.folder, None, yes=True)

    def play(
        self, name: str, *options: str, hear: Callable[[dict[str, Any], Any], None] | None = None,
        **facts: Any,
    ) -> Played:  # fmt: skip
        """Run a playbook; `facts` win over what the site says, `hear` gets each event."""
        told = {**prepare.facts(self.site), **facts}
        (self.folder / "facts.json").write_text(json.dumps(told))
        log = self.folder / "play.log"
        log.unlink(missing_ok=True)
        python = environments.ensure(LOCK) / "bin" / "python"
        argv = [str(python), "-m", "playbooks.run", "--log", str(log), *options]
        argv += ["--inventory", str(self.folder / "inventory.yaml")]
        argv += ["--facts", str(self.folder / "facts.json"), str(PLAYBOOKS / f"{name}.yml")]
        with subprocess.Popen(
            argv, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            start_new_session=True,
        ) as process:  # fmt: skip
            assert process.stdout
            events = []
            for line in process.stdout:
                events.append(json.loads(line))
                if hear:
                    hear(events[-1], process)
            process.communicate()
        text = log.read_text() if log.exists() else ""
        played = Played(process.returncode, events, text, events[-1].get("status", ""))
        recaps = [event["hosts"] for event in events if event["event"] == "recap"]
        played.recap = recaps[-1] if recaps else {}
        return played

    def ssh(self, name: str, command: str, *options: str) -> "subprocess.CompletedProcess[str]":
        """Run a command as the operator, or as `options` say."""
        argv = ["ssh", "-F", str(self.folder / "ssh_config"), "-o", "BatchMode=yes", *options]
        return subprocess.run([*argv, name, command], capture_output=True, text=True, check=False)


@contextmanager
def lab(
    folder: Path, count: int = 2, volumes: dict[str, str] | None = None, **changes: Any
) -> Iterator[Lab]:
    """Boot machines, write the files of their site, and pin their keys."""
    with machines.running(count, volumes) as hosts:
        file = hosts.write_site(folder / "lab.yaml", **changes)
        site = reading.load(str(file), folder)
        files.write(site, folder)
        inspection.inspect(site, folder / "known_hosts")
        try:
            yield Lab(hosts, folder, site)
        finally:
            for host in hosts:
                argv = ["ssh", "-F", str(folder / "ssh_config"), "-O", "exit", host.name]
                subprocess.run(argv, capture_output=True, check=False, env=dict(os.environ))
