"""A hook for Schemathesis: which bytes are a photo is more than a schema can say."""

import hashlib

import schemathesis

from tests.services.classifier.photos import saved, scene

PHOTOS = [saved(scene(40, 30), kind) for kind in ("JPEG", "PNG", "WEBP")]


@schemathesis.hook
def before_call(context, case, kwargs):
    """Send a real photo wherever any bytes would do."""
    if isinstance(case.body, dict):
        drawn = hashlib.sha256(repr(case.body).encode()).digest()[0]
        case.body = case.body | {"photo": PHOTOS[drawn % len(PHOTOS)]}
