"""The site that a drill is held on: a clone and a state folder, used as a person would."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from services import environments
from services.drills.errors import StageError

ROOT = Path(__file__).resolve().parents[2]
LIFECYCLE = ("services/lifecycle/requirements.txt",)
TRAINER = ("services/trainer/requirements.txt", "services/trainer/torch.txt")
UP_SECONDS = 3600.0
SECONDS = 900.0
ADVANCE = (("staging", "canary"), ("canary", "production"))
# The site speaks on loopback, and to nobody through a proxy.
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True)
class Ended:
    """How a command ended, and all that it printed."""

    code: int
    text: str


@dataclass(frozen=True)
class Stage:
    """One site, with a clone of the source that branches can be made in."""

    clone: Path
    state: Path

    def invoke(self, *arguments: str, seconds: float = SECONDS, **extra: str) -> Ended:
        """Run a task as a person does, with nobody at the terminal to ask."""
        return self.run([sys.executable, "-m", "invoke", *arguments], self.clone, seconds, extra)

    @contextmanager
    def started(self, *arguments: str) -> Iterator["Running"]:
        """Start a task, so that something can be broken under it; it is over afterwards."""
        process = subprocess.Popen(
            [sys.executable, "-m", "invoke", *arguments],
            cwd=self.clone,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            yield Running(process)
        finally:
            if process.poll() is None:
                process.terminate()
            process.communicate()

    def workflow(self, name: str, **parameters: str) -> Ended:
        """Run one of our workflows."""
        pairs = [f"{key.replace('_', '-')}={value}" for key, value in parameters.items()]
        return self.invoke("workflows.run", name, *(f"--parameter={pair}" for pair in pairs))

    def verb(self, *arguments: str) -> dict[str, str]:
        """Run a verb of the lifecycle and return its outputs."""
        command = [self.python(*LIFECYCLE), "-m", "services.lifecycle", *arguments]
        return _outputs(self.run(command, self.clone, SECONDS, self.facts()), arguments[0])

    def image(self, version: str) -> str:
        """Return the digest that the registry says a version was baked as."""
        where = self.status()["addresses"]["mlflow"]
        query = f"name={self.facts()['GOURMET_MODEL']}&version={version}"
        found = get(f"{where}/api/2.0/mlflow/model-versions/get?{query}")["model_version"]
        tags = {tag["key"]: tag["value"] for tag in found.get("tags", ())}
        return str(tags.get("gourmetops.image", ""))

    def broken(self, fault: str, *arguments: str) -> str:
        """Make a broken model out of a good one, and return the run in which it lies."""
        command = [self.python(*TRAINER), "-m", "services.drills.breaking", fault, *arguments]
        # The code that breaks is of this folder, whatever the clone holds.
        return _outputs(self.run(command, ROOT, SECONDS, self.facts()), fault)["run"]

    def python(self, *locks: str) -> str:
        """Return the Python of a service's environment."""
        return str(environments.ensure(*(ROOT / lock for lock in locks)) / "bin" / "python")

    def facts(self) -> dict[str, str]:
        """Return what the site tells its workflow steps."""
        told: dict[str, str] = yaml.safe_load((self.state / "platform.yaml").read_text())["data"]
        plain = {name: value for name, value in told.items() if "-" not in name}
        return {**plain, "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "1"}

    def status(self) -> dict[str, Any]:
        """Return what `invoke status --json` says.

        Raises:
            StageError: the site does not say.
        """
        done = self.invoke("status", "--json")
        if done.code:
            raise StageError("status does not answer", done.text)
        found: dict[str, Any] = json.loads(done.text[done.text.index("{") :])
        return found

    def environment(self, name: str) -> dict[str, Any]:
        """Return one environment of the status."""
        rows: list[dict[str, Any]] = self.status()["environments"]
        return next(row for row in rows if row["name"] == name)

    def journal(self) -> list[dict[str, Any]]:
        """Return the entries of the journal, as far as they are whole."""
        text = (self.state / "journal.jsonl").read_text()
        return [json.loads(line) for line in text.splitlines(keepends=True) if line[-1] == "\n"]

    def git(self, *arguments: str) -> str:
        """Ask the GitOps repository."""
        command = ["git", "--git-dir", str(self.state / "gitops.git"), *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    def source(self, *arguments: str) -> str:
        """Run git in the clone of the source."""
        command = ["git", "-C", str(self.clone), *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    def branch(self, name: str, edit: Callable[[Path], None], why: str) -> str:
        """Commit an edit of the source on a branch of its own, and return the commit."""
        with tempfile.TemporaryDirectory(prefix="drill-") as base:
            tree = Path(base) / "tree"
            self.source("worktree", "add", "--quiet", "--detach", str(tree))
            try:
                edit(tree)
                identity = ("-c", "user.name=A drill", "-c", "user.email=drill@example.org")
                inside = ["git", "-C", str(tree), *identity]
                subprocess.run(
                    [*inside, "commit", "--quiet", "-am", why], check=True, capture_output=True
                )
                commit = subprocess.run(
                    [*inside, "rev-parse", "HEAD"], check=True, capture_output=True, text=True
                ).stdout.strip()
            finally:
                self.source("worktree", "remove", "--force", str(tree))
        self.source("branch", "--force", name, commit)
        return commit

    def versions(self) -> list[int]:
        """Return the versions that are registered."""
        where = self.status()["addresses"]["mlflow"]
        found = get(f"{where}/api/2.0/mlflow/model-versions/search?max_results=1000")
        return sorted(int(each["version"]) for each in found.get("model_versions", ()))

    def run(
        self,
        command: Sequence[str],
        where: Path,
        seconds: float = SECONDS,
        extra: Mapping[str, str] | None = None,
    ) -> Ended:
        """Run a command beside this site, and return how it ended."""
        done = subprocess.run(
            command,
            cwd=where,
            env={**self._environment(), **(extra or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=seconds,
            check=False,
        )
        return Ended(done.returncode, done.stdout)

    def _environment(self) -> dict[str, str]:
        own = {"GOURMET_STATE": str(self.state), "GOURMET_FROM": str(self.clone)}
        return {**os.environ, **own}


@dataclass(frozen=True)
class Running:
    """A task that was started."""

    process: "subprocess.Popen[str]"

    def end(self, seconds: float = SECONDS) -> Ended:
        """Wait until it has ended."""
        text, _ = self.process.communicate(timeout=seconds)
        return Ended(self.process.returncode, text)


def get(url: str) -> Any:
    """Return the JSON that an address answers."""
    with OPENER.open(url, timeout=10) as answer:
        return json.load(answer)


@contextmanager
def own(keep: bool = False) -> Iterator[Stage]:
    """Make a site for drills alone; it is down and gone afterwards, unless it is to be kept."""
    base = Path(tempfile.mkdtemp(prefix="gourmetops-drills-"))
    made = Stage(base / "clone", base / "state")
    try:
        command = ["git", "clone", "--quiet", str(ROOT), str(made.clone)]
        subprocess.run(command, check=True, capture_output=True)
        made.source("config", "user.name", "A drill")
        made.source("config", "user.email", "drill@example.org")
        yield made
    finally:
        if made.state.exists():
            made.invoke("down")
        if not keep:
            shutil.rmtree(base, ignore_errors=True)


def here() -> Stage:
    """Return the site of this folder, for a drill that was asked for by name of the place."""
    return Stage(ROOT, Path(os.environ.get("GOURMET_STATE") or ROOT / ".local").absolute())


def bring_to_production(stage: Stage) -> int:
    """Have a trained version serve everywhere, and return its number.

    Raises:
        StageError: it did not get there.
    """
    _need(stage.invoke("up", "--yes", seconds=UP_SECONDS), "the site did not come up")
    version = stage.environment("canary")["version"]
    if stage.environment("production")["version"] != version:
        approval = ("approve", str(version), "--to", "production", "--note", "for drills")
        _need(stage.invoke(*approval), f"version {version} was not approved for production")
        promotion = ("promote", "--to", "production", "--version", str(version))
        _need(stage.invoke(*promotion), f"version {version} did not reach production")
    return int(version)


def served_everywhere(stage: Stage) -> int:
    """Return the version that serves everywhere; nothing is moved to get there.

    Raises:
        StageError: there is none.
    """
    rows = stage.status()["environments"]
    versions = {row["version"] for row in rows}
    if len(versions) > 1 or None in versions or any(row["problems"] for row in rows):
        told = ", ".join(f"{row['name']} {row['version'] or 'bootstrap'}" for row in rows)
        what = "drills here need one version that serves in all environments, without problems"
        raise StageError(what, f"{told}. Bring one there, or leave --here away.")
    return int(versions.pop())


def _need(done: Ended, what: str) -> None:
    if done.code:
        raise StageError(what, done.text)


def _outputs(done: Ended, what: str) -> dict[str, str]:
    _need(done, f"{what} failed")
    found: dict[str, str] = json.loads(done.text.splitlines()[-1])
    return found
