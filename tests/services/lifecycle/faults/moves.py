"""A version on its way to canary, one verb a move, each as the process that it is."""

import json
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from services.lifecycle.evidence.signing import PrivateKey
from services.lifecycle.settings import Settings
from services.lifecycle.step import Step
from tests.services.lifecycle.conftest import (
    MODEL,
    Source,
    Trained,
    git,
    make_gitops,
    make_signing_key,
)
from tests.services.lifecycle.faults import commands
from tests.services.lifecycle.site_api import Site


@dataclass(frozen=True)
class Way:
    """One version on its way.

    Attributes:
        values: What the ConfigMap `platform` says.
        version: The version.
        digest: The image of the version.
        operation: The name of the promotion.
        work: A folder for working copies.
    """

    values: dict
    version: int
    digest: str
    operation: str
    work: Path

    @property
    def steps(self):
        """Return the verbs in their order, by name."""
        where = ["--environment", "canary"]
        what = ["--version", str(self.version), "--digest", self.digest]
        mine = ["--operation", self.operation]
        return {
            "begin": ["begin", *where, *mine],
            "release": ["release", *where, *what, *mine],
            "wait": ["wait", *where, *what, *mine, "--deadline", "10"],
            "weight": ["weight", *where, "--share", "10", *mine],
            "set-alias": ["set-alias", *where, *what, *mine],
            "record": ["record", *where, "--status", "Succeeded", *mine],
        }

    def run(self, move, **more):
        """Make a move; return its exit code and what it said."""
        return commands.run(self.values, *self.steps[move], **more)

    def standing(self):
        """Return what stands now: everything that a reader could rely on."""
        step = self._step()
        log = git("log", "--format=%s", "main", folder=step.settings.gitops).splitlines()
        tags = git("tag", "--list", "approved/canary/*", folder=step.settings.gitops).split()
        moved = [(e["move"], e["state"]) for e in step.journal.entries(self.operation)]
        return {
            "git": self.holds("canary"),
            "commits": [
                line for line in log if line.startswith(f"canary: version {self.version} ")
            ],
            "alias": step.registry.alias("canary"),
            "approved": len(tags),
            "locks": git("for-each-ref", "refs/locks", folder=step.settings.gitops),
            "moves": [move for move in moved if move[1] in ("intent", "done", "undone")],
        }

    def holds(self, environment):
        """Return the version that Git holds for an environment."""
        return self._step().gitops.current(environment).release.version

    def blob(self, part):
        """Return the file of the image's manifest, or of its model layer."""
        image = self._step().layout.image(self.digest)
        digest = self.digest if part == "manifest" else image.layers[-1].digest
        return next(p for p in self.blobs() if p.name == digest.removeprefix("sha256:"))

    def blobs(self):
        """Return every file of the store."""
        folder = Path(self.values["GOURMET_IMAGES"].removeprefix("oci:"))
        return list((folder / "blobs/sha256").iterdir())

    def _step(self):
        self.work.mkdir(parents=True, exist_ok=True)
        return Step(Settings(self.values), self.work, say=lambda _sentence: None)


@dataclass(frozen=True)
class Baked:
    """What takes long to make and is the same for every test.

    Attributes:
        base: The folder that holds all of it.
        values: What the ConfigMap `platform` says there.
        site: Serves the second version in canary.
        digests: Of both versions.
    """

    base: Path
    values: dict
    site: Site
    digests: list

    @classmethod
    def make(cls, base, mlflow):
        """Train, register and bake two versions, and promote the first."""
        source = Source(base / "source")
        make_gitops(base / "gitops.git")
        (base / "state").mkdir()
        site, key = Site(), make_signing_key(base)
        made = {
            "GOURMET_SIGNING_KEY": str(key),
            "GOURMET_PUBLIC_KEYS": str(PrivateKey.read(key).public),
            "GOURMET_MODEL": f"{MODEL}-{time.monotonic_ns()}",
            "GOURMET_SOURCE": str(source.folder),
            "MLFLOW_TRACKING_URI": mlflow,
            "GOURMET_SITE_API": site.url,
            "GOURMET_IMAGES": f"oci:{base / 'images'}",
            "GOURMET_SITE": "local",
            "GOURMET_REGISTRY": "registry.local",
            **_places(base),
        }
        trained = Trained(mlflow, base / "models")
        digests = [_bake(made, trained, number) for number in (1, 2)]
        site.serve("canary", 1, digests[0])
        first = Way(made, 1, digests[0], "promote-old", base / "looking")
        for move in first.steps:
            code, said = first.run(move)
            assert code == 0, said
        site.serve("canary", 2, digests[1])
        return cls(base, made, site, digests)

    def copy(self, folder):
        """Return the second version's way in a copy of it all."""
        folder.mkdir()
        for name in ("gitops.git", "state"):
            shutil.copytree(self.base / name, folder / name, symlinks=True)
        values = {**self.values, **_places(folder)}
        way = Way(values, 2, self.digests[1], "promote-new", folder / "looking")
        way._step().registry.move_alias("canary", 1)
        return way


def _places(folder):
    return {
        "GOURMET_GITOPS": str(folder / "gitops.git"),
        "GOURMET_STATE": str(folder / "state"),
    }


def _bake(values, trained, number):
    run = trained.run(weights=b"weights %d" % number)
    code, said = commands.run(values, "register", "--run", run)
    assert code == 0, said
    code, said = commands.run(values, "bake", "--version", str(number), "--branch", "HEAD")
    assert code == 0, said
    return json.loads(said.splitlines()[-1])["digest"]
