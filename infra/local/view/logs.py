"""What programs, replicas and runs have printed, found by what a person calls them."""

from collections.abc import Iterator
from pathlib import Path

from infra.local.errors import SiteError, did_you_mean
from infra.local.processes.replicas import Store
from infra.local.site import APP, ENVIRONMENTS, MLFLOW, Site, namespace_of
from infra.local.state import State

PROGRAMS = ("agent", "gateway", "supervisor")


class NoLogError(SiteError):
    """There is nothing of this name to read."""

    code = 2

    def __init__(self, what: str, known: list[str]) -> None:
        self.what = what
        hint = did_you_mean(what, known)
        super().__init__(
            f"{what}: nothing of this name has a log{hint}. There is: {', '.join(known)}"
        )


def last_lines(state: State, name: str, count: int) -> str:
    """Return the end of what a program printed."""
    return "\n".join(_tail(state.logs / f"{name}.log", count))


def find(site: Site, what: str) -> list[Path]:
    """Return the log files of a program, an environment or a run, oldest first.

    Raises:
        NoLogError: there is nothing of this name.
    """
    owners = {"mlflow": tuple(MLFLOW.split("/"))}
    owners |= {name: (namespace_of(name), APP) for name in ENVIRONMENTS}
    if what in PROGRAMS:
        return _existing([site.state.logs / f"{what}.log"])
    if what in owners:
        namespace, owner = owners[what]
        return _existing(site.state.logs.glob(f"{namespace}.{owner}-*.log"))
    if (site.state.runs / what).is_dir():
        return _existing((site.state.runs / what).rglob("*.log"))
    exact = site.state.logs / f"{what}.log"
    if exact.exists():
        return [exact]
    runs = [run.name for run in site.state.runs.glob("[!.]*") if run.is_dir()]
    raise NoLogError(what, [*PROGRAMS, *owners, *sorted(runs)])


def read(paths: list[Path], count: int) -> Iterator[tuple[str, str]]:
    """Yield (name, last lines) of each file."""
    for path in paths:
        yield path.stem, "\n".join(_tail(path, count))


def prune(site: Site, store: Store, keep: int = 20) -> None:
    """Remove the oldest logs of replicas that are no more."""
    every = site.state.logs.glob("*.*-*.log*")
    logs = [path for path in every if path.name.partition(".log")[0] not in store.all]
    logs.sort(key=lambda path: path.stat().st_mtime)
    for path in logs[: max(0, len(logs) - keep)]:
        path.unlink(missing_ok=True)


def _existing(paths: "Iterator[Path] | list[Path]") -> list[Path]:
    return sorted((path for path in paths if path.exists()), key=lambda path: path.stat().st_mtime)


def _tail(path: Path, count: int) -> list[str]:
    try:
        with path.open("rb") as file:
            file.seek(0, 2)
            file.seek(max(0, file.tell() - 400 * max(count, 1)))
            return file.read().decode(errors="replace").splitlines()[-count:]
    except FileNotFoundError:
        return []
