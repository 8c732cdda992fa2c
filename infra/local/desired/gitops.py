"""The GitOps repository: made once, read at a commit, and it wakes the agent when pushed to."""

import io
import os
import subprocess
import sys
import tarfile
from pathlib import Path

from infra.local import state as files
from infra.local.errors import ManifestError, SiteError
from infra.local.state import State

BRANCH = "main"
SECONDS = 60
FOLDERS = ("platform", "environments")
AUTHOR = {
    f"GIT_{role}_{fact}": value
    for role in ("AUTHOR", "COMMITTER")
    for fact, value in (("NAME", "local site"), ("EMAIL", "site@localhost"))
}
HOOK = """\
#!/bin/sh
# Tell the local site's agent that there is something new; it would notice by itself later.
# A lock that moves is nothing new for it.
while read -r _ _ ref; do
  case "$ref" in
    refs/heads/*) exec '{python}' -I -S '{wake}' '{site}' ;;
  esac
done
"""
README = """\
# GitOps repository of the local site

Rendered manifests: what is committed here on `main` is what runs.
`platform/` holds the platform, `environments/<name>/` one environment each.
"""


class GitError(SiteError):
    """Git refused something."""

    def __init__(self, command: str, said: str) -> None:
        super().__init__(f"git {command} failed: {said.strip() or 'it said nothing'}")


def git(repository: Path, *arguments: str, stdin: bytes = b"") -> bytes:
    """Run git on a repository, free of the caller's own git settings."""
    quiet = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    own = {**quiet, **AUTHOR, "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull}
    safe = ("-c", f"safe.directory={repository}")
    try:
        done = subprocess.run(
            ["git", *safe, f"--git-dir={repository}", *arguments],
            input=stdin,
            env={**own, "LC_ALL": "C"},
            capture_output=True,
            check=False,
            timeout=SECONDS,
        )
    except subprocess.TimeoutExpired as error:
        raise GitError(arguments[0], f"it took longer than {SECONDS} s") from error
    if done.returncode != 0:
        raise GitError(arguments[0], done.stderr.decode(errors="replace"))
    return done.stdout


def ensure(state: State) -> None:
    """Make the repository with a first commit, and point its hook at this clone."""
    if not (state.gitops / "HEAD").exists():
        state.gitops.parent.mkdir(parents=True, exist_ok=True)
        git(state.gitops, "init", "--quiet", "--bare", f"--initial-branch={BRANCH}")
    if head(state) is None:
        _first_commit(state.gitops)
    hook = state.gitops / "hooks" / "post-receive"
    wake = Path(__file__).with_name("wake.py")
    quoted = {
        name: str(path).replace("'", "'\\''")
        for name, path in (("python", sys.executable), ("wake", wake), ("site", state.site_file))
    }
    text = HOOK.format(**quoted)
    if not hook.exists() or hook.read_text() != text:
        files.write(hook, text, mode=0o755)


def _first_commit(repository: Path) -> None:
    blob = git(repository, "hash-object", "-w", "--stdin", stdin=README.encode()).decode().strip()
    entry = f"100644 blob {blob}\tREADME.md\n".encode()
    tree = git(repository, "mktree", stdin=entry).decode().strip()
    commit = git(repository, "commit-tree", tree, "-m", "Begin with nothing").decode().strip()
    git(repository, "update-ref", f"refs/heads/{BRANCH}", commit)


def head(state: State) -> str | None:
    """Return the commit that `main` names, or None when it names none."""
    try:
        text = (state.gitops / "refs" / "heads" / BRANCH).read_text().strip()
    except FileNotFoundError:
        text = ""  # none yet, or packed
    if text:
        return text
    try:
        return (
            git(state.gitops, "rev-parse", "--verify", "-q", f"refs/heads/{BRANCH}")
            .decode()
            .strip()
        )
    except GitError:
        return None


def read(state: State, commit: str) -> dict[str, str]:
    """Return the text of every YAML file of a commit, by its path."""
    there = git(state.gitops, "ls-tree", "--name-only", commit).decode().split()
    wanted = [folder for folder in FOLDERS if folder in there]
    if not wanted:
        return {}
    packed = git(state.gitops, "archive", "--format=tar", commit, *wanted)
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        return {
            member.name: _text(content.read(), member.name)
            for member in archive
            if member.name.endswith((".yaml", ".yml"))
            and (content := archive.extractfile(member)) is not None
        }


def _text(content: bytes, file: str) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise ManifestError(file, "", f"is no UTF-8 text: {error.reason}") from error


def last_change(state: State, commit: str, folder: str) -> str:
    """Return the newest commit, up to this one, that changed a folder."""
    return git(state.gitops, "log", "-1", "--format=%H", commit, "--", folder).decode().strip()
