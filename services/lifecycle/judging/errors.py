"""How a judgement ends that is not a pass."""

from services.lifecycle.errors import LifecycleError


class FailedError(LifecycleError):
    """The canary is bad for certain."""

    def __init__(self, version: str, reason: str) -> None:
        self.reason = reason
        super().__init__(
            f"version {version} fails beside production: {reason}. If it still serves: "
            "invoke rollback canary"
        )


class NoVerdictError(LifecycleError):
    """Nothing is certain yet, and that is never a pass."""

    def __init__(self, version: str, reason: str, *, replayed: bool) -> None:
        self.reason = reason
        more = "Record more photos" if replayed else "Let more traffic come"
        super().__init__(
            f"version {version}: no verdict, wait: {reason}. {more} and judge again: invoke judge"
        )
