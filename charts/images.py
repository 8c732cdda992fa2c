"""Which image names may be deployed: ours by digest, other people's by exact version."""

import re
from dataclasses import dataclass

OURS = re.compile(r"(^|/)gourmetgram-[a-z0-9-]+$")
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
EXACT = re.compile(r"[0-9]+[.-][0-9]+")


@dataclass(frozen=True)
class Image:
    """The parts of an image's name."""

    repository: str
    tag: str
    digest: str

    @classmethod
    def parse(cls, name: str) -> "Image":
        """Split a name such as host:5000/mlflow:v3.1.0@sha256:… into its parts."""
        rest, _at, digest = name.partition("@")
        repository, colon, tag = rest.rpartition(":")
        if not colon or "/" in tag:
            repository, tag = rest, ""
        return cls(repository, tag, digest)

    @property
    def is_ours(self) -> bool:
        """Whether this repository builds it."""
        return bool(OURS.search(self.repository))


def problem(name: str) -> str | None:
    """Say why an image may not be deployed, or None."""
    image = Image.parse(name)
    if image.digest and not DIGEST.fullmatch(image.digest):
        return f"image {name}: its digest is not sha256: and 64 hexadecimal digits"
    if image.is_ours:
        return _of_ours(name, image)
    if not image.tag:
        return f"image {name} has no tag, which means latest: name its exact version"
    if "latest" in image.tag.split("-"):
        return f"image {name}: {image.tag} names another image tomorrow; name its exact version"
    if not EXACT.search(image.tag):
        return f"image {name}: {image.tag} is no exact version; give all its parts, such as 18.1"
    return None


def _of_ours(name: str, image: Image) -> str | None:
    if image.digest and not image.tag:
        return None
    return f"image {name} is ours, so it is named by its digest and by nothing else"
