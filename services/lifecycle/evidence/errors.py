"""What can be wrong with the evidence of an image; each names the part and who is meant.

* EvidenceError        the image may not be released
  * UnsignedError        it carries no provenance
  * OtherKeyError        its provenance is signed by a key that this site does not trust
  * OtherSubjectError    its provenance speaks of another image
  * ChangedError         a part is not what its digest says, or is missing
"""

from services.lifecycle.errors import LifecycleError

CHANGED = "was changed after it was baked"
AGAIN = "Nothing was applied. Bake it again: it is stored, laid out and signed anew."


class EvidenceError(LifecycleError):
    """An image may not be released: what it is cannot be proved."""

    def __init__(self, digest: str, part: str, what: str) -> None:
        self.digest = digest
        self.part = part
        self.what = what
        super().__init__(f"{digest[:19]}: the {part} {what}. {AGAIN}")


class UnsignedError(EvidenceError):
    """The image carries no provenance."""

    def __init__(self, digest: str) -> None:
        super().__init__(digest, "provenance", "is missing: this image was never signed here")


class OtherKeyError(EvidenceError):
    """The provenance is signed by nobody whom this site trusts."""

    def __init__(self, digest: str, signer: str) -> None:
        self.signer = signer
        super().__init__(
            digest, "signature", f"is by {signer}, a key that GOURMET_PUBLIC_KEYS does not list"
        )


class OtherSubjectError(EvidenceError):
    """The provenance speaks of another image."""

    def __init__(self, digest: str, subject: str) -> None:
        self.subject = subject
        super().__init__(digest, "provenance", f"speaks of another image, {subject[:19]}")


class ChangedError(EvidenceError):
    """A part is not what its digest says."""

    def __init__(self, digest: str, part: str, what: str = CHANGED) -> None:
        super().__init__(digest, part, what)
