"""The hook of a local Git repository that has each push to the training branch train once.

Git runs it whenever a ref has moved, be it by commit, merge, rebase or push. It decides nothing:
it only wakes `workflows.pushing.taking`, which finds out itself what was pushed. So a hook that
was killed, or never ran, costs nothing but the time until the next one.

On a cluster a job of CI does the same with one command, and the name makes it once:
argo submit --from workflowtemplate/train-model --name train-model-<12 digits> -p branch=<commit>
"""

import shlex
import subprocess
import sys
from pathlib import Path

from workflows.submission import SubmissionError

NAME = "reference-transaction"
MARK = "# Made by `invoke workflows.on-push --install`; --remove takes it away."
TEXT = """#!/bin/sh
{mark}
# Wakes the training of what was pushed to {branch}, and never holds up or fails a push.
[ "$1" = committed ] || exit 0
grep -q ' {ref}$' || exit 0
unset $(git rev-parse --local-env-vars)
cd {clone} 2>/dev/null && [ -x {python} ] && [ -d {logs} ] || exit 0
GOURMET_STATE={state} nohup {python} -m workflows.pushing.taking {branch} \\
  >> {logs}/on-push.log 2>&1 < /dev/null &
exit 0
"""


def install(repository: Path, branch: str, clone: Path, state: Path) -> bool:
    """Install the hook; a second time changes nothing. Return whether it was new.

    Raises:
        SubmissionError: there is no such branch, or a hook of somebody else.
    """
    _require_branch(repository, branch)
    path = file(repository)
    text = TEXT.format(
        mark=MARK,
        branch=shlex.quote(branch),
        ref=f"refs/heads/{branch}",
        clone=shlex.quote(str(clone)),
        python=shlex.quote(sys.executable),
        state=shlex.quote(str(state)),
        logs=shlex.quote(str(state / "logs")),
    )
    there = path.read_text() if path.exists() else ""
    if there == text:
        return False
    if there and MARK not in there:
        raise SubmissionError(
            f"{path} is a hook of your own, and Git runs only one. Move it away, or call from it: "
            f"{shlex.quote(sys.executable)} -m workflows.pushing.taking {branch}"
        )
    git(repository, "config", "core.logAllRefUpdates", "true")  # a bare repository keeps none
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{NAME}.new")
    beside.write_text(text)
    beside.chmod(0o755)
    beside.replace(path)
    return True


def remove(repository: Path) -> bool:
    """Take the hook away, and return whether it was there."""
    path = file(repository)
    if not path.exists() or MARK not in path.read_text():
        return False
    path.unlink()
    return True


def file(repository: Path) -> Path:
    """Return where Git looks for the hook."""
    return (repository / git(repository, "rev-parse", "--git-path", f"hooks/{NAME}")).resolve()


def default_branch(repository: Path) -> str:
    """Return the branch that is checked out, or a bare repository's own."""
    return git(repository, "symbolic-ref", "--short", "HEAD")


def git(repository: Path, *arguments: str) -> str:
    """Run git in a repository.

    Raises:
        SubmissionError: it refuses.
    """
    command = ["git", "-C", str(repository), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SubmissionError(f"{repository}: git {arguments[0]} failed: {done.stderr.strip()}")
    return done.stdout.strip()


def _require_branch(repository: Path, branch: str) -> None:
    known = git(repository, "for-each-ref", "--format=%(refname:short)", "refs/heads").split()
    if branch not in known:
        listed = ", ".join(known) or "none yet: commit something first"
        raise SubmissionError(f"{repository} has no branch {branch!r}. There are: {listed}")
