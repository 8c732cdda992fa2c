"""Where a promotion ended: every fact that somebody could rely on, to be compared."""

import hashlib
import itertools
import json
import os
import time
import urllib.parse
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from tests.lifecycle.conftest import get

ENVIRONMENTS = ("staging", "canary", "production")
ALIASES = ("staging", "staging-approved", "canary", "production")
MODEL = "GourmetGramFood11Model"
APP, CLASSIFIER = "gourmetgram-app", "services.classifier"


@dataclass(frozen=True)
class End:
    """What a site holds once nothing moves any more.

    Attributes:
        trees: The Git tree of each environment, of the platform, and of the approvals.
        serving: What every replica answers, by environment.
        aliases: What the registry says.
        weights: What the gateway hands out.
        locks: Environments that somebody still holds.
        processes: How many processes of each kind there are.
    """

    trees: dict[str, str]
    serving: dict[str, list[list[object]]]
    aliases: dict[str, int | None]
    weights: dict[str, int]
    locks: list[str]
    processes: dict[str, int]

    @property
    def hash(self) -> str:
        """Return all of it as one hash."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()


def look(site) -> End:
    """Read the end state of a site, once what was replaced has ended."""
    status = _settled(site)
    return End(
        trees={path: tree(site, path) for path in (*_environments(), "platform", "approvals")},
        serving={name: _serving(status, name) for name in ENVIRONMENTS},
        aliases={name: alias(site, name) for name in ALIASES},
        weights=_weights(status),
        locks=_git(site, "for-each-ref", "--format=%(refname)", "refs/locks").split(),
        processes=dict(sorted(processes(site.state).items())),
    )


def commits(site, since):
    """Return the subjects of what was committed since and stands, the oldest first."""
    return net(_git(site, "log", "--reverse", "--format=%s", f"{since}..main").splitlines())


def _settled(site, seconds=60):
    end = time.monotonic() + seconds
    while True:
        status = get(f"{site.facts['GOURMET_SITE_API']}/v1/status")
        serving = sum(
            len(deployment["replicas"])
            for held in status["namespaces"].values()
            for name, deployment in held["deployments"].items()
            if name == APP
        )
        if processes(site.state)[f"python {CLASSIFIER}"] == serving or time.monotonic() > end:
            return status
        time.sleep(0.2)


def net(subjects):
    """Return what is left of commits once those that were taken back are left out."""
    kept = []
    for subject in subjects:
        if ", undoes " not in subject:
            kept.append(subject)
            continue
        undone = next(i for i in reversed(range(len(kept))) if _is_alike(kept[i], subject))
        kept.pop(undone)
    return kept


def _is_alike(one, other):
    share = " of the traffic"
    return one.partition(":")[0] == other.partition(":")[0] and (share in one) == (share in other)


def head(site):
    """Return the commit that main is at."""
    return _git(site, "rev-parse", "main").strip()


def tree(site, path):
    """Return the hash of a folder on main, or nothing."""
    return _git(site, "ls-tree", "--format=%(objectname)", "main", path).strip()


def alias(site, name):
    """Return what an alias names."""
    query = urllib.parse.urlencode({"name": MODEL})
    url = f"{site.facts['MLFLOW_TRACKING_URI']}/api/2.0/mlflow/registered-models/get?{query}"
    held = get(url)["registered_model"].get("aliases", [])
    return next((int(each["version"]) for each in held if each["alias"] == name), None)


def processes(state):
    """Count the processes that carry the site's folder, but for those that we started ourselves."""
    found, ours = Counter(), {child.pid for child in psutil.Process().children()}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) in {os.getpid(), *ours}:
            continue
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
            text = (entry / "environ").read_bytes() + b" ".join(words)
        except OSError:
            continue
        if os.fsencode(state) in text and words[0]:
            found[_kind(words)] += 1
    return found


def _kind(words):
    name = Path(os.fsdecode(words[0])).name
    modules = [os.fsdecode(after) for word, after in itertools.pairwise(words) if word == b"-m"]
    return f"{name} {' '.join(modules)}".strip()


def _environments():
    return [f"environments/{name}" for name in ENVIRONMENTS]


def _serving(status, name):
    held = status["namespaces"].get(f"gourmetgram-{name}", {}).get("deployments", {})
    replicas = held.get(APP, {}).get("replicas", [])
    answers = [get(f"{replica['url']}/version") for replica in replicas]
    return sorted([said["version"], said["digest"]] for said in answers)


def _weights(status):
    return {
        backend["namespace"]: backend["weight"]
        for route in status["routes"]
        for backend in route["backends"]
        if backend["service"] == APP
    }


def _git(site, *arguments):
    return site.clone.git("--git-dir", str(site.state / "gitops.git"), *arguments)
