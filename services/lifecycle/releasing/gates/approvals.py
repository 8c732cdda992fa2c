"""The approvals that the GitOps repository holds: read them, and put one there."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from services.lifecycle.releasing import git
from services.lifecycle.releasing.gates import approval
from services.lifecycle.releasing.gates.approval import Approval, Held, Person
from services.lifecycle.releasing.gitops import GitOps


def held(gitops: GitOps, environment: str, digest: str) -> list[Held]:
    """Return every approval of an image for an environment, whether it counts or not."""
    gitops.current(environment)
    folder = approval.folder(environment, digest)
    files = sorted((gitops.work / folder).glob("*.json"))
    return [_held(gitops.work, path) for path in files]


def put(gitops: GitOps, said: Approval, message: str) -> str:
    """Commit an approval, or that it is taken back, as the word of its person."""
    author = f"{said.by.name} <{said.by.email}>"
    return gitops.change(message, _writer(said), author=author)


def last_change(gitops: GitOps) -> datetime | None:
    """Return when the newest commit of the repository was made, as its maker's clock said."""
    is_empty = not gitops.head()
    text = "" if is_empty else git.text("log", "-1", "--format=%cI", folder=gitops.work)
    return datetime.fromisoformat(text).astimezone(UTC) if text else None


def _held(work: Path, path: Path) -> Held:
    relative = str(path.relative_to(work))
    author = git.text("log", "-1", "--format=%an%n%ae", "--", relative, folder=work)
    name, _, email = author.partition("\n")
    try:
        said = Approval.read(path.read_text(encoding="utf-8"))
    except ValueError:
        said = None
    return Held(relative, Person(name, email), said)


def _writer(said: Approval) -> Callable[[Path], None]:
    def write(tree: Path) -> None:
        path = tree / said.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(said.text(), encoding="utf-8")

    return write
