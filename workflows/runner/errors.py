"""What can go wrong around a run, each with where, what, and what to do next.

* RunnerError
  * UsageError          the command was asked wrongly
  * UnknownRunError     no run of that name is in the state folder
  * UnknownImageError   an image is named nowhere in the image map
  * BusyRunError        another process works on this run

`__main__` prints the message as it is and exits 2. What is wrong in a *file* is a
RefusedError or LanguageError of the layers that read it; what goes wrong in a *node* is
its phase and message, or a NodeFault where Argo stops the parent too.
"""

from collections.abc import Iterable
from difflib import get_close_matches


class RunnerError(Exception):
    """Base of what this program refuses to do. Exit code 2."""


class UsageError(RunnerError):
    """The command was asked wrongly."""


class UnknownRunError(RunnerError):
    """No run of that name is in the state folder."""

    def __init__(self, name: str, known: Iterable[str], state: str) -> None:
        self.name = name
        close = get_close_matches(name, list(known), n=1)
        hint = f"did you mean {close[0]}?" if close else "`list` shows the runs there are."
        super().__init__(f"there is no run {name!r} in {state}: {hint}")


class UnknownImageError(RunnerError):
    """Images that the image map does not name."""

    def __init__(self, images: Iterable[str], where: str | None) -> None:
        self.images = tuple(dict.fromkeys(images))
        lines = "\n".join(f'  "{image}": {{run: host}}' for image in self.images)
        target = where or "a file given with --images FILE"
        super().__init__(
            f"no rule says what these images are on this machine: {', '.join(self.images)}.\n"
            f"Add to {target}, with host, store, or a folder:\n{lines}"
        )


class BusyRunError(RunnerError):
    """Another process works on this run."""

    def __init__(self, name: str, pid: int) -> None:
        self.name = name
        self.pid = pid
        super().__init__(
            f"run {name!r} is still going on in process {pid}: `stop {name}` ends it first."
        )


class NodeFault(Exception):  # noqa: N818 - a fault of one node, not of this program
    """Argo could not run a node, and its parent must hear of it."""

    def __init__(self, message: str) -> None:
        self.message = message
        super().__init__(message)


class PodFault(NodeFault):
    """What a pod would have failed of: its node is in Error, its parent goes on as usual."""


class DepthFault(NodeFault):
    """Templates call one another too deeply; the parent goes on and sees a failed child."""


class TimeoutFault(NodeFault):
    """A node waited longer than its template allows."""


class FailFastFault(NodeFault):
    """A sibling failed, and the template says that then no more may start."""


class StuckFault(NodeFault):
    """Argo would wait forever here: the whole run ends in Error."""
