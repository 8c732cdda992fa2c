"""Documents about an image, kept beside it as OCI 1.1 has it: a manifest with a `subject`.

So they travel with the image. There is one of a kind for an image; a later one takes its
place. The list of the store says which, so that none has to be searched for.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services.lifecycle.errors import ImageError
from services.lifecycle.images.layout import MANIFEST, Blob, Layout, void

EMPTY = "application/vnd.oci.empty.v1+json"
SUBJECT = "gourmetops.subject"


@dataclass(frozen=True)
class Referrer:
    """A document about an image, held against its digests.

    Attributes:
        subject: The image that its manifest names.
        content: The document.
    """

    subject: str
    content: bytes


class ReferrerError(Exception):
    """A document about an image is not what its digest says; the text names the part."""


def attach(layout: Layout, subject: str, kind: str, content: bytes) -> None:
    """Keep a document about an image."""
    size = layout.path(subject).stat().st_size
    document = layout.add(kind, lambda file: void(file.write(content)))
    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "artifactType": kind,
        "config": layout.add_json(EMPTY, {}).descriptor(),
        "layers": [document.descriptor()],
        "subject": Blob(MANIFEST, subject, size).descriptor(),
    }
    stored = layout.add_json(MANIFEST, manifest)
    entry = {**stored.descriptor(), "artifactType": kind, "annotations": {SUBJECT: subject}}
    layout.relist(lambda known: [*(e for e in known if not _speaks(e, subject, kind)), entry])


def find(layout: Layout, subject: str, kind: str) -> Referrer | None:
    """Return the document of a kind about an image, or None.

    Raises:
        ReferrerError: it is missing, or was changed.
    """
    entry = next((e for e in layout.listed() if _speaks(e, subject, kind)), None)
    if entry is None:
        return None
    try:
        manifest = json.loads(layout.read(entry["digest"]))
        layout.read(manifest["config"]["digest"])
        (document,) = manifest["layers"]
        named = str(manifest["subject"]["digest"])
    except (ImageError, ValueError, KeyError, TypeError):
        raise ReferrerError("manifest of the provenance") from None
    try:
        return Referrer(named, layout.read(document["digest"]))
    except ImageError:
        raise ReferrerError("provenance") from None


def _speaks(entry: Mapping[str, Any], subject: str, kind: str) -> bool:
    annotations = entry.get("annotations", {})
    return entry.get("artifactType") == kind and annotations.get(SUBJECT) == subject
