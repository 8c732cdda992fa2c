"""What differs between sites, read once from the environment that the step was given."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from services.lifecycle.errors import AskedWronglyError
from services.lifecycle.evidence.keys import PublicKey, public_keys
from services.lifecycle.releasing.owner import Owner, from_environment

ENVIRONMENTS = ("staging", "canary", "production")


@dataclass(frozen=True)
class Settings:
    """The ConfigMap `platform`, as a step sees it. A name that is absent is an empty text."""

    values: Mapping[str, str]

    @property
    def site(self) -> str:
        """Return the name of the site, as charts know it."""
        return self._need("GOURMET_SITE")

    @property
    def tracking(self) -> str:
        """Return the address of MLflow."""
        return self._need("MLFLOW_TRACKING_URI")

    @property
    def model(self) -> str:
        """Return the name of the registered model."""
        return self._need("GOURMET_MODEL")

    @property
    def registry(self) -> str:
        """Return the host part of our image names."""
        return self._need("GOURMET_REGISTRY")

    @property
    def images(self) -> str:
        """Return where images are kept."""
        return self._need("GOURMET_IMAGES")

    @property
    def gitops(self) -> str:
        """Return the repository that says what runs."""
        return self._need("GOURMET_GITOPS")

    @property
    def source(self) -> str:
        """Return the repository that images are built from."""
        return self._need("GOURMET_SOURCE")

    @property
    def site_api(self) -> str:
        """Return the address at which the site tells what it runs."""
        return self._need("GOURMET_SITE_API")

    @property
    def recordings(self) -> Path:
        """Return the folder in which production keeps requests for a replay."""
        return Path(self._need("GOURMET_RECORDINGS"))

    @property
    def has_recordings(self) -> bool:
        """Say whether steps of this site can read what production keeps."""
        return bool(self.values.get("GOURMET_RECORDINGS"))

    @property
    def journal(self) -> Path:
        """Return the file that records who moved what, and on what evidence."""
        return Path(self._need("GOURMET_STATE")) / "journal.jsonl"

    @property
    def person(self) -> str:
        """Return who is at it, as far as the environment knows."""
        known = (self.values.get(name) for name in ("GOURMET_PERSON", "USER", "LOGNAME"))
        return next(filter(None, known), "workflow")

    @property
    def public_keys(self) -> tuple[PublicKey, ...]:
        """Return the keys whose signatures this site trusts."""
        return public_keys(self._need("GOURMET_PUBLIC_KEYS"))

    @property
    def signing_key(self) -> Path | None:
        """Return the file of the key that signs; only steps that bake have one."""
        path = self.values.get("GOURMET_SIGNING_KEY", "")
        return Path(path) if path else None

    @property
    def policy(self) -> str:
        """Return what the gates of this site go by, as JSON."""
        return self.values.get("GOURMET_POLICY", "")

    @property
    def lease_ends(self) -> str:
        """Return when the lease of the site ends, or nothing where it has none."""
        return self.values.get("GOURMET_LEASE_ENDS", "")

    @property
    def owner(self) -> Owner | None:
        """Return the process behind the operation, as far as it can be known."""
        return from_environment(self.values)

    @property
    def has_journal(self) -> bool:
        """Say whether this site keeps a journal."""
        return bool(self.values.get("GOURMET_STATE"))

    def address(self, environment: str) -> str:
        """Return the address of an environment's own Service."""
        return self._need(f"{environment.upper()}_URL")

    def _need(self, name: str) -> str:
        value = self.values.get(name, "")
        if not value:
            raise AskedWronglyError(
                f"{name} is not set. Workflow steps get it from the ConfigMap `platform`; "
                "by hand, set the variable to what that ConfigMap holds."
            )
        return value


def namespace(environment: str) -> str:
    """Return the namespace of an environment."""
    return f"gourmetgram-{environment}"
