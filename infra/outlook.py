"""What `up` would do, stage by stage, and which stages stand; nothing is started."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra import packages
from infra.local import site as sites
from infra.local import state as files
from infra.local.desired import gitops
from infra.local.site import ENVIRONMENTS, Site
from infra.local.state import CLONE, State
from infra.local.supervisor.supervision import Supervisor
from infra.local.view import client, overview

STANDS, RUNS, DOWNLOADS = "stands", "runs", "downloads"
PROMOTE, RETRY, TRAIN = "promote", "retry", "train"
# On disk, at the pins of today; the trainer's with PyTorch's ordinary build, which has CUDA.
SIZES = {
    "lifecycle": "0.4 GB on disk",
    "mlflow": "0.8 GB on disk",
    "classifier": "0.2 GB on disk",
    "trainer": "about 3 GB, and 4.7 GB on disk",
}


@dataclass(frozen=True)
class Outlook:
    """What one stage would do.

    Attributes:
        stage: Its name.
        does: `stands`, `runs` or `downloads`.
        why: In words.
    """

    stage: str
    does: str
    why: str


def look(state: State, data: str | None, until: str) -> list[Outlook]:
    """Ask each stage what is there."""
    known = sites.load(state)
    runs = known is not None and Supervisor(known).answers()
    told = [_site(state, known, runs=runs), *_packages(until), _images(state), *_releases(state)]
    told.append(_platform(known if runs else None))
    if until != "platform":
        told.append(_model(known if runs else None, data, until))
    return told


def _site(state: State, known: Site | None, *, runs: bool) -> Outlook:
    if known is None:
        return Outlook("site", RUNS, f"makes {state.folder}, and starts supervisor, gateway, agent")
    if not runs:
        return Outlook("site", RUNS, f"starts again from {state.folder}")
    return Outlook("site", STANDS, f"runs from {state.folder}")


def _packages(until: str) -> list[Outlook]:
    """Say for each service whether its packages are here; all are installed side by side."""
    found = []
    for name, locks in packages.LOCKS.items():
        command = [sys.executable, "-m", "services.environments", "--look", *locks]
        done = subprocess.run(command, cwd=CLONE, capture_output=True, text=True, check=False)
        if folder := done.stdout.strip():
            found.append(Outlook(f"packages {name}", STANDS, folder))
            continue
        late = name == "trainer" and until == "platform"
        when = "; stopped when the platform is up" if late else ""
        found.append(Outlook(f"packages {name}", DOWNLOADS, f"{SIZES[name]}, once{when}"))
    return found


def _images(state: State) -> Outlook:
    head = _head()
    image = _steps_image(state)
    if not image:
        return Outlook("images", RUNS, f"makes the image of the steps from commit {head[:12]}")
    built = _commit_of(state, image)
    if built != head:
        return Outlook("images", RUNS, f"steps run commit {built[:12]}, and {head[:12]} is here")
    return Outlook("images", STANDS, f"steps run {image[:19]} of commit {head[:12]}")


def _head() -> str:
    command = ["git", "-C", str(CLONE), "rev-parse", "HEAD"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip()


def _steps_image(state: State) -> str:
    import yaml

    if not state.platform.exists():
        return ""
    data: dict[str, str] = yaml.safe_load(state.platform.read_text()).get("data") or {}
    return data.get("lifecycle-image", "").partition("@")[2]


def _commit_of(state: State, digest: str) -> str:
    view = state.images / "unpacked" / digest.removeprefix("sha256:") / "run.json"
    try:
        facts: dict[str, Any] = json.loads(view.read_text())
    except (FileNotFoundError, ValueError):
        return "unknown"
    return str(facts.get("env", {}).get("GIT_COMMIT") or "unknown")


def _releases(state: State) -> list[Outlook]:
    missing = [name for name in ENVIRONMENTS if not _has_release(state, name)]
    if missing:
        return [Outlook("environments", RUNS, f"makes the first release of {', '.join(missing)}")]
    return [Outlook("environments", STANDS, "each holds a release")]


def _has_release(state: State, name: str) -> bool:
    if not Path(state.gitops, "HEAD").exists():
        return False
    path = f"{gitops.BRANCH}:environments/{name}/release.json"
    command = ["git", f"--git-dir={state.gitops}", "-c", "safe.directory=*", "cat-file", "-e", path]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def _platform(site: Site | None) -> Outlook:
    if site is None:
        return Outlook("platform", RUNS, "starts MLflow, the gateway's routes and the environments")
    if waiting := not_healthy(client.status(site)):
        return Outlook("platform", RUNS, f"waits for {waiting}")
    return Outlook("platform", STANDS, "everything that Git says is healthy")


def _model(site: Site | None, data: str | None, until: str) -> Outlook:
    if site is None:
        return Outlook("model", RUNS, f"looks what serves in {until}, and trains if nothing does")
    goes = model(site, data, until)
    does = STANDS if goes.way == STANDS else RUNS
    more = "; see: invoke train --plan" if goes.way == TRAIN else ""
    return Outlook("model", does, goes.why + more)


@dataclass(frozen=True)
class Way:
    """How a site gets its model.

    Attributes:
        way: `stands`, `promote`, `retry` or `train`.
        why: In words.
        data: What is trained on.
        run: The run to go on with.
    """

    way: str
    why: str
    data: str
    run: str = ""


def model(site: Site, data: str | None, until: str) -> Way:
    """Decide how a model comes as far as `until`, by what serves and what `up` did last."""
    last: dict[str, str] = files.read_json(site.state.folder / "up.json") or {}
    wanted = data or last.get("data", "sample")
    if wanted == last.get("data"):
        if (version := served(site, until)) is not None:
            return Way(STANDS, f"version {version} serves in {until}", wanted)
        if last["until"] == "staging" != until and (ready := served(site, "staging")) is not None:
            return Way(PROMOTE, f"version {ready} goes from staging to canary", wanted)
        if last["until"] == until and _broke_off(site, last["run"]):
            return Way(RETRY, f"goes on with {last['run']}", wanted, last["run"])
    return Way(TRAIN, f"trains on {wanted}, up to {until}", wanted)


def _broke_off(site: Site, run: str) -> bool:
    """Say whether a run was left before its end."""
    command = [sys.executable, "-m", "workflows.runner", "get", run, "-o", "json"]
    command += ["--state", str(site.state.runs)]
    done = subprocess.run(command, cwd=CLONE, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1) or not done.stdout:
        return False
    phase = json.loads(done.stdout).get("status", {}).get("phase")
    return phase not in ("Succeeded", "Failed")  # Error: the runner was killed


def served(site: Site, environment: str) -> int | None:
    """Return the version that an environment serves in good health, and its alias names."""
    found = overview.look(site)
    row = next(row for row in found.environments if row.name == environment)
    return row.version if row.health == overview.HEALTHY and row.alias == row.version else None


def not_healthy(status: Any) -> str:
    """Name what is not healthy yet."""
    if status is None:
        return "the agent"
    if status["error"]:
        return str(status["error"])
    found = {
        f"{name} in {namespace}": deployment
        for namespace, held in status["namespaces"].items()
        for name, deployment in held["deployments"].items()
    }
    bad = [name for name, held in found.items() if held["health"] != overview.HEALTHY]
    return ", ".join(bad) if found else "the first deployment"
