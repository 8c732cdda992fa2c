"""May this image be released? Only if what it is, and how it was built, can be proved.

From the signature down: a trusted key signed a statement, the statement names the digest, the
digest is that of the manifest, the manifest names config and layers, and the folder that
engines run is what the layers hold. One changed byte anywhere breaks the chain.
"""

from collections.abc import Sequence

from services.lifecycle.evidence import content, signing, statement
from services.lifecycle.evidence.errors import (
    ChangedError,
    OtherKeyError,
    OtherSubjectError,
    UnsignedError,
)
from services.lifecycle.evidence.keys import PublicKey
from services.lifecycle.evidence.signing import EnvelopeError
from services.lifecycle.evidence.statement import Provenance, StatementError
from services.lifecycle.images import referrers
from services.lifecycle.images.layout import Layout
from services.lifecycle.images.referrers import ReferrerError
from services.lifecycle.step import Step

KIND = "application/vnd.in-toto.provenance+dsse"


def require(step: Step, digest: str) -> Provenance:
    """Verify an image of the site's store.

    Raises:
        EvidenceError: naming the part that was changed, or what is missing.
    """
    return verify_release(step.layout, digest, step.settings.public_keys)


def verify_release(layout: Layout, digest: str, trusted: Sequence[PublicKey]) -> Provenance:
    """Verify one image: its provenance, all its bytes, and what is laid out of it.

    Raises:
        EvidenceError: naming the part that was changed, or what is missing.
    """
    layout.path(digest)
    said = provenance(layout, digest, trusted)
    content.hold(layout, digest)
    return said


def provenance(layout: Layout, digest: str, trusted: Sequence[PublicKey]) -> Provenance:
    """Return what a trusted key says of an image.

    Raises:
        EvidenceError: nobody says anything, nobody trusted does, or it was changed.
    """
    try:
        found = referrers.find(layout, digest, KIND)
    except ReferrerError as error:
        raise ChangedError(digest, str(error)) from None
    if found is None:
        raise UnsignedError(digest)
    try:
        opened = signing.open_envelope(found.content, trusted)
        if opened.signer is None:
            raise OtherKeyError(digest, opened.claimed[:12])
        said = statement.read(opened.statement)
    except (EnvelopeError, StatementError) as error:
        raise ChangedError(digest, "provenance", str(error)) from None
    for subject in (said.digest, found.subject):
        if subject != digest:
            raise OtherSubjectError(digest, subject)
    return statement.signed(said, str(opened.signer))
