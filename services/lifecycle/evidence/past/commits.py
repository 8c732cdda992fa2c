"""What the history of the GitOps repository says: releases, shares of traffic, approvals."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.lifecycle.errors import ReleaseError
from services.lifecycle.releasing import git
from services.lifecycle.releasing.gitops import BRANCH, FACTS
from services.lifecycle.releasing.releases import Release

ENVIRONMENTS, APPROVALS, TRAFFIC = "environments", "approvals", "platform/traffic.json"
OPERATION = re.compile(r"^Operation: (\S+)$", re.MULTILINE)
UNDOES = re.compile(r", undoes (\S+)$")
FORMAT = "%x1e%H%x1f%cI%x1f%an%x1f%s%x1f%B%x1f"


@dataclass(frozen=True)
class Change:
    """What one commit did to one environment.

    Attributes:
        kind: release, share, approval, or manifests (rendered anew, same release).
        facts: Of the release, the share or the approval; None where it went away.
        operation: The workflow that made it, where it says so.
    """

    environment: str
    kind: str
    commit: str
    at: str
    author: str
    subject: str
    operation: str
    facts: dict[str, Any] | None

    @property
    def release(self) -> Release | None:
        """Return the release, where this is one."""
        if self.kind != "release" or self.facts is None:
            return None
        try:
            return Release.read(json.dumps(self.facts), self.commit)
        except ReleaseError:
            return None


def changes(tree: Path) -> list[Change]:
    """Return every change of an environment, the newest first; none before the first commit."""
    if not git.text("for-each-ref", f"refs/heads/{BRANCH}", folder=tree):
        return []
    found = list(_named(tree))
    wanted = [(change, path) for change, path in found if path]
    contents = _read(tree, [f"{change.commit}:{path}" for change, path in wanted])
    told: list[Change] = []
    place = iter(contents)
    for change, path in found:
        facts = next(place) if path else None
        told += _shares(change, facts) if change.kind == "share" else [_with(change, facts)]
    return told


def approved(tree: Path) -> dict[tuple[str, str], str]:
    """Return when a release was found good, by environment and commit."""
    form = "--format=%(refname:lstrip=3) %(*objectname) %(taggerdate:iso-strict)"
    listed = git.text("for-each-ref", form, "refs/tags/approved", folder=tree)
    rows = [line.split(" ") for line in listed.splitlines()]
    return {(name.partition("/")[0], commit): at for name, commit, at in rows}


def _named(tree: Path) -> Iterator[tuple[Change, str]]:
    """Give each change, and the file that says what it was about."""
    paths = (ENVIRONMENTS, APPROVALS, TRAFFIC)
    options = (f"--format={FORMAT}", "--name-status", "--no-renames", "-m", "--first-parent")
    log = git.text("log", *options, BRANCH, "--", *paths, folder=tree)
    for record in log.split("\x1e")[1:]:
        commit, at, author, subject, body, files = record.split("\x1f")
        made = OPERATION.search(body)
        touched = dict(line.split("\t")[::-1] for line in files.strip().splitlines() if line)
        for environment, kind, path in _touched(touched):
            operation = made[1] if made else ""
            yield Change(environment, kind, commit, at, author, subject, operation, None), path


def _touched(files: dict[str, str]) -> Iterator[tuple[str, str, str]]:
    seen: dict[str, list[str]] = {}
    for path, how in files.items():
        top, _, rest = path.partition("/")
        if top == ENVIRONMENTS:
            seen.setdefault(rest.partition("/")[0], []).append(path)
        elif top == APPROVALS and path.endswith(".json"):
            yield rest.partition("/")[0], "approval", "" if how == "D" else path
        elif path == TRAFFIC and how != "D":
            yield "", "share", path
    for environment, paths in seen.items():
        facts = f"{ENVIRONMENTS}/{environment}/{FACTS}"
        if facts in paths:
            yield environment, "release", "" if files[facts] == "D" else facts
        else:
            yield environment, "manifests", ""


def _read(tree: Path, names: list[str]) -> list[dict[str, Any] | None]:
    """Return JSON files of commits, in one go; None where a file is no JSON object."""
    if not names:
        return []
    asked = "".join(f"{name}\n" for name in names).encode()
    answer = git.run("cat-file", "--batch", folder=tree, stdin=asked)
    found: list[dict[str, Any] | None] = []
    place = 0
    for _ in names:
        end = answer.index(b"\n", place)
        if answer[place:end].endswith(b" missing"):
            found.append(None)
            place = end + 1
            continue
        size = int(answer[place:end].split()[-1])
        found.append(_object(answer[end + 1 : end + 1 + size]))
        place = end + 1 + size + 1
    return found


def _object(content: bytes) -> dict[str, Any] | None:
    try:
        facts = json.loads(content)
    except ValueError:
        return None
    return facts if isinstance(facts, dict) else None


def _with(change: Change, facts: dict[str, Any] | None) -> Change:
    told = {**change.__dict__, "facts": facts}
    return Change(**told)


def _shares(change: Change, facts: dict[str, Any] | None) -> list[Change]:
    """Give a change of the shares to every environment that it names."""
    named = {name: {"share": share} for name, share in (facts or {}).items()}
    told = {**change.__dict__}
    return [Change(**{**told, "environment": n, "facts": f}) for n, f in named.items()]
