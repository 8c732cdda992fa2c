"""Run git, with a deadline and a sentence when it fails."""

import os
import subprocess
from pathlib import Path

from services.lifecycle.errors import GitError

DEADLINE = 120.0
# Who stands in our commits. A person's own name is used where they set one for this command.
IDENTITY = {
    "GIT_AUTHOR_NAME": "GourmetOps",
    "GIT_AUTHOR_EMAIL": "lifecycle@gourmetops.invalid",
    "GIT_COMMITTER_NAME": "GourmetOps",
    "GIT_COMMITTER_EMAIL": "lifecycle@gourmetops.invalid",
}
# A hook that started us leaves these behind, and they mean another repository.
LEFT_BY_HOOKS = {
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_QUARANTINE_PATH",
    "GIT_PREFIX",
}
# Steps may run as another user than the one who owns a repository on the same machine.
# A working copy that goes with its step is not tidied up, nor asked whether it should be.
SETTINGS = (
    "-c", "safe.directory=*", "-c", "commit.gpgsign=false", "-c", "maintenance.auto=false",
)  # fmt: skip
# How git says that somebody else pushed first.
MOVED = (
    "fetch first",
    "non-fast-forward",
    "cannot lock ref",
    "failed to update ref",
    "stale info",
    "atomic push failed",
    "atomic transaction failed",
    "reference already exists",
)


def run(*arguments: str, folder: Path, deadline: float = DEADLINE, stdin: bytes = b"") -> bytes:
    """Run git in a folder and return what it printed.

    Raises:
        GitError: it failed, or did not answer before the deadline.
    """
    where, command = str(folder), " ".join(arguments[:3])
    try:
        done = subprocess.run(
            ["git", *SETTINGS, *arguments],
            cwd=folder,
            input=stdin,
            capture_output=True,
            timeout=deadline,
            check=False,
            env=_environment(),
        )
    except subprocess.TimeoutExpired:
        raise GitError(command, where, f"no answer in {deadline:.0f} s") from None
    except FileNotFoundError as error:
        missing = "there is no such folder" if not folder.exists() else "git is not installed"
        raise GitError(command, where, f"{missing} ({error.filename})") from None
    if done.returncode:
        raise GitError(command, where, _last_lines(done.stderr))
    return done.stdout


def text(*arguments: str, folder: Path, deadline: float = DEADLINE) -> str:
    """Run git in a folder and return what it printed, without the last newline."""
    return run(*arguments, folder=folder, deadline=deadline).decode().rstrip("\n")


def is_late(error: GitError) -> bool:
    """Say whether a push was refused because somebody else was first."""
    return any(word in error.reason for word in MOVED)


def _environment() -> dict[str, str]:
    plain = {name: value for name, value in os.environ.items() if name not in LEFT_BY_HOOKS}
    return {**IDENTITY, **plain, "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}


def _last_lines(stderr: bytes) -> str:
    lines = [line.strip() for line in stderr.decode(errors="replace").splitlines()]
    # What a hook on the other side said, then git's own last words.
    said = [line.removeprefix("remote: ") for line in lines if line.startswith("remote: ")]
    own = [line for line in lines if line and not line.startswith(("remote:", "hint:", "To "))]
    return "; ".join([*said[-3:], *own[-3:]]) or "it said nothing"
