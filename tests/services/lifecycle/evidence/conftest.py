"""An image as `bake` makes one, signed, and ways to change it."""

import json
from dataclasses import dataclass

import pytest

from services.lifecycle.evidence import recording, verification
from services.lifecycle.evidence.keys import public_keys
from services.lifecycle.images import building, models
from services.lifecycle.images.recipes import recipe
from services.lifecycle.images.source import fetch
from tests.services.lifecycle.conftest import write_model


@dataclass
class Baked:
    """A signed image, and where its parts lie."""

    step: object
    digest: str
    commit: str

    @property
    def layout(self):
        return self.step.layout

    @property
    def view(self):
        """Return the folder that it is laid out in."""
        return self.layout.folder / "unpacked" / self.digest.removeprefix("sha256:")

    @property
    def entry(self):
        """Return what the list of the store says of its provenance."""
        return next(e for e in self.layout.listed() if e.get("artifactType") == verification.KIND)

    def parts(self):
        """Return the file of each part of the image and of what is said of it."""
        manifest = json.loads(self.layout.read(self.digest))
        about = json.loads(self.layout.read(self.entry["digest"]))
        return {
            "manifest": self.layout.path(self.digest),
            "config": self.layout.path(manifest["config"]["digest"]),
            "code layer": self.layout.path(manifest["layers"][0]["digest"]),
            "model layer": self.layout.path(manifest["layers"][1]["digest"]),
            "manifest of the provenance": self.layout.path(self.entry["digest"]),
            "provenance": self.layout.path(about["layers"][0]["digest"]),
        }

    def verify(self, keys=None):
        """Verify it as `release` does."""
        trusted = public_keys(keys) if keys else self.step.settings.public_keys
        return verification.verify_release(self.layout, self.digest, trusted)


def make(step, folder, *, number=7, weights=b"weights" * 99, operation="bake-1"):
    """Bake and sign an image as the verb does, without a model registry."""
    model = write_model(folder / f"model-{number}", "r" * 32, weights)
    found = models.read(model, "a model")
    models.stamp(model, number, found)
    app = recipe("app")
    checkout = fetch(step.settings.source, "HEAD", folder / "checkout")
    code = building.code_layer(step.layout, app, checkout)
    layers = [code, building.model_layer(step.layout, model)]
    labels = {building.VERSION: str(number), building.RUN: found.run}
    labels[building.DATA_HASH] = found.data_hash
    image = building.push(
        step.layout, "registry.local", app, checkout, layers, tag=f"model-{number}", facts=labels
    )
    record = recording.Record(step, operation, {"kind": "app", "version": number})
    made_of = [*recording.code(step, checkout, app), *recording.model(step, number, found)]
    record.write(image, app, made_of)
    return Baked(step, image.digest, checkout.commit)


@pytest.fixture
def baked(verbs, tmp_path):
    return make(verbs.step, tmp_path / "baking")
