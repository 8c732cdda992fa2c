"""Make the first release of every environment, with a model that only knows how to start.

So the gateway answers before anything was trained, and a rollback of the first real version
has something to go back to. Environments that hold a release are left as they are.
"""

import subprocess
from argparse import ArgumentParser, Namespace
from pathlib import Path

from services import environments
from services.lifecycle.errors import ReleaseError
from services.lifecycle.evidence import recording
from services.lifecycle.images import building, models, view
from services.lifecycle.images.layout import Image
from services.lifecycle.images.recipes import recipe
from services.lifecycle.releasing import rendering, weights
from services.lifecycle.releasing.operation import DONE, RELEASE, Operation
from services.lifecycle.releasing.releases import Release
from services.lifecycle.settings import ENVIRONMENTS
from services.lifecycle.step import Step
from services.lifecycle.verbs import bake, release

DEADLINE = 120.0


def arguments(parser: ArgumentParser) -> None:
    """Declare what this verb takes."""
    parser.add_argument("--branch", default="HEAD", help="which code of the app")


def run(step: Step, asked: Namespace) -> dict[str, str]:
    """Render the platform and the environments that are missing, and commit them at once."""
    missing = [name for name in ENVIRONMENTS if step.gitops.current(name) is None]
    digest = ""
    if missing:
        first = Release.of(_image(step, asked))
        digest = first.digest
        for name in missing:
            rendering.release(step.settings.site, name, first, step.work / name)

    def write(tree: Path) -> None:
        shares = weights.settings(weights.read(tree))
        rendering.platform(step.settings.site, step.work / "platform", shares)
        _replace(tree / "platform", step.work / "platform")
        for name in missing:
            release.write(tree, name, first, step.work / name)

    what = f"platform, and {', '.join(missing)} with {first}" if missing else "platform"
    commit = step.gitops.change(f"{step.settings.site}: {what}\n", write)
    for name in missing:
        step.gitops.approve(name, commit, f"{name}: the bootstrap release\n")
        made = Operation(asked.operation, name, step.journal)
        made.note(RELEASE, DONE, after={"release": first.facts()}, commit=commit)
    step.say(f"first release: {', '.join(missing) or 'all environments had one'}")
    return {"digest": digest, "commit": commit, "environments": " ".join(missing)}


def _image(step: Step, asked: Namespace) -> Image:
    app = recipe("app")
    asked_for = {"kind": "app", "version": None, "branch": asked.branch}
    record = recording.Record(step, asked.operation, asked_for)
    record.require_key()
    checkout = step.checkout(asked.branch)
    code = building.code_layer(step.layout, app, checkout)
    registry = step.settings.registry
    bare = building.push(step.layout, registry, app, checkout, [code], tag=None, facts={})
    folder = step.work / "model"
    _make_model(view.unpack(step.layout, bare.digest) / "rootfs" / "app", folder, bare)
    model = models.read(folder, "the bootstrap model")
    models.stamp(folder, None, model)
    image = building.push(
        step.layout,
        registry,
        app,
        checkout,
        [code, building.model_layer(step.layout, folder)],
        tag="bootstrap",
        facts=bake.labels(None, model),
    )
    made_of = [*recording.code(step, checkout, app), *recording.model(step, None, model)]
    record.write(image, app, made_of)
    return image


def _make_model(code: Path, out: Path, bare: Image) -> None:
    locks = [code.parent / path.lstrip("/") for path in bare.labels[view.REQUIREMENTS].split()]
    python = environments.ensure(*locks) / "bin" / "python"
    command = [str(python), "-m", "services.classifier.bootstrap", "--out", str(out)]
    done = subprocess.run(
        command, cwd=code, capture_output=True, text=True, timeout=DEADLINE, check=False
    )
    if done.returncode:
        raise ReleaseError(f"the bootstrap model could not be made: {done.stderr[-1500:]}")


def _replace(folder: Path, rendered: Path) -> None:
    folder.mkdir(exist_ok=True)
    for old in folder.glob("*.yaml"):
        old.unlink()
    for manifest in rendered.glob("*.yaml"):
        (folder / manifest.name).write_bytes(manifest.read_bytes())
