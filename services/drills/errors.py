"""What can go wrong in a drill itself, beside what it is there to break.

* DrillError
  * UnknownDrillError  there is no drill of this name (exit code 2)
  * StageError         the site that is drilled on did not come up, or was not whole

A drill that finds the system wanting is no error: it is a result, and it says what was found.
"""

from collections.abc import Iterable
from difflib import get_close_matches


class DrillError(Exception):
    """Base of everything that stops a drill before it could judge."""

    code = 1


class UnknownDrillError(DrillError):
    """There is no drill of this name."""

    code = 2

    def __init__(self, name: str, known: Iterable[str]) -> None:
        self.name = name
        known = tuple(known)
        near = get_close_matches(name, known, n=1)
        hint = f"Did you mean {near[0]}?" if near else f"There are {', '.join(known)}."
        super().__init__(f"no drill is called {name!r}. {hint}")


class StageError(DrillError):
    """The site that is drilled on cannot be used; the message says what it printed."""

    def __init__(self, what: str, printed: str) -> None:
        self.what = what
        super().__init__(f"{what}:\n{printed.strip()[-2000:]}")
