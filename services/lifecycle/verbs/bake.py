"""Put a model version into an app image: the app's code, and the model as a layer of its own."""

from argparse import ArgumentParser, Namespace

from services.lifecycle.clients.registry import Version
from services.lifecycle.errors import AskedWronglyError
from services.lifecycle.evidence import recording
from services.lifecycle.images import building, models
from services.lifecycle.images.models import Model, ModelError
from services.lifecycle.images.recipes import recipe
from services.lifecycle.releasing.releases import version, written
from services.lifecycle.step import Step


def arguments(parser: ArgumentParser) -> None:
    """Declare what this verb takes."""
    parser.add_argument("--version", required=True, type=version, help="the model version")
    parser.add_argument("--branch", default="HEAD", help="which code of the app")


def run(step: Step, asked: Namespace) -> dict[str, str]:
    """Fetch the model, check it, and append it to the app image of the commit."""
    if asked.version is None:
        raise AskedWronglyError("only a registered version can be baked. Give its number.")
    asked_for = {"kind": "app", "version": asked.version, "branch": asked.branch}
    record = recording.Record(step, asked.operation, asked_for)
    record.require_key()
    known = step.registry.version(asked.version)
    folder = step.registry.download_model(known.run, step.work)
    model = models.read(folder, f"version {known.number}")
    require_unchanged(known, model)
    models.stamp(folder, known.number, model)
    checkout = step.checkout(asked.branch)
    app = recipe("app")
    code = building.code_layer(step.layout, app, checkout)
    image = building.push(
        step.layout,
        step.settings.registry,
        app,
        checkout,
        [code, building.model_layer(step.layout, folder)],
        tag=f"model-{known.number}",
        facts=labels(known.number, model),
    )
    made_of = [*recording.code(step, checkout, app), *recording.model(step, known.number, model)]
    record.write(image, app, made_of)
    step.registry.tag(known.number, image=image.digest, app_commit=checkout.commit)
    step.say(f"baked version {known.number} at commit {checkout.commit[:12]}: {image.digest}")
    return {
        "digest": image.digest,
        "image": f"{building.name(step.settings.registry, app)}@{image.digest}",
        "commit": checkout.commit,
    }


def labels(number: int | None, model: Model) -> dict[str, str]:
    """Return what an app image says of its model."""
    return {
        building.VERSION: written(number),
        building.RUN: model.run,
        building.DATA_HASH: model.data_hash,
    }


def require_unchanged(known: Version, model: Model) -> None:
    """Refuse a model that is not the one that was registered.

    Raises:
        ModelError: its files were changed since.
    """
    registered = known.tags.get("gourmetops.model-hash")
    if model.run != known.run or (registered and registered != model.hash):
        raise ModelError(
            f"version {known.number}: its files are not those that were registered "
            f"({model.hash[:19]}, registered {(registered or 'unknown')[:19]}). Train again."
        )
