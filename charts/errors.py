"""What can go wrong while charts are rendered, checked or compared.

* ChartsError
  * UnknownNameError    no such site, environment or value; says what is near
  * RefusedError        the chart, its schema or its values say no
  * ManifestError       what Helm rendered is not a Kubernetes object
  * FolderError         the folder to write to holds something else

Every message says where, what, and what to do next; `__main__` prints it as it is.
"""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches


class ChartsError(Exception):
    """Base of everything that charts raise on purpose. Exit code 2."""


class UnknownNameError(ChartsError):
    """No such site, environment or value."""

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        self.name = name
        self.known = tuple(known)
        close = get_close_matches(name, self.known, n=1)
        hint = f"did you mean {close[0]}?" if close else f"There are {', '.join(self.known)}."
        super().__init__(f"There is no {kind} {name!r}: {hint}")


class RefusedError(ChartsError):
    """The chart, its schema or its values say no."""

    def __init__(self, chart: str, reasons: Sequence[str]) -> None:
        self.chart = chart
        self.reasons = tuple(reasons)
        super().__init__("\n".join(f"charts/{chart}: {reason}" for reason in reasons))


class ManifestError(ChartsError):
    """What Helm rendered is not a Kubernetes object."""


class FolderError(ChartsError):
    """The folder to write to holds something that no render wrote."""

    def __init__(self, folder: str, names: Sequence[str]) -> None:
        self.names = tuple(names)
        super().__init__(
            f"{folder} holds {', '.join(names)}, which no render wrote. "
            "Give --out a folder of its own, so that nothing of yours is replaced."
        )
