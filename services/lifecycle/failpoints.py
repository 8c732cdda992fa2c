"""Instants between two effects, at which tests end a step or let it fail.

`reach("after-commit")` stands at every such instant, and every name is in POINTS. It costs
nothing unless a test asks for it:

* another process: GOURMETOPS_FAILPOINT=NAME:ACTION in the environment of the step. A step of
  a workflow sees it when it stands in the ConfigMap `platform` (`platform.yaml` of the local
  site). ACTION is one of
    kill       SIGKILL to this very process, as `kill -9` does
    term       SIGTERM, as a person or a kubelet that wants it to end does
    stop       SIGSTOP: it hangs until somebody sends SIGCONT or SIGKILL
    raise      an error that nothing expects
    full       the disk is full (ENOSPC)
    io         the disk is broken (EIO)
    sleep=2.5  this many seconds pass
  With GOURMETOPS_FAILPOINT_ONCE=FILE it happens once: whoever can remove FILE does it, and
  without FILE nothing happens. Make the file before each try.
* this process: `with failpoints.listening(call): ...` calls `call(name)` at every instant that
  is reached; what it raises goes through. `Killed` is caught by nothing, as a kill is.
"""

import errno
import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

POINTS = {
    "before-lock": "the lock of an environment is to be taken",
    "after-lock": "the lock is taken, nothing else is done",
    "after-takeover": "the lock of a dead holder is taken, what it left is not settled",
    "after-settling": "what a dead holder left is finished or undone",
    "after-intent": "the journal knows what a move is about to do",
    "before-move": "the lock is renewed for a move, the move is not made",
    "after-move": "a move is made, the journal does not know it yet",
    "after-done": "the journal knows that a move is done",
    "before-commit": "a commit is made here, and not pushed",
    "after-commit": "a commit is in the GitOps repository",
    "before-alias": "an alias is to be moved",
    "after-alias": "an alias is moved",
    "after-approval": "a release is marked as approved",
    "after-hold": "a version is put on hold",
    "after-serving": "an environment serves what was wanted",
    "before-undo": "a move is to be taken back",
    "after-undo": "a move is taken back, the journal does not know it yet",
    "before-end": "an operation is over, the journal does not know it yet",
    "after-end": "the journal knows that an operation is over, its lock is held",
    "after-free": "the lock is free again",
}

ACTIVE = "GOURMETOPS_FAILPOINT"
ONCE = "GOURMETOPS_FAILPOINT_ONCE"
_SIGNALS = {"kill": signal.SIGKILL, "term": signal.SIGTERM, "stop": signal.SIGSTOP}
_ERRORS = {"full": errno.ENOSPC, "io": errno.EIO}
_listeners: list[Callable[[str], None]] = []


class Killed(BaseException):
    """Ends a step in tests as a kill does: nothing catches it, and nothing cleans up."""


class UnexpectedError(Exception):
    """An error that the code does not know."""


def reach(name: str) -> None:
    """Pass an instant between two effects."""
    if ACTIVE in os.environ:
        _act(name, os.environ)
    for tell in _listeners:
        tell(name)


@contextmanager
def listening(tell: Callable[[str], None]) -> Iterator[None]:
    """Be told of every instant that this process reaches."""
    _listeners.append(tell)
    try:
        yield
    finally:
        _listeners.remove(tell)


def _act(name: str, values: Mapping[str, str]) -> None:
    wanted, _, action = values[ACTIVE].partition(":")
    if wanted not in POINTS:
        raise UnexpectedError(f"{ACTIVE}: no failpoint is called {wanted!r}")
    if wanted != name or not _is_due(values.get(ONCE, "")):
        return
    kind, _, argument = action.partition("=")
    if kind in _SIGNALS:
        os.kill(os.getpid(), _SIGNALS[kind])
        time.sleep(0.05)  # a signal that is handled is handled here
    elif kind in _ERRORS:
        raise OSError(_ERRORS[kind], os.strerror(_ERRORS[kind]))
    elif kind == "sleep":
        time.sleep(float(argument))
    elif kind == "raise":
        raise UnexpectedError(f"failpoint {name}")
    else:
        raise UnexpectedError(f"{ACTIVE}: no action is called {action!r}")


def _is_due(once: str) -> bool:
    if not once:
        return True
    try:
        Path(once).unlink()
    except FileNotFoundError:
        return False
    return True
