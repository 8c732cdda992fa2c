"""What can go wrong in a step of the lifecycle.

* LifecycleError (exit 1: what was checked is bad)
  * AskedWronglyError (exit 2: an argument, a setting or a tool is missing)
  * GitError               git refused, or did not answer in time
  * ImageError             an image is missing, or is not what its digest says
  * RunError               a training run cannot be used
    * RunFailedError         it ended FAILED
    * RunKilledError         it was KILLED
    * RunBusyError           it has not ended
    * RunMissingError        nobody knows it
    * ModelTestsError       it ended well, and its model tests did not pass
  * RegistryError          MLflow does not answer, or not what was asked
  * ReleaseError           a release cannot be rendered, committed or found
  * ServingError           an environment does not serve what it should
    * WrongVersionError      it answers another version or digest
    * CrashLoopError         its process ends again and again
    * OutOfMemoryError       its process needs more memory than its limit
    * NotServingError        it was not ready in time
  * RefusedError           a guard or gate says no
  * MachineError           the machine fails: a full or broken disk, a folder that cannot be written

Every message says where, what, and what to do next; `__main__` prints it as it is.
"""

import errno

ADVICE = {
    errno.ENOSPC: "Free some space there",
    errno.EDQUOT: "Free some space there",
    errno.EROFS: "Let it be written to",
    errno.EACCES: "Let it be read and written by this user",
    errno.EIO: "Look at the disk",
    errno.ENOENT: "Put it back",
}

GIT_ADVICE = {
    "No space left": "Free some space there",
    "Read-only": "Let it be written to",
    "unable to create": "Let it be written to",
    "Permission denied": "See who may read and write it",
    "no answer": "See whether it can be reached",
    "find remote ref": "Look at how it is spelt",
    "Could not": "See whether it can be reached",
    "moved": "Wait until others have pushed",
}


class LifecycleError(Exception):
    """Base of everything a lifecycle step raises on purpose."""

    exit_code = 1


class AskedWronglyError(LifecycleError):
    """The step was called in a way that cannot work."""

    exit_code = 2


class GitError(LifecycleError):
    """Git refused, or did not answer in time."""

    def __init__(self, command: str, where: str, reason: str) -> None:
        self.command = command
        self.reason = reason
        advice = next((say for word, say in GIT_ADVICE.items() if word in reason), "Mend that")
        super().__init__(
            f"{where}: `git {command}` failed: {reason.rstrip('.')}. {advice}, then run the same "
            "again."
        )


class ImageError(LifecycleError):
    """An image is missing, or is not what its digest says."""


class RunError(LifecycleError):
    """A training run cannot be used."""

    def __init__(self, run: str, what: str, remedy: str) -> None:
        self.run = run
        super().__init__(f"training run {run}: {what}. {remedy}")


class RunFailedError(RunError):
    """The run ended FAILED."""


class RunKilledError(RunError):
    """The run was KILLED before its end."""


class RunBusyError(RunError):
    """The run has not ended."""


class RunMissingError(RunError):
    """Nobody knows this run."""


class ModelTestsError(RunError):
    """The run ended well, and its model tests did not pass."""


class RegistryError(LifecycleError):
    """MLflow does not answer, or not what was asked."""


class ReleaseError(LifecycleError):
    """A release cannot be rendered, committed or found."""


class ServingError(LifecycleError):
    """An environment does not serve what it should."""

    reason = "not serving"

    def __init__(self, environment: str, what: str, remedy: str) -> None:
        self.environment = environment
        self.what = what
        super().__init__(f"{environment}: {what}. {remedy}")


class WrongVersionError(ServingError):
    """A replica answers another version or digest."""

    reason = "wrong version"


class CrashLoopError(ServingError):
    """A replica's process ends again and again."""

    reason = "crash loop"


class OutOfMemoryError(ServingError):
    """A replica needs more memory than its limit."""

    reason = "out of memory"


class NotServingError(ServingError):
    """The environment was not ready in time."""

    reason = "timeout"


class RefusedError(LifecycleError):
    """A guard or gate says no."""


class MachineError(LifecycleError):
    """The machine did not do what it was told."""

    def __init__(self, error: OSError) -> None:
        where = error.filename or "this machine"
        advice = ADVICE.get(error.errno or 0, "Mend that")
        super().__init__(
            f"{where}: {error.strerror or error}. {advice}, then run the same again: what was "
            "done is not done twice."
        )
