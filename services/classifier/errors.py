"""What can go wrong in the classifier, beside a bad photo.

* ClassifierError
  * SettingsError      a setting in the environment cannot be used (exit code 2)
  * ModelFolderError   the model is not one that this code may serve (exit code 1)
  * UnknownLabelError  a correction names a label that the model does not have
  * BrokenModelError   the model answers with what is no answer
  * BusyError          a call would wait longer than its deadline

Every message says where, what, and what to do next.
"""

from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path


class ClassifierError(Exception):
    """Base of everything that the classifier raises on purpose."""


class SettingsError(ClassifierError):
    """A setting in the environment cannot be used."""

    def __init__(self, name: str, value: str, need: str) -> None:
        self.name = name
        super().__init__(f"environment variable {name}: {value!r} is not {need}.")


class ModelFolderError(ClassifierError):
    """The model in a folder is not one that this code may serve."""

    def __init__(self, folder: Path, problem: str, remedy: str) -> None:
        self.folder = folder
        self.problem = problem
        super().__init__(f"model folder {folder}: {problem}. {remedy}")


class UnknownLabelError(ClassifierError):
    """A correction names a label that the model does not have."""

    def __init__(self, label: str, known: Iterable[str]) -> None:
        self.label = label
        known = tuple(known)
        near = {name.casefold(): name for name in known}
        close = get_close_matches(label.casefold(), near, n=1)
        hint = f"did you mean {near[close[0]]!r}?" if close else f"choose {', '.join(known)}."
        super().__init__(f"There is no label {label[:60]!r}: {hint}")


class BrokenModelError(ClassifierError):
    """The model answers with what is no answer."""

    def __init__(self) -> None:
        super().__init__(
            "The model answered with numbers that are not finite: roll back to the release "
            "before it, and look at how this one was exported."
        )


class BusyError(ClassifierError):
    """A call would wait longer than its deadline."""

    def __init__(self, deadline: float) -> None:
        self.deadline = deadline
        super().__init__(
            f"Too many photos are waiting: this one would wait longer than {deadline:g} s. "
            "Send it again a little later."
        )
