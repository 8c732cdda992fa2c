"""Say how an image was built, sign it, and keep that beside the image."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from services.lifecycle.errors import AskedWronglyError
from services.lifecycle.evidence import statement, verification
from services.lifecycle.evidence.errors import EvidenceError
from services.lifecycle.evidence.keys import public_keys
from services.lifecycle.evidence.signing import PrivateKey
from services.lifecycle.evidence.statement import DATA, GIT, LOCK, MODEL, Build, Material
from services.lifecycle.images import building, referrers
from services.lifecycle.images.layout import Image
from services.lifecycle.images.models import Model
from services.lifecycle.images.recipes import Recipe
from services.lifecycle.images.source import Checkout
from services.lifecycle.step import Step


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


@dataclass(frozen=True)
class Record:
    """A building that is going on; begun before anything is fetched."""

    step: Step
    operation: str
    parameters: Mapping[str, Any]
    started: str = field(default_factory=_now)

    def require_key(self) -> None:
        """Refuse to build what nobody could sign.

        Raises:
            AskedWronglyError: there is no key.
        """
        path = self.step.settings.signing_key
        if path is None:
            raise AskedWronglyError(
                "GOURMET_SIGNING_KEY is not set, so the image could not be signed, and nobody "
                "could release it. Steps that bake mount the Secret gourmetops-signing; on the "
                "local site, run `invoke up`, which makes the key."
            )
        PrivateKey.read(path)

    def write(self, image: Image, recipe: Recipe, materials: Sequence[Material]) -> bool:
        """Sign what was built, unless it is signed already; return whether it is signed."""
        path = self.step.settings.signing_key
        if path is None:
            return False
        key = PrivateKey.read(path)
        if _is_signed(self.step, image.digest, key):
            return True
        build = Build(
            parameters=self.parameters,
            materials=materials,
            site=self.step.settings.values.get("GOURMET_SITE", "unknown"),
            by=self.step.settings.person,
            operation=self.operation,
            code=self.step.settings.values.get("GIT_COMMIT", ""),
            started=self.started,
            finished=_now(),
        )
        name = building.name(self.step.settings.registry, recipe)
        said = statement.write(name, image.digest, build)
        referrers.attach(self.step.layout, image.digest, verification.KIND, key.sign(said))
        return True


def code(step: Step, checkout: Checkout, recipe: Recipe) -> list[Material]:
    """Return what the code of an image is made of: a commit, and the locks of its packages."""
    source = Material(GIT, f"git+{step.settings.source}", {"gitCommit": checkout.commit})
    locks = [Material(LOCK, path, {"sha256": checkout.hash(path)}) for path in recipe.requirements]
    return [source, *locks]


def model(step: Step, number: int | None, found: Model) -> list[Material]:
    """Return what a model is, and what it was trained on."""
    uri = f"models:/{step.settings.model}/{number}" if number else "bootstrap model"
    weights = Material(MODEL, uri, {"sha256": found.hash.removeprefix("sha256:")})
    data = found.data_hash.removeprefix("sha256:")
    run = f"run:{found.run}" if found.run else "nothing was trained"
    return [weights, *([Material(DATA, run, {"sha256": data})] if data else [])]


def _is_signed(step: Step, digest: str, key: PrivateKey) -> bool:
    """Say whether a trusted key, or this one, signed it already."""
    listed = step.settings.values.get("GOURMET_PUBLIC_KEYS", "")
    trusted = (*public_keys(listed), key.public)
    try:
        verification.provenance(step.layout, digest, trusted)
    except EvidenceError:
        return False
    return True
