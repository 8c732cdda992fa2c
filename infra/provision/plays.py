"""Run a playbook in the playbooks' own environment, and hear its events as they come.

The playbooks and we meet through a process (`playbooks/run/__main__.py` says what it prints):
the play's inventory is the site's, its facts a file, its output the stage's log.
"""

import json
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from infra import turn
from infra.provision import environment as made
from infra.provision.errors import StageError, log_tail
from infra.provision.setting import Setting, Tell, Waiting

ROOT = Path(__file__).resolve().parents[2]
PLAYBOOKS = ROOT / "playbooks"
LOCK = PLAYBOOKS / "requirements.txt"
ENDING = "the Ansible of a run that was cut off ends its task"
TODO = "Mend that and run the same command again: what is done stays done"


@dataclass(frozen=True)
class Play:
    """One playbook at one site.

    Attributes:
        stage: The stage whose name stands in errors.
        playbook: The file.
        facts: Variables over all others.
        options: More options of playbooks.run, such as --project.
        locks: The requirements of its environment.
    """

    stage: str
    playbook: Path
    facts: Mapping[str, Any] = field(default_factory=dict)
    options: Sequence[str] = ()
    locks: Sequence[Path] = (LOCK,)


def run(play: Play, setting: Setting, tell: Tell, log: Path) -> dict[str, Any]:
    """Run a playbook to its end and return its recap by host.

    Raises:
        StageError: a task failed or a node was not reached; which, where, and what it said.
    """
    python = environment(play, tell)
    facts = setting.folder / f"{play.stage}.json"
    facts.write_text(json.dumps(dict(play.facts), indent=2) + "\n", encoding="utf-8")
    argv = [
        str(python),
        "-m",
        "playbooks.run",
        "--inventory",
        str(setting.folder / "inventory.yaml"),
    ]
    argv += ["--facts", str(facts), "--log", str(log), *play.options, str(play.playbook)]
    said = _Told(play.stage, log, tell)
    with turn.taken(setting.folder, lambda: tell(Waiting(ENDING))) as held:
        with log.open("ab") as errors:
            process = subprocess.Popen(
                argv, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors,
                text=True, start_new_session=True, pass_fds=(held,),
            )  # fmt: skip
        try:
            for event in _events(process):
                said.hear(event)
            process.wait()
        except KeyboardInterrupt:
            process.send_signal(signal.SIGINT)
            raise
        finally:
            # The end of its input tells it, too, that nobody listens any more; this waits for it.
            process.communicate()
    return said.ended(process.returncode)


def environment(play: Play, tell: Tell) -> Path:
    """Return the Python of a play's environment, made on first use.

    Raises:
        StageError: it could not be made.
    """
    tell(Waiting("the playbooks' environment"))
    return made.python(play.stage, *play.locks)


def texts(playbook: Path) -> dict[str, str]:
    """Return the text of a playbook and all that it may use, so that a changed one runs again."""
    used = [playbook, PLAYBOOKS / "ansible.cfg", LOCK]
    used += [*(PLAYBOOKS / "group_vars").glob("*"), *(PLAYBOOKS / "roles").rglob("*")]
    return {
        str(path.relative_to(PLAYBOOKS)): path.read_text(encoding="utf-8")
        for path in sorted(used)
        if path.is_file() and path.suffix != ".pyc"
    }


def _events(process: "subprocess.Popen[str]") -> Iterator[dict[str, Any]]:
    assert process.stdout
    for line in process.stdout:
        yield json.loads(line)


class _Told:
    """What a play has said so far."""

    def __init__(self, stage: str, log: Path, tell: Tell) -> None:
        self.stage, self.log, self.tell = stage, log, tell
        self.task = ""
        self.role = ""
        self.changed = 0
        self.failures: list[tuple[str, str, str]] = []
        self.recap: dict[str, Any] = {}
        self.end: dict[str, Any] = {}

    def hear(self, event: dict[str, Any]) -> None:
        """Take one event, and tell a person what he wants to know of it."""
        kind = event["event"]
        if kind == "task":
            self._role(event["role"])
            self.task = f"{event['number']}  {_named(event)}"
            self.tell(Waiting(self.task))
        elif kind == "changed":
            self.changed += 1
            self.tell(Waiting(f"{self.task}: changed on {event['host']}"))
        elif kind == "failed" and not event["ignored"]:
            self.failures.append((event["host"], _named(event), event["said"]))
        elif kind == "unreachable":
            self.failures.append((event["host"], "it cannot be reached", event["said"]))
        elif kind == "recap":
            self.recap = event["hosts"]
        elif kind == "end":
            self.end = event

    def ended(self, code: int) -> dict[str, Any]:
        """Judge the end."""
        self._role("")
        if code == 0:
            self.tell(summary(self.recap))
            return self.recap
        if self.failures:
            what = "\n".join([*failures(self.failures), f"(all of it: {self.log})"])
            raise StageError(self.stage, what, TODO)
        what = self.end.get("said") or f"the play ended with {code}{log_tail(self.log)}"
        raise StageError(self.stage, what, TODO)

    def _role(self, role: str) -> None:
        if self.role and role != self.role:
            self.tell(f"{self.role} done" + (f", {self.changed} changes" if self.changed else ""))
            self.changed = 0
        self.role = role


def summary(recap: Mapping[str, Mapping[str, int]]) -> str:
    """Say in a line what a play did to each host."""
    parts = [f"{host} {counts['changed'] or 'not'} changed" for host, counts in recap.items()]
    return ", ".join(parts) or "there was nothing to do"


def failures(found: Sequence[tuple[str, str, str]]) -> list[str]:
    """Return a line for each failure: the hosts that failed alike, the task, what it said."""
    alike: dict[tuple[str, str], list[str]] = {}
    for host, task, said in found:
        alike.setdefault((task, said.strip()), []).append(host)
    return [f"{', '.join(hosts)}: {task}: {said}" for (task, said), hosts in alike.items()]


def _named(event: Mapping[str, Any]) -> str:
    task = str(event["task"])
    role = str(event["role"])
    return task if not role or task.startswith(f"{role} : ") else f"{role} : {task}"
